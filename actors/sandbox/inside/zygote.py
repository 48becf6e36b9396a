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
import shutil
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
    job = _serve(control, setup["scratch"])
    if job is not None:
        script.run(job, setup["confine"], libc)


def _serve(control: socket.socket, scratch: list[str]) -> dict[str, Any] | None:
    """Answer the worker; returns a job in the forked child, None when the worker has gone."""
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    sources: list[Any] = [control, wake]
    child = 0
    while True:
        ready, _, _ = select.select(sources, [], [])
        if wake in ready:
            os.read(wake, 4096)
            for pid, status, usage in _dead():
                if pid == child:
                    child = 0
                    _tell(control, event="exit", status=status, peak=usage.ru_maxrss << 10)
        if control in ready:
            data, fds, _, _ = socket.recv_fds(control, MESSAGE, 8)
            if not data:
                return None
            message = json.loads(data)
            if message["do"] == "run":
                child = os.fork()
                if child == 0:
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    control.detach()
                    return {**message, "fds": fds}
                for fd in fds:
                    os.close(fd)
            elif message["do"] == "dump" and child:
                os.kill(child, script.DUMP)
            elif message["do"] == "clean":
                for _ in _dead():
                    pass
                _clean(scratch)
                _tell(control, event="clean")


def _tell(control: socket.socket, **message: Any) -> None:
    control.send(json.dumps(message).encode())


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


def _clean(folders: list[str]) -> None:
    """Empty the folders that outlive a run: nothing passes from one script to the next."""
    for folder in folders:
        for entry in os.scandir(folder):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                os.unlink(entry.path)
