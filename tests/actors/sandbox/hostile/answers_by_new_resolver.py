# expect: ok
# needs: listener
import ctypes
import json
import os
import struct

OPENAT2, IN_ROOT = 437, 0x10
path = json.load(open("targets.json"))["answers"][0]
try:  # the path "/answers.csv" below the folder of the answers' folder taken for the root
    top = os.open(os.path.dirname(os.path.dirname(path)), os.O_PATH)
except OSError:
    top = -1
how = ctypes.create_string_buffer(struct.pack("=QQQ", 0, 0, IN_ROOT))
fd = ctypes.CDLL(None).syscall(OPENAT2, top, b"/answers/answers.csv", how, 24)
if top >= 0 and fd >= 0:
    print("LEAK", os.read(fd, 100))
