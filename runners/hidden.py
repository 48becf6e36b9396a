"""What generated code must not read: answers, task folders, and the data inside installed packages."""

from __future__ import annotations

from pathlib import Path

from actors.sandbox.hidden import package_data
from runners.settings import SweepConfig
from runners.tasks.cache import cache_root
from runners.tasks.registry import BUILTIN


def hidden_paths(config: SweepConfig) -> tuple[Path, ...]:
    """Every path that a script of this sweep must not be able to read."""
    own = [config.runs, cache_root(), BUILTIN, *([config.tasks.path] if config.tasks.path else [])]
    return tuple(path.absolute() for path in [*own, *package_data()])
