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
from actors.sandbox.settings import default_cache

SLOTS = 4096
WORK = "work"
FIRST_UID = 200_000  # above people and services


class Slot:
    """The lowest free number of a cache folder, held until `release` or the death of this process."""

    def __init__(self, cache: Path) -> None:
        self.number, self._lock = _take(cache / "slots")
        self.folder = cache / "slots" / str(self.number)
        self.folder.mkdir(mode=0o755, exist_ok=True)
        self.empty()
        self.uid = 0  # a user for root's scripts, who owns nothing else on this machine
        self._uid_lock = -1
        if os.geteuid() == 0:
            make_own_folder(default_cache())
            number, self._uid_lock = _take(default_cache() / "users")  # one list for all caches
            self.uid = FIRST_UID + number

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
        if self._uid_lock >= 0:
            os.close(self._uid_lock)


def _take(folder: Path) -> tuple[int, int]:
    """The lowest number that no process holds in a folder, and the lock that now holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(SLOTS):
        fd = os.open(folder / f"{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            continue
        return number, fd
    raise RuntimeError(f"all {SLOTS} slots of {folder} are taken")


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
    with contextlib.suppress(RecursionError):
        shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():  # closed folders, or deeper ones than Python can follow
        for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):
            subprocess.run([*command, "--", str(folder)], check=False, capture_output=True)
