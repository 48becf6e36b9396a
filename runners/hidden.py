"""What generated code must not read: answers, task folders, and the data inside installed packages."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from runners.settings import SweepConfig
from runners.tasks.cache import cache_root
from runners.tasks.registry import BUILTIN

# Folders of installed packages that hold rows of built-in tasks, answers included.
PACKAGE_DATA = (("sklearn", "datasets/data"), ("sklearn", "datasets/images"), ("statsmodels", "datasets"))


def hidden_paths(config: SweepConfig) -> tuple[Path, ...]:
    """Every path that a script of this sweep must not be able to read."""
    own = [config.runs, cache_root(), BUILTIN, *([config.tasks.path] if config.tasks.path else [])]
    return tuple(path.absolute() for path in [*own, *package_data()])


def package_data() -> list[Path]:
    """The data folders of the installed packages."""
    found = []
    for package, folder in PACKAGE_DATA:
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            found.append(Path(spec.origin).parent / folder)
    return found
