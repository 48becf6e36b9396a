# expect: ok
import os
import stat

for fd in range(3, 2048):
    try:
        mode = os.fstat(fd).st_mode
    except OSError:
        continue
    if not stat.S_ISFIFO(mode):
        print("LEAK", fd, stat.filemode(mode))
    try:
        print("LEAK", os.read(fd, 1))
    except OSError:
        pass
