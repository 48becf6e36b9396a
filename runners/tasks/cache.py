"""Where prepared tasks are kept: made once, whole or not at all."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_DATA_PACKAGES = ("numpy", "openpyxl", "pandas", "pillow", "pyarrow", "scikit-learn", "scipy", "statsmodels")
_LAYOUT = b"1"  # of the cache itself


def cache_root() -> Path:
    """`$FIVESTAR_CACHE`, or `~/.cache/fivestar`; generated code must never be able to read it."""
    given = os.environ.get("FIVESTAR_CACHE")
    return Path(given).expanduser().resolve() if given else Path.home() / ".cache" / "fivestar"


def source_digest(folder: Path) -> str:
    """What a prepared task depends on: the folder's code and the versions of the data packages."""
    digest = hashlib.sha256(_LAYOUT)
    for path in sorted(folder.glob("*.py")) + sorted(folder.parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    digest.update((folder / "task.yaml").read_bytes())
    for package in _DATA_PACKAGES:
        digest.update(f"{package}={_version(package)}".encode())
    return digest.hexdigest()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"


def prepared(folder: Path, prepare: Callable[[Path, Path], None]) -> tuple[Path, Path]:
    """The public and the private folder of a task, made on first use.

    Safe when several processes ask at once: one prepares, the others wait and find the result.
    """
    tasks = cache_root() / "tasks"
    tasks.mkdir(parents=True, exist_ok=True, mode=0o700)
    home = tasks / f"{folder.name}-{source_digest(folder)[:16]}"
    if not home.exists():
        with (tasks / f".{folder.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not home.exists():
                _make(tasks, home, prepare)
    return home / "public", home / "private"


def _make(tasks: Path, home: Path, prepare: Callable[[Path, Path], None]) -> None:
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=tasks))  # mode 0700, as the whole of it stays
    try:
        public, private = draft / "public", draft / "private"
        public.mkdir()
        private.mkdir(mode=0o700)
        prepare(public, private)
        draft.rename(home)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
