# expect: ok limits=forbidden
# needs: listener
import ctypes
import json
import os

top = json.load(open("targets.json"))["folder"]
libc = ctypes.CDLL(None)
if libc.rename(os.fsencode(top), os.fsencode(top + "-moved")) == 0:
    print("LEAK", open(f"{top}-moved/answers/answers.csv").read())
    os.rename(top + "-moved", top)
