"""Watches what Python opens, where the kernel tells of no opens: hidden paths are refused and told of."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import Any

from .hiding import Hiding

PATHS = {"open": 1, "os.link": 2, "os.symlink": 2, "os.rename": 2}  # how many paths lead the arguments
COMMANDS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn")


def watch(hiding: Hiding, tell: Callable[[str], None]) -> None:
    """Refuse every use of a hidden path in this process, and `tell` the path."""
    named = hiding.closed
    busy: set[int] = set()  # threads inside the hook: its own look-ups raise events too

    def is_hidden(path: Any) -> bool:
        if path is None or isinstance(path, int):
            return False  # an open descriptor: its opening was seen
        return hiding.covers(os.path.realpath(os.fsdecode(path)))

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        thread = threading.get_ident()
        if thread in busy or not (event in PATHS or event in COMMANDS):
            return
        busy.add(thread)
        try:
            if event in PATHS:
                found = [os.fsdecode(p) for p in arguments[: PATHS[event]] if is_hidden(p)]
            else:
                text = repr(arguments)
                found = [path for path in named if path in text]
        except (TypeError, ValueError):
            return  # not a path: the call itself will say so
        finally:
            busy.discard(thread)
        if found:
            tell(found[0])
            raise PermissionError(f"{found[0]} is hidden from scripts")

    sys.addaudithook(hook)
