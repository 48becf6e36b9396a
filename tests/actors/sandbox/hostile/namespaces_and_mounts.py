# expect: ok
import ctypes

libc = ctypes.CDLL(None)
NEWUSER, NEWNS = 0x10000000, 0x20000
for flags in (NEWUSER, NEWNS, NEWUSER | NEWNS):
    if libc.unshare(flags) == 0:
        print("LEAK unshare", flags)
if libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0:
    print("LEAK mount")
if libc.chroot(b".") == 0:
    print("LEAK chroot")
if libc.syscall(425, 8, ctypes.create_string_buffer(256)) >= 0:
    print("LEAK io_uring")
