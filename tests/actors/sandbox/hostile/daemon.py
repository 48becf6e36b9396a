# expect: ok
import os
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:  # holds our output open, and would hold the reader
            time.sleep(1)
    os._exit(0)
os.wait()
