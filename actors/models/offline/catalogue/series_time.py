"""Time columns of any spelling as evenly spaced steps, with the cycles that a series of that step has."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from actors.models.offline.catalogue.dates import moments_of
from actors.models.offline.catalogue.task import Array, Frame, Task

DAYS_A_YEAR = 365.2425
MOST_KEYS = 8  # columns tried as parts of a series' key: with all threes, 92 tries at most
TIME_NAMES = (
    "datetime",
    "timestamp",
    "date",
    "ds",
    "period",
    "time",
    "week",
    "month",
    "quarter",
    "year",
    "day",
    "hour",
    "t",
    "step",
    "index",
)


@dataclass(frozen=True)
class Clock:
    """Steps of every training and test row, and the lengths of the cycles in steps (0: none)."""

    train: Array
    test: Array
    cycle: float
    long_cycle: float


def as_moments(values: pd.Series) -> pd.Series | None:
    """A column as timestamps, None when it does not hold dates."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return moments_of(values)
    text = values.astype("string").str.strip().str.replace(r"\.0$", "", regex=True)
    if pd.api.types.is_numeric_dtype(values):
        whole = pd.to_numeric(text, errors="coerce")
        for digits, form in ((8, "%Y%m%d"), (6, "%Y%m")):
            if whole.between(18 * 10 ** (digits - 2), 21 * 10 ** (digits - 2)).all():
                moments = pd.to_datetime(text, format=form, errors="coerce")
                if moments.notna().all():
                    return moments
        return None
    moments = moments_of(text)
    if moments.notna().mean() > 0.95:
        return moments
    if not text.str.contains(r"\d{2,4}\D+\w+|^\d{8}$", regex=True, na=False).mean() > 0.9:
        return None
    moments = pd.to_datetime(text, errors="coerce", format="mixed", utc=True).dt.tz_localize(None)
    return moments if moments.notna().mean() > 0.95 else None


def date_steps(moments: pd.Series) -> tuple[Array, float, float]:
    """Timestamps as steps of their own spacing: months and quarters by the calendar, others by length."""
    days = (moments - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1)
    unique = np.unique(days.dropna())
    gap = float(np.median(np.diff(unique))) if len(unique) > 1 else 1.0
    months = (moments.dt.year * 12 + moments.dt.month - 1).to_numpy(dtype=float)
    if gap > 340:
        return moments.dt.year.to_numpy(dtype=float), 0.0, 0.0
    if gap > 80:
        return np.floor(months / 3), 4.0, 0.0
    if gap > 26:
        return months, 12.0, 0.0
    year = DAYS_A_YEAR / gap
    if gap > 4:
        return days.to_numpy() / gap, year, 0.0
    if gap > 0.9:
        return days.to_numpy() / gap, 7.0 / gap, year
    return days.to_numpy() / gap, 1.0 / gap, 7.0 / gap


def counter_cycle(steps: Array, values: Array) -> float:
    """The cycle of a series whose time is a bare counter, by its autocorrelation; 0 when it shows none."""
    order = np.argsort(steps)
    grid = np.arange(steps[order][0], steps[order][-1] + 1)
    z = np.diff(np.interp(grid, steps[order], values[order]))
    best, cycle = 0.3, 0.0
    for lag in (4, 5, 7, 10, 12, 24, 48, 52, 96, 168, 365):
        if len(z) > 3 * lag and z.std() > 0:
            strength = float(np.corrcoef(z[lag:], z[:-lag])[0, 1])
            if strength > best + 0.05:
                best, cycle = strength, float(lag)
    return cycle


def name_rank(name: str) -> int:
    """How time-like a column's name is: 0 most, a large number not at all."""
    words = name.lower().replace("-", "_").split("_")
    return min((i for i, w in enumerate(TIME_NAMES) if w in words), default=99)


def read_clock(train: Frame, test: Frame, task: Task) -> Clock:
    """Find the time among the columns that both frames have and count it in steps."""
    shared = [c for c in test.columns if c in train.columns and c not in task.target]
    both = pd.concat([train[shared], test[shared]], ignore_index=True)
    named = sorted((c for c in shared if name_rank(str(c)) < 99), key=lambda c: name_rank(str(c)))
    if task.split_column in shared:
        named = [task.split_column, *(c for c in named if c != task.split_column)]
    cut = len(train)
    for name in named:
        moments = as_moments(both[name])
        if moments is not None and moments.nunique() > 2:
            steps, cycle, long_cycle = date_steps(moments.ffill())
            return Clock(steps[:cut], steps[cut:], cycle, long_cycle)
    parts = {str(c).lower(): c for c in shared if pd.api.types.is_numeric_dtype(both[c])}
    for part, length in (("month", 12), ("quarter", 4), ("week", 52)):
        if "year" in parts and part in parts:
            steps = (both[parts["year"]] * length + both[parts[part]]).to_numpy(dtype=float)
            return Clock(steps[:cut], steps[cut:], float(length), 0.0)
    numeric = [c for c in named if c in parts.values()] or list(parts.values())[:1]
    if not numeric:
        return Clock(np.arange(cut) * 1.0, cut + np.arange(len(test)) * 1.0, 0.0, 0.0)
    raw = both[numeric[0]].to_numpy(dtype=float)
    gaps = np.diff(np.unique(raw))
    steps = raw / (np.median(gaps) if len(gaps) else 1.0)
    return Clock(steps[:cut], steps[cut:], 0.0, 0.0)


def series_codes(train: Frame, test: Frame, steps: Array, task: Task) -> tuple[Array, Array]:
    """Which series each row belongs to: the fewest shared columns that make (series, step) unique."""
    both = pd.concat([train, test], ignore_index=True)
    first = both.iloc[: len(train)].assign(_step=steps[: len(train)])
    names = [
        c
        for c in test.columns
        if c in train.columns
        and c not in (*task.target, task.id_column)
        and not pd.api.types.is_float_dtype(both[c])
        and 1 < first[c].nunique() <= max(2, len(first) // 3)
        and first.groupby(c, dropna=False)["_step"].nunique().max() > 2
    ]
    best: tuple[float, list[str]] = (float(first["_step"].duplicated().mean()), [])
    names.sort(key=lambda c: (pd.api.types.is_numeric_dtype(both[c]), first[c].nunique()))
    for size in (1, 2, 3):
        if best[0] <= 0.02:
            break
        for keys in combinations(names[:MOST_KEYS], size):
            repeated = float(first.duplicated([*keys, "_step"]).mean())
            if repeated < best[0] - 0.02:
                best = (repeated, list(keys))
    if not best[1]:
        return np.zeros(len(train), dtype=int), np.zeros(len(test), dtype=int)
    codes = both.groupby(best[1], dropna=False, sort=False).ngroup().to_numpy()
    return codes[: len(train)], codes[len(train) :]
