"""Which files hold answers, and how to name them so that programs still import."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

DATA = {"sklearn": ("datasets/data", "datasets/images"), "statsmodels": ("datasets",)}
MODULES = (".py", ".pyc", ".so", ".pyi")


def package_data() -> tuple[Path, ...]:
    """The data folders inside installed packages, found without importing them."""
    found = []
    for package, folders in DATA.items():
        spec = find_spec(package)
        for root in spec.submodule_search_locations or () if spec else ():
            found += [Path(root) / folder for folder in folders]
    return tuple(path for path in found if path.exists())


def expand(paths: Iterable[Path]) -> tuple[str, ...]:
    """The real files and folders to hide: all of a plain folder, all but the modules of a package."""
    return tuple(sorted({str(p) for path in paths for p in _expand(Path(os.path.realpath(path)))}))


def _expand(path: Path) -> Iterator[Path]:
    if not path.exists():
        return
    if not (path.is_dir() and (path / "__init__.py").exists()):
        yield path
        return
    for entry in path.iterdir():
        if entry.name != "__pycache__" and (entry.is_dir() or entry.suffix not in MODULES):
            yield from _expand(entry)


def open_parts(root: str, hidden: Iterable[str]) -> tuple[list[str], list[str]]:
    """What can be granted below `root` for reading, and which folders then only for listing."""
    inside = [path for path in hidden if path == root or path.startswith(root + os.sep)]
    if not inside:
        return [root], []
    if root in inside or not os.path.isdir(root):
        return [], []
    granted, listed = [], [root]
    for entry in os.scandir(root):
        path = os.path.realpath(entry.path)
        if entry.is_symlink() and path.startswith(root + os.sep):
            continue  # its target is an entry of its own; a grant through the link would undo the hiding
        more = open_parts(path, hidden)
        granted += more[0]
        listed += more[1]
    return granted, listed
