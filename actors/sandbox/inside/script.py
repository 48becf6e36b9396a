"""One script in its own process: user, limits, seeds, then its code as `__main__`."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import errno
import faulthandler
import os
import random
import resource
import signal
import sys
import threading
import traceback
import types
from typing import Any, NoReturn

from . import confine, shell

DUMP = signal.SIGUSR2  # where are you? asked before the wall limit
PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
CAPABILITY_VERSION = 0x20080522
LAST_CAPABILITY = 63
NAME = "solution.py"


def become(uid: int | None, libc: ctypes.CDLL) -> None:
    """Give up privileges for good: another user where one is given, no capabilities in any case."""
    if os.geteuid() == 0:
        for number in range(LAST_CAPABILITY + 1):
            libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0)
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if libc.capset(header, nothing) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def run(job: dict[str, Any], plan: dict[str, Any], libc: ctypes.CDLL) -> NoReturn:
    """Run the script of a job in this process, which must be a fresh fork."""
    report = _settle(job, plan, libc)
    code = 0
    try:
        if job["session"]:
            shell.serve()
        else:
            _execute(job)
    except SystemExit as end:
        code = _exit_code(end)
    except BaseException as error:
        _print(error)
        with contextlib.suppress(OSError):
            os.write(report, _limit_of(error))
        code = 1
    # What the interpreter does at its end, without the teardown that costs tens of milliseconds.
    with contextlib.suppress(BaseException):
        threading._shutdown()  # type: ignore[attr-defined]
    with contextlib.suppress(BaseException):
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):
            stream.flush()
    os._exit(code)


def _settle(job: dict[str, Any], plan: dict[str, Any], libc: ctypes.CDLL) -> int:
    """Make this process the script's own; returns the descriptor of its reports."""
    os.setsid()
    out, err, report, *more = job["fds"]
    control = [more.pop(0)] if job["session"] else []
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(report, 3, inheritable=False)
    for number, fd in enumerate((*control, *more), shell.CONTROL):
        os.dup2(fd, number, inheritable=False)
    listener = shell.CONTROL + len(control) if more else None
    os.closerange(shell.CONTROL + len(control) + len(more), 1 << 16)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)  # the worker reads its memory, the script /proc/self
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(job["work"])
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # when memory runs out, the kernel takes the script before anyone else
    for name, value in job["rlimits"].items():
        resource.setrlimit(getattr(resource, name), (value, value))
    faulthandler.register(DUMP, file=2, all_threads=True, chain=False)
    random.seed(job["seed"])
    with contextlib.suppress(ImportError):
        import numpy as np

        np.random.seed(job["seed"] % 2**32)
    confine.script(plan, job["work"], job["bundle"], 3, listener)
    return 3


def _execute(job: dict[str, Any]) -> None:
    main = types.ModuleType("__main__")
    main.__file__ = os.path.join(job["work"], NAME)
    main.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = main
    sys.argv = [NAME]
    sys.path[0] = job["work"]
    with open(NAME, "rb") as file:
        source = file.read()
    exec(compile(source, NAME, "exec"), main.__dict__)


def _exit_code(end: SystemExit) -> int:
    if end.code is None:
        return 0
    if isinstance(end.code, int):
        return end.code & 0xFF
    with contextlib.suppress(BaseException):
        print(end.code, file=sys.stderr)
    return 1


def _print(error: BaseException) -> None:
    """The traceback, from the script's first line on."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    with contextlib.suppress(BaseException):
        sys.excepthook(type(error), error.with_traceback(trace), trace)


def _limit_of(error: BaseException) -> bytes:
    """The limit that an uncaught error speaks of, as the supervisor names it."""
    number = error.errno if isinstance(error, OSError) else None
    text = "".join(traceback.format_exception_only(error))
    if isinstance(error, MemoryError):
        return b"memory\n"
    if number in (errno.EFBIG, errno.ENOSPC):
        return b"disk\n"
    if number == errno.EAGAIN or "can't start new thread" in text:
        return b"processes\n"
    return b"\n"
