# expect: memory_limit
import os
import time

for _ in range(8):
    if os.fork() == 0:
        kept = bytearray(os.urandom(1 << 20)) * 150
        time.sleep(60)
        os._exit(0)
time.sleep(60)
