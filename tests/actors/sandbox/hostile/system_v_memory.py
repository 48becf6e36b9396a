# expect: ok
import ctypes

if ctypes.CDLL(None, use_errno=True).shmget(0, 100 << 20, 0o1600) >= 0:
    print("LEAK")
