# expect: ok limits=forbidden
# needs: listener
import ctypes
import json
import os
import threading

folder, name = os.path.split(json.load(open("targets.json"))["answers"][0])
libc = ctypes.CDLL(None)


def read():
    top = libc.open(os.fsencode(os.path.dirname(folder)), os.O_PATH)
    fd = libc.openat(top, os.fsencode(f"{os.path.basename(folder)}/../{os.path.basename(folder)}/{name}"), 0)
    if fd >= 0:
        print("LEAK", os.read(fd, 100))


thread = threading.Thread(target=read)
thread.start()
thread.join()
