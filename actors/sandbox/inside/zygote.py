"""The parent of scripts: imports the usual libraries once, never computes, and forks for each execution.

A cold start is the same program with nothing to import. It speaks JSON over one socket; the
descriptors of a script's output come with the message that asks for it.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import sys
from typing import Any

from . import confine, script

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36
MESSAGE = 1 << 20  # bytes, at most


def main() -> None:
    """Serve executions until the worker goes; in a forked child, run its script instead."""
    control = socket.socket(fileno=int(sys.argv[1]))
    setup = json.loads(control.recv(MESSAGE))
    sys.argv = [""]
    libc = ctypes.CDLL(None, use_errno=True)
    script.become(setup["uid"], libc)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # after the change of user, which clears it
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    confine.zygote(setup["confine"])
    for name in setup["preload"]:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # keeps the collector from touching, and so copying, the shared pages
    control.send(json.dumps({"event": "ready"}).encode())
    job = _Server(control, setup["scratch"]).serve()
    if job is not None:
        script.run(job, setup["confine"], libc)


class _Server:
    """Answers the worker, one message at a time."""

    def __init__(self, control: socket.socket, scratch: list[str]) -> None:
        self._control = control
        self._scratch = scratch
        self._child = 0

    def serve(self) -> dict[str, Any] | None:
        """Work until the worker goes; returns a job in the forked child, None at the end."""
        wake, waker = os.pipe()
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(script.DUMP, signal.SIG_IGN)  # until a script can answer it
        sources: list[Any] = [self._control, wake]
        while True:
            ready, _, _ = select.select(sources, [], [])
            if wake in ready:
                os.read(wake, 4096)
                self._reap()
            if self._control in ready:
                data, fds, _, _ = socket.recv_fds(self._control, MESSAGE, 8)
                if not data:
                    return None
                message = json.loads(data)
                if message["do"] == "run" and self._fork():
                    return {**message, "fds": fds}
                for fd in fds:
                    os.close(fd)
                if message["do"] == "dump" and self._child:
                    os.kill(self._child, script.DUMP)
                elif message["do"] == "clean":
                    self._clean()

    def _fork(self) -> bool:
        """Fork, and say whether this is the child."""
        self._child = os.fork()
        if self._child:
            self._tell(event="started")
            return False
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._control.detach()
        return True

    def _reap(self) -> None:
        for pid, status, usage in _dead():
            if pid == self._child:
                self._child = 0
                self._tell(event="exit", status=status, peak=usage.ru_maxrss << 10)

    def _clean(self) -> None:
        """Remove the traces of a script, once nothing of it lives."""
        self._child = 0
        if not _childless():
            self._tell(event="busy")
            return
        try:
            for folder in self._scratch:
                empty(folder, os.stat(folder).st_dev)
        except (OSError, RecursionError):  # made to stay: the folder goes with this zygote
            self._tell(event="clean", spoiled=True)
        else:
            self._tell(event="clean", spoiled=False)

    def _tell(self, **message: Any) -> None:
        self._control.send(json.dumps(message).encode())


def empty(folder: str, device: int) -> bool:
    """Remove what a folder holds on its own device, and say whether that was all.

    What is mounted below it, say a .venv in /tmp, stays. Raises OSError and RecursionError for what a script
    made to stay.
    """
    alone = True
    for entry in list(os.scandir(folder)):
        if entry.stat(follow_symlinks=False).st_dev != device:
            alone = False
        elif not entry.is_dir(follow_symlinks=False):
            os.unlink(entry.path)
        elif empty(entry.path, device):
            os.rmdir(entry.path)
        else:
            alone = False
    return alone


def _childless() -> bool:
    """Reap all the dead, and say whether nothing lives: every orphan of a script is a child of ours."""
    _dead()
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return True
    return False


def _dead() -> list[tuple[int, int, resource.struct_rusage]]:
    """The children that have ended, reaped."""
    found = []
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if pid == 0:
                break
            found.append((pid, status, usage))
    return found
