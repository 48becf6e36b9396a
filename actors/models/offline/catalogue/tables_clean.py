"""Features steps that make columns usable: unusable ones dropped, gaps marked, dates and codes split."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.dates import moments_of
from actors.models.offline.catalogue.encoding import is_number
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.task import Frame, Task, inputs
from actors.models.offline.facts import has_missing, train_columns


def kept_columns(train: Frame, test: Frame, task: Task) -> list[str]:
    """Columns of both frames that are neither constant nor empty."""
    names = [c for c in inputs(test, task).columns if c in train.columns]
    return [c for c in names if train[c].nunique(dropna=False) > 1]


def with_inputs(frame: Frame, task: Task, names: list[str], more: Frame | None = None) -> Frame:
    """Targets, identifier and group of a frame with the named inputs and further columns of other names."""
    usable = set(inputs(frame, task).columns)
    own = [c for c in frame.columns if c not in usable]
    base = frame[[*own, *names]].reset_index(drop=True)
    if more is None:
        return base
    fresh = more[[c for c in more.columns if c not in base.columns]]
    return pd.concat([base, fresh.reset_index(drop=True)], axis=1)


def keep_usable(train: Frame, test: Frame, task: Task) -> tuple[Frame, Frame]:
    """Drop inputs that the test rows lack, that are constant, or text that differs in every row."""
    names = kept_columns(train, test, task)
    both = pd.concat([train[names], test[names]], ignore_index=True)
    names = [
        c
        for c in names
        if is_number(both[c])
        or both[c].nunique() < 0.9 * both[c].count()
        or both[c].astype("string").str.len().mean() > 40
    ]
    return with_inputs(train, task, names), with_inputs(test, task, names)


def mark_missing(train: Frame, test: Frame, task: Task, *, share: float = 0.01) -> tuple[Frame, Frame]:
    """A flag for every column with gaps in more than a share of rows, one flag for equal patterns."""
    names = kept_columns(train, test, task)
    marks: dict[str, tuple[Any, Any]] = {}
    seen: set[bytes] = set()
    for name in names:
        gaps = train[name].isna()
        pattern = gaps.to_numpy().tobytes()
        if share < gaps.mean() < 1 - share and pattern not in seen:
            seen.add(pattern)
            marks[f"{name}_missing"] = (gaps.astype(float), test[name].isna().astype(float))
    more_train = pd.DataFrame({k: a.to_numpy() for k, (a, _) in marks.items()})
    more_test = pd.DataFrame({k: b.to_numpy() for k, (_, b) in marks.items()})
    if not marks:
        return train, test
    return with_inputs(train, task, names, more_train), with_inputs(test, task, names, more_test)


def as_dates(column: Any) -> Any:
    """A column as dates, None when it does not hold dates."""
    known = column.dropna()
    # A few values tell most texts, which need not be read to their end.
    if len(known) == 0 or moments_of(known.iloc[:100]).notna().mean() < 0.8:
        return None
    parsed = moments_of(column)
    return parsed if parsed.notna().sum() > 0.9 * len(known) else None


def expand_dates(train: Frame, test: Frame, task: Task) -> tuple[Frame, Frame]:
    """Dates as elapsed days, year, month, day, weekday and hour; gaps in days between two dates."""
    results = []
    firsts: dict[str, pd.Timestamp] = {}
    names = kept_columns(train, test, task)
    # Both tables are read together: one alone may not show whether days or months come first.
    read = {c: as_dates(pd.concat([train[c], test[c]], ignore_index=True)) for c in names}
    dated = [c for c in names if read[c] is not None]
    for frame, rows in ((train, slice(len(train))), (test, slice(len(train), None))):
        new: dict[str, object] = {}
        elapsed: dict[str, pd.Series[float]] = {}
        for name in dated:
            when = read[name].iloc[rows].reset_index(drop=True)
            first = firsts.setdefault(name, when.min())
            days = (when - first).dt.total_seconds() / 86400
            elapsed[name] = days
            new |= {f"{name}_days": days, f"{name}_year": when.dt.year, f"{name}_month": when.dt.month}
            new |= {f"{name}_day": when.dt.day, f"{name}_weekday": when.dt.day_of_week}
            new |= {f"{name}_hour": when.dt.hour, f"{name}_yearday": when.dt.day_of_year}
            new |= {f"{name}_sin": np.sin(2 * np.pi * when.dt.day_of_year / 365.25)}
            new |= {f"{name}_cos": np.cos(2 * np.pi * when.dt.day_of_year / 365.25)}
        for one, other in pairwise(dated):
            starts = (firsts[other] - firsts[one]).total_seconds() / 86400
            new[f"{other}_after_{one}"] = elapsed[other] - elapsed[one] + starts
        results.append(with_inputs(frame, task, [c for c in names if c not in dated], pd.DataFrame(new)))
    return results[0], results[1]


def split_codes(train: Frame, test: Frame, task: Task) -> tuple[Frame, Frame]:
    """Codes such as `C/85/S`, `12 kg` or `Smith, Mr. John`: their numbers, letters, parts and length."""
    names = kept_columns(train, test, task)
    coded_names = []
    for name in names:
        if is_number(train[name]) or as_dates(train[name]) is not None:
            continue
        text = train[name].dropna().astype("string")
        mixed = text.str.contains(r"\d", regex=True).mean() > 0.5 and text.nunique() > 15
        if mixed and text.str.len().mean() < 40:
            coded_names.append(name)
    if not coded_names:
        return train, test
    results = []
    for frame in (train, test):
        new: dict[str, object] = {}
        for name in coded_names:
            text = frame[name].astype("string").reset_index(drop=True)
            plain = text.str.replace(r"(?<=\d),(?=\d{3}\b)", "", regex=True)
            numbers = plain.str.extractall(r"((?:(?<![\w.)])-)?\d+(?:\.\d+)?)")[0].astype(float).unstack()
            for place in range(2):
                column = numbers[place] if place in numbers else pd.Series(dtype=float)
                new[f"{name}_number{place}"] = column.reindex(text.index)
            new[f"{name}_letters"] = text.str.replace(r"[\d.]+", "", regex=True).str.strip().astype(object)
            new[f"{name}_first"] = text.str.slice(0, 1).astype(object)
            new[f"{name}_length"] = text.str.len().astype(float)
        results.append(with_inputs(frame, task, names, pd.DataFrame(new)))
    return results[0], results[1]


def has_dates(brief: TaskBrief) -> bool:
    """Whether a training column is dates."""
    return any(c.dtype == "datetime" for c in train_columns(brief))


def has_codes(brief: TaskBrief) -> bool:
    """Whether a text column holds digits in its examples."""
    return any(
        c.dtype in ("text", "category")
        and c.unique > 15
        and any(ch.isdigit() for e in c.examples for ch in e)
        for c in train_columns(brief)
    )


RECIPES = (
    Recipe(
        split_codes, "features", "Codes split into parts.", lambda b: 0.6 if has_codes(b) else 0.0, order=10
    ),
    Recipe(
        expand_dates,
        "features",
        "Dates expanded.",
        lambda b: 0.9 if has_dates(b) else 0.0,
        ("table", "text"),
        order=20,
    ),
    Recipe(
        mark_missing,
        "features",
        "Gaps marked.",
        lambda b: 0.7 if has_missing(b) else 0.0,
        ("table", "text"),
        order=30,
    ),
    Recipe(
        keep_usable,
        "features",
        "Unusable columns dropped.",
        lambda b: 0.9,
        order=80,
    ),
)
