"""One writer for a journal at a time."""

from __future__ import annotations

import fcntl
import os
import socket
import time
from pathlib import Path

from scratchpad.errors import JournalError


class WriterLock:
    """An exclusive lock on a file, released by `release` or by the death of the process.

    flock rather than lockf: it also excludes a second writer inside the same process.
    """

    def __init__(self, path: Path, wait_seconds: float = 0.0) -> None:
        """Take the lock; raises JournalError when another writer keeps it for `wait_seconds`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        deadline = time.monotonic() + wait_seconds
        while not self._taken():
            if time.monotonic() >= deadline:
                owner = os.read(self._handle, 200).decode(errors="replace").strip() or "another process"
                os.close(self._handle)
                raise JournalError(f"{path.parent} is being written by {owner}; wait for it or stop it first")
            time.sleep(0.05)
        os.ftruncate(self._handle, 0)
        os.write(self._handle, f"process {os.getpid()} on {socket.gethostname()}\n".encode())

    def _taken(self) -> bool:
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Let another writer in."""
        os.close(self._handle)
