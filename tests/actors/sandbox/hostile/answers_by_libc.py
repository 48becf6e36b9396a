# expect: ok limits=forbidden
# needs: listener
import ctypes
import json
import os

libc = ctypes.CDLL(None)
for path in json.load(open("targets.json"))["answers"]:
    fd = libc.open(os.fsencode(path), os.O_RDONLY)
    if fd >= 0:
        print("LEAK", os.read(fd, 100))
