"""Watches what Python opens, where nothing stronger is at hand: hidden paths are refused and told of."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

PATHS = {"open": 1, "os.link": 2, "os.symlink": 2, "os.rename": 2}  # how many paths lead the arguments
COMMANDS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn")


def watch(hidden: Iterable[str], needed: Iterable[str], tell: Callable[[str], None]) -> None:
    """Refuse every use of a path at or below `hidden`, in this process, and `tell` the path.

    What lies below a `needed` folder inside a hidden one stays open: the interpreter, the script's own
    folder.
    """
    exceptions = {path: tuple(n for n in needed if _below(n, path)) for path in hidden}
    named = [path for path, within in exceptions.items() if not within]
    busy: set[int] = set()  # threads inside the hook: its own look-ups raise events too

    def is_hidden(path: Any) -> bool:
        if path is None or isinstance(path, int):
            return False  # an open descriptor: its opening was seen
        real = os.path.realpath(os.fsdecode(path))
        return any(
            _below(real, top) and not any(_below(real, folder) for folder in within)
            for top, within in exceptions.items()
        )

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


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + os.sep)
