"""What the fold.py files share: public files as a folder, fresh ids, rows dealt into folds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


@contextmanager
def unpacked(public: Mapping[str, bytes]) -> Iterator[Path]:
    """Lay the public files of a task out in a folder that lasts as long as the block."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for path, content in public.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        yield folder


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder by its relative name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def fresh_ids(taken: ArrayLike, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw `count` new ids with as many digits as the ones that are taken."""
    used = np.asarray(taken, dtype=np.int64)
    lowest = 10 ** (len(str(used.max())) - 1)
    drawn = rng.choice(9 * lowest, size=count + len(used), replace=False) + lowest
    return np.asarray(drawn[~np.isin(drawn, used)][:count], dtype=np.int64)


def dealt(rows: ArrayLike, folds: int, seed: int) -> NDArray[Any]:
    """One of `folds` equal parts of the shuffled rows; successive seeds get disjoint parts."""
    deal, part = divmod(seed, folds)
    return np.random.default_rng(deal).permutation(np.asarray(rows))[part::folds]
