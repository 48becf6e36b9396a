"""A system-call filter: what no training script needs is refused with EPERM (seccomp(2), mode filter).

A second filter lets the kernel ask, before each call that opens or moves a file or makes a process,
whoever holds its listener (seccomp_unotify(2), Linux 5.5).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from typing import Any

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, MODE_FILTER = 38, 22, 2
SET_MODE_FILTER, NEW_LISTENER = 1, 1 << 3
LOAD, EQUAL, GREATER_OR_EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, ASK, REFUSE = 0x7FFF0000, 0x7FC00000, 0x00050000  # the error number goes into REFUSE's low bits
NUMBER, ARCHITECTURE, ARGUMENT_0 = 0, 4, 16  # offsets in struct seccomp_data, little-endian
NEW_NAMESPACES = 0x7E020000  # the CLONE_NEW* flags
AF_UNIX = 1
X32 = 0x40000000

# By architecture: its audit name, and the numbers of the calls that are treated one by one.
SPECIAL = {
    "x86_64": (0xC000003E, {"kill": 62, "clone": 56, "clone3": 435, "socket": 41, "prlimit64": 302}),
    "aarch64": (0xC00000B7, {"kill": 129, "clone": 220, "clone3": 435, "socket": 198, "prlimit64": 261}),
}
# Calls refused whatever their arguments, (x86_64, aarch64). They reach other processes or the
# kernel, or hold memory that no limit of ours counts (memfd, System V).
REFUSED = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "userfaultfd": (323, 282),
    "fanotify_init": (300, 262),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "kexec_load": (246, 104),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "swapon": (167, 224),
    "reboot": (169, 142),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "syslog": (103, 116),
    "settimeofday": (170, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "personality": (135, 92),
}
# Calls that a listener is asked about, (x86_64, aarch64), with the arguments that hold their paths,
# each after the one that holds the folder it starts from (None: the current one).
ASKED: dict[str, tuple[tuple[int, int], tuple[tuple[int | None, int], ...]]] = {
    "open": ((2, -1), ((None, 0),)),
    "creat": ((85, -1), ((None, 0),)),
    "openat": ((257, 56), ((0, 1),)),
    "link": ((86, -1), ((None, 0), (None, 1))),
    "linkat": ((265, 37), ((0, 1), (2, 3))),
    "rename": ((82, -1), ((None, 0), (None, 1))),
    "renameat": ((264, 38), ((0, 1), (2, 3))),
    "renameat2": ((316, 276), ((0, 1), (2, 3))),
}
OPENAT2 = 437  # resolves paths by rules of its own; C libraries fall back to openat
FORKS = {"fork": (57, -1), "vfork": (58, -1), "clone": (56, 220)}
SECCOMP = (317, 277)


def supported() -> bool:
    """Whether the filter is written for this architecture."""
    return platform.machine() in SPECIAL


def opening() -> dict[int, tuple[tuple[int | None, int], ...]]:
    """The calls of this architecture that open or move files, by number, with their paths."""
    column = _column()
    return {numbers[column]: paths for numbers, paths in ASKED.values() if numbers[column] >= 0}


def forking() -> set[int]:
    """The calls of this architecture that make a process or a thread."""
    return {numbers[_column()] for numbers in FORKS.values()} - {-1}


def program(unix_sockets: bool) -> bytes:
    """The filter in classic BPF; with `unix_sockets`, sockets of that family alone are allowed."""
    machine = platform.machine()
    name, special = SPECIAL[machine]
    column = _column()
    refuse = _op(RETURN, REFUSE | errno.EPERM)
    code = [_op(LOAD, ARCHITECTURE), _op(EQUAL, name, 1, 0), refuse, _op(LOAD, NUMBER)]
    if machine == "x86_64":
        code += [_op(GREATER_OR_EQUAL, X32, 0, 1), refuse]
    for numbers in REFUSED.values():
        code += [_op(EQUAL, numbers[column], 0, 1), refuse]
    # The C library falls back from clone3, whose arguments a filter cannot read, to clone.
    code += [_op(EQUAL, special["clone3"], 0, 1), _op(RETURN, REFUSE | errno.ENOSYS)]
    code += _refused_if(special["kill"], _op(EQUAL, 0xFFFFFFFF, 0, 1))  # kill(-1): everyone
    code += _refused_if(special["clone"], _op(ANY_BIT, NEW_NAMESPACES, 0, 1))
    code += _refused_if(special["prlimit64"], _op(EQUAL, 0, 1, 0))  # limits of another process
    family = AF_UNIX if unix_sockets else 0xFFFFFFFF
    code += _refused_if(special["socket"], _op(EQUAL, family, 1, 0))
    return b"".join([*code, _op(RETURN, ALLOW)])


def questions(opens: bool, forks: bool) -> bytes:
    """The filter in classic BPF whose calls wait for the word of a listener.

    Where another filter refuses one of them, that holds.
    """
    code = [_op(LOAD, NUMBER)]
    for number in [*(opening() if opens else ()), *(forking() if forks else ())]:
        code += [_op(EQUAL, number, 0, 1), _op(RETURN, ASK)]
    if opens:
        code += [_op(EQUAL, OPENAT2, 0, 1), _op(RETURN, REFUSE | errno.ENOSYS)]
    return b"".join([*code, _op(RETURN, ALLOW)])


def restrict(code: bytes) -> None:
    """Put this process and its children under a filter, for good."""
    libc = ctypes.CDLL(None, use_errno=True)
    header, _buffer = _header(code)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PR_SET_SECCOMP, MODE_FILTER, header, 0, 0):
        raise OSError(ctypes.get_errno(), f"seccomp: {os.strerror(ctypes.get_errno())}")


def listen(code: bytes) -> int | None:
    """As `restrict`, for a filter that asks; returns the listener, or None, with nothing done.

    That is where the kernel is too old, or another listener stands around this process.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    header, _buffer = _header(code)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), f"seccomp: {os.strerror(ctypes.get_errno())}")
    fd = int(libc.syscall(SECCOMP[_column()], SET_MODE_FILTER, NEW_LISTENER, header))
    return fd if fd >= 0 else None


def _column() -> int:
    return list(SPECIAL).index(platform.machine())


def _header(code: bytes) -> tuple[bytes, Any]:
    """A struct sock_fprog, and the memory that it points to."""
    buffer = ctypes.create_string_buffer(code, len(code))
    return struct.pack("HxxxxxxQ", len(code) // 8, ctypes.addressof(buffer)), buffer


def _op(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def _refused_if(number: int, test: bytes) -> list[bytes]:
    """Refuse call `number` when `test` on its first argument falls through to the next instruction."""
    refuse = _op(RETURN, REFUSE | errno.EPERM)
    return [_op(EQUAL, number, 0, 4), _op(LOAD, ARGUMENT_0), test, refuse, _op(RETURN, ALLOW)]
