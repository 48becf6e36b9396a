"""Fresh ids for the rows of a fold, so that no id says where its row came from."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from runners.tasks.labels import as_text

_COUNTER = re.compile(r"^(.*?)(\d+)$", re.DOTALL)
_HEX = re.compile(r"^[0-9a-fA-F]{8,}$|^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$")


def opaque(ids: pd.Series) -> bool:
    """Whether ids are bare counters or random keys: the same text but for one number at its end."""
    text = as_text(ids)
    if text.empty or bool(text.str.match(_HEX).all()):
        return True
    matches = [_COUNTER.match(v) for v in text]
    return all(matches) and len({m.group(1) for m in matches if m}) == 1


def referenced(ids: pd.Series, others: Iterable[pd.DataFrame]) -> bool:
    """Whether another table points at these ids, so that they must stay as they are."""
    known = set(as_text(ids))
    for frame in others:
        for name in frame.columns:
            values = set(as_text(frame[name].dropna()).iloc[:5_000])
            if name == ids.name and len(values & known) > 0:
                return True
            if len(values) > 20 and len(values & known) > 0.9 * len(values) and not _counts(values):
                return True
    return False


def _counts(values: set[str]) -> bool:
    return all(v.isdigit() for v in values)


def more_ids(taken: pd.Series, number: int) -> pd.Series:
    """`number` ids of the same kind as `taken` that are not among them, of the type of `taken`."""
    text = as_text(taken)
    matches = [_COUNTER.match(v) for v in text]
    fresh: list[str] = []
    if matches and all(matches):
        last = max((m for m in matches if m), key=lambda m: int(m.group(2)))
        start = int(last.group(2)) + 1
        width = min(len(m.group(2)) for m in matches if m)
        fresh = [f"{last.group(1)}{n:0{width}d}" for n in range(start, start + number)]
    else:
        known = set(text)
        candidates = (f"r{n:06d}" for n in range(number + len(known)))
        fresh = [c for c in candidates if c not in known][:number]
    if pd.api.types.is_numeric_dtype(taken.dtype):
        return pd.Series(pd.to_numeric(pd.Series(fresh, dtype=object)), name=taken.name, dtype=taken.dtype)
    if len(taken) and not isinstance(taken.iloc[0], str):
        return pd.Series([int(f) if f.isdigit() else f for f in fresh], name=taken.name, dtype=object)
    return pd.Series(fresh, name=taken.name, dtype=object)


def shuffled(pool: pd.Series, number: int, rng: np.random.Generator) -> pd.Series:
    """`number` of the pool's ids in random order."""
    return pool.iloc[rng.permutation(len(pool))[:number]].reset_index(drop=True)
