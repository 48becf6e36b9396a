# expect: ok|failed
import os

for fd in range(64):
    try:
        os.close(fd)
    except OSError:
        pass
print("into nothing")
