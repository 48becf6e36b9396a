"""Reads the file that a script leaves, which may be anything but a file."""

from __future__ import annotations

import os
import stat

NAME = "submission.csv"


def read_submission(folder: int, most: int, name: str = NAME) -> tuple[bytes | None, str]:
    """The submission in an open work folder, or None and why it is refused ("" when there is none)."""
    try:
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        return None, ""
    except OSError as error:
        return None, f"{name} refused: {error.strerror}"
    try:
        facts = os.fstat(fd)
        if not stat.S_ISREG(facts.st_mode):
            return None, f"{name} refused: not a regular file"
        if facts.st_nlink != 1:
            return None, f"{name} refused: it has {facts.st_nlink} hard links"
        if facts.st_size > most:
            return None, f"{name} refused: {facts.st_size} bytes, more than {most}"
        with open(fd, "rb", closefd=False) as file:
            return file.read(most), ""
    finally:
        os.close(fd)
