"""A worker's own place on the node: a locked folder and, for root, a user that owns nothing else."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import subprocess
from pathlib import Path

from actors.errors import InputError

SLOTS = 4096
WORK = "work"
FIRST_UID = 200_000  # above people and services; a slot of root's runs scripts as FIRST_UID + number


class Slot:
    """The lowest free number of a cache folder, held until `release` or the death of this process."""

    def __init__(self, cache: Path) -> None:
        root = cache / "slots"
        root.mkdir(parents=True, exist_ok=True)
        for number in range(SLOTS):
            fd = os.open(root / f"{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(fd)
                continue
            self._lock = fd
            break
        else:
            raise RuntimeError(f"all {SLOTS} slots of {root} are taken")
        self.number = number
        self.uid = FIRST_UID + number
        self.folder = root / str(number)
        self.folder.mkdir(mode=0o755, exist_ok=True)
        self.empty()

    @property
    def work(self) -> Path:
        """The work folder of the execution at hand."""
        return self.folder / WORK

    def empty(self) -> None:
        """Remove whatever a script left; the folder itself stays, for it may be mounted."""
        for entry in list(os.scandir(self.folder)):
            remove(Path(entry.path))

    def release(self) -> None:
        """Give the slot back."""
        self.empty()
        os.close(self._lock)


def make_own_folder(folder: Path) -> None:
    """Make a folder that nobody else can change; raises InputError when another user was first."""
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    facts = folder.lstat()
    if facts.st_uid != os.geteuid() or facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise InputError(f"sandbox cache {folder}: another user can change it; give a folder of your own")


def remove(folder: Path) -> None:
    """Remove a file or a folder, whatever its modes and depth."""
    if folder.is_symlink() or not folder.is_dir():
        folder.unlink(missing_ok=True)
        return
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        with contextlib.suppress(OSError):
            for path, _, _ in os.walk(folder):
                os.chmod(path, stat.S_IRWXU)
        subprocess.run(["/bin/rm", "-rf", "--", str(folder)], check=False, capture_output=True)
