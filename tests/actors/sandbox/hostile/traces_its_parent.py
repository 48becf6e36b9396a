# expect: ok
import ctypes
import os

ATTACH, SEIZE = 16, 0x4206
libc = ctypes.CDLL(None)
for request in (ATTACH, SEIZE):
    if libc.ptrace(request, os.getppid(), 0, 0) == 0:
        print("LEAK")
try:
    open(f"/proc/{os.getppid()}/mem", "r+b")
    print("LEAK mem")
except OSError:
    pass
