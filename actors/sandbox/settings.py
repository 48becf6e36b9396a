"""How scripts are to be isolated on this machine."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Level = Literal["namespaces", "landlock", "limits"]
LEVELS: tuple[Level, ...] = ("namespaces", "landlock", "limits")  # best first

PROMISES: dict[Level, str] = {
    "namespaces": (
        "a script sees its own folder, its input and the libraries, and no other process; it has no "
        "network; all of it ends with the run"
    ),
    "landlock": (
        "a script reads its own folder, its input and the libraries, and has no network; names of files "
        "and command lines of processes stay visible, /dev/shm is shared"
    ),
    "limits": (
        "time, memory, processes, disk and output are bounded; against accidents only: files of this user "
        "can be read, though opening hidden data ends and voids the run (seen only in Python code where "
        "the kernel does not report it)"
    ),
}


def default_cache() -> Path:
    """The folder of this user for bundles and work folders, on this machine."""
    return Path(tempfile.gettempdir()) / f"fivestar-{os.getuid()}"


@dataclass(frozen=True)
class SandboxSettings:
    """What an executor needs to know; the same on every node."""

    level: Level | Literal["auto"] = "auto"
    allow_weak: bool = False  # whether `auto` may fall back to `limits`
    warm: bool = True
    hidden_paths: tuple[Path, ...] = ()  # files and folders that hold answers
    cache: Path = field(default_factory=default_cache)
    submission_bytes: int = 256 << 20  # a larger submission is refused unread
