"""Watches what Python opens, where nothing stronger is at hand: hidden paths are refused and told of."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import Any

PATHS = {"open": 1, "os.link": 2, "os.symlink": 2, "os.rename": 2}  # how many paths lead the arguments
COMMANDS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn")


def watch(hidden: tuple[str, ...], tell: Callable[[str], None]) -> None:
    """Refuse every use of a path at or below `hidden`, in this process, and `tell` the path."""
    below = tuple(path + os.sep for path in hidden)
    busy: set[int] = set()  # threads inside the hook: its own look-ups raise events too

    def is_hidden(path: Any) -> bool:
        if isinstance(path, int):
            return False  # an open descriptor: its opening was seen
        real = os.path.realpath(os.fsdecode(path))
        return real in hidden or real.startswith(below)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        thread = threading.get_ident()
        if thread in busy or not (event in PATHS or event in COMMANDS):
            return
        busy.add(thread)
        try:
            if event in PATHS:
                found = [p for p in arguments[: PATHS[event]] if p is not None and is_hidden(p)]
            else:
                text = repr(arguments)
                found = [path for path in hidden if path in text]
        except (TypeError, ValueError):
            return  # not a path: the call itself will say so
        finally:
            busy.discard(thread)
        if found:
            tell(os.fsdecode(found[0]))
            raise PermissionError(f"{os.fsdecode(found[0])} is hidden from scripts")

    sys.addaudithook(hook)
