"""The process between a worker and its sandbox: nothing of the sandbox outlives the worker.

Its arguments are the command to run, with a pipe from the worker as standard input. It adopts
every orphan of the sandbox, and sweeps all of them when the pipe closes or the command ends. It
stands behind a parent that only waits: Ray kills the children of an actor that it kills, and a
guardian that dies first guards nothing.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal

from . import tree

PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36


def main(command: list[str]) -> int:
    """Run a command to its end or to the end of the worker."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)  # a script of the same user cannot read or trace it
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if os.fork():
        return _wait()
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # which a fork does not inherit
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    target = os.fork()
    if target == 0:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.execv(command[0], command)
    ended = False
    while not ended:
        ready, _, _ = select.select([0, wake], [], [])
        if wake in ready:
            os.read(wake, 4096)
            ended = _reap(target)
        if 0 in ready and not os.read(0, 1):
            break
    while tree.descendants(os.getpid()):  # all orphans are ours; a container may have no other to reap them
        tree.end(os.getpid())
        _reap(target)
    return 0


def _wait() -> int:
    """Reap until nothing is left."""
    os.close(0)
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return 0


def _reap(target: int) -> bool:
    """Collect the dead, and say whether the command was among them."""
    found = False
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return True
        if pid == 0:
            return found
        found = found or pid == target
