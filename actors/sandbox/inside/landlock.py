"""Landlock: gives up, for good, access to all files but a list (Linux 5.13, kernel's landlock.rst)."""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
import struct
from collections.abc import Iterable, Iterator

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same on every architecture
ABI_QUERY = 1
PATH_BENEATH = 1
PR_SET_NO_NEW_PRIVS = 38

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
MAKE_CHAR, MAKE_BLOCK = 1 << 6, 1 << 11
TRUNCATE, IOCTL_DEV = 1 << 14, 1 << 15
ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
READ = EXECUTE | READ_FILE | READ_DIR
RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # by ABI: how many rights the kernel knows
NET_ABI, SCOPE_ABI = 4, 6
NET_ALL = 0b11  # TCP bind and connect
SCOPE_ALL = 0b11  # abstract sockets and signals


def abi() -> int:
    """The kernel's Landlock version, 0 where it has none."""
    return max(0, int(ctypes.CDLL(None, use_errno=True).syscall(CREATE_RULESET, None, 0, ABI_QUERY)))


def restrict(read: Iterable[str], write: Iterable[str], listed: Iterable[str] = ()) -> None:
    """Leave this process and its children nothing but reads below `read` and all use of `write`.

    The entries of `listed` folders can be seen. Paths that do not exist are passed over. TCP, and
    signals and abstract sockets to others, end too where the kernel can do that.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    version = abi()
    every = (1 << RIGHTS[min(version, 5)]) - 1
    attributes = struct.pack(
        "=QQQ", every, NET_ALL * (version >= NET_ABI), SCOPE_ALL * (version >= SCOPE_ABI)
    )
    size = 24 if version >= SCOPE_ABI else 16 if version >= NET_ABI else 8
    ruleset = _check(libc.syscall(CREATE_RULESET, attributes, size, 0), "landlock_create_ruleset")
    grants = ((read, READ), (write, every & ~(MAKE_CHAR | MAKE_BLOCK)), (listed, READ_DIR))
    for paths, rights in grants:
        for path in paths:
            with _opened(path) as (fd, is_folder):
                if fd is not None:
                    allowed = rights if is_folder else rights & ON_FILES
                    rule = struct.pack("=Qi", allowed & every, fd)
                    _check(libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, rule, 0), f"landlock: {path}")
    _check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    _check(libc.syscall(RESTRICT_SELF, ruleset, 0), "landlock_restrict_self")
    os.close(ruleset)


@contextlib.contextmanager
def _opened(path: str) -> Iterator[tuple[int | None, bool]]:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        yield None, False
        return
    try:
        yield fd, stat.S_ISDIR(os.fstat(fd).st_mode)
    finally:
        os.close(fd)


def _check(result: int, what: str) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")
    return result
