"""/dev/shm: what a run adds is counted and, where scripts share it with the machine, removed after it."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

FOLDER = "/dev/shm"
SETTLE = 0.02  # seconds
PYTHON_NAMES = ("psm_", "sem.mp-", "sem.loky-", "loky-", "joblib_memmapping_folder_", "torch_")


class SharedMemory:
    """The files that a user adds to /dev/shm from now on."""

    def __init__(self, uid: int, exclusive: bool) -> None:
        """`exclusive` says that the user is the slot's, so that all its files are the script's."""
        self._uid = uid
        self._exclusive = exclusive
        self._before = self._names()

    def used(self) -> int:
        """Bytes of the files added since the start."""
        total = 0
        for name in self._names() - self._before:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(FOLDER, name)).st_blocks * 512
        return total

    def sweep(self) -> None:
        """Remove what was added; of a user with other work, only Python's own files that nobody holds."""
        added = self._names() - self._before
        if not self._exclusive:
            added = {name for name in added if name.startswith(PYTHON_NAMES)}
            for _ in range(2):  # another script's may be made at this moment, and held a moment later
                if added:
                    time.sleep(SETTLE)
                    added -= _held()
        for name in added:
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(FOLDER, name))

    def _names(self) -> set[str]:
        names = set()
        with contextlib.suppress(OSError):
            for entry in os.scandir(FOLDER):
                with contextlib.suppress(OSError):
                    if entry.stat(follow_symlinks=False).st_uid == self._uid:
                        names.add(entry.name)
        return names


class OwnSharedMemory:
    """The /dev/shm of a sandbox that has its own, and empties it itself."""

    def __init__(self, process: int) -> None:
        """`process` is one inside."""
        self._folder = f"/proc/{process}/root{FOLDER}"

    def used(self) -> int:
        """Bytes of its files; 0 where the kernel does not let us look, and its size alone bounds it."""
        try:
            facts = os.statvfs(self._folder)
        except OSError:
            return 0
        return (facts.f_blocks - facts.f_bfree) * facts.f_frsize


def _held() -> set[str]:
    """The names that some process of this user has open or mapped."""
    held = set()
    for process in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            for line in (process / "maps").read_text(errors="replace").splitlines():
                held.add(line.rpartition(FOLDER + "/")[2])
            for link in (process / "fd").iterdir():
                with contextlib.suppress(OSError):
                    held.add(os.readlink(link).rpartition(FOLDER + "/")[2])
    return held
