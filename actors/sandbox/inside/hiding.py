"""Which paths are hidden from scripts: those at or below some folders, but for what a script needs."""

from __future__ import annotations

import os
from collections.abc import Iterable


class Hiding:
    """A set of hidden files and folders, all given as real paths."""

    def __init__(self, hidden: Iterable[str], needed: Iterable[str]) -> None:
        """What lies below a `needed` folder inside a hidden one stays open: the interpreter, own folders."""
        needed = list(needed)
        self._exceptions = {path: tuple(n for n in needed if _below(n, path)) for path in hidden}

    @property
    def closed(self) -> list[str]:
        """The hidden paths with no exception below them."""
        return [path for path, within in self._exceptions.items() if not within]

    def covers(self, real: str) -> bool:
        """Whether a real path is hidden."""
        above = real
        while above:
            within = self._exceptions.get(above)
            if within is not None and not any(_below(real, folder) for folder in within):
                return True
            above = above.rpartition(os.sep)[0]
        return False

    def lies_below(self, real: str) -> bool:
        """Whether something hidden would move along with a folder."""
        return any(_below(top, real) for top in self._exceptions)


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + os.sep)
