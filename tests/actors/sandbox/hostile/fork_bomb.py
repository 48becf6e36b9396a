# expect: process_limit
# needs: listener
import os

while True:
    try:
        os.fork()
    except OSError:
        pass
