"""Features steps across rows and files: further tables joined by shared keys, summaries of groups."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.encoding import is_number
from actors.models.offline.catalogue.reading import read_table
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.tables_clean import kept_columns, with_inputs
from actors.models.offline.catalogue.task import Frame, Task

EXTRA_SUFFIXES = ("csv", "tsv", "parquet", "jsonl", "xlsx", "txt", "dat")


def extra_tables(task: Task) -> dict[str, Frame]:
    """The tables beside train, test and sample, by name."""
    known = {Path(n).name for n in (task.train, task.test, task.sample)}
    found = {}
    for path in sorted(Path("input").rglob("*")):
        suffix = path.name.lower().removesuffix(".gz").rsplit(".", 1)[-1]
        if path.is_file() and path.name not in known and suffix in EXTRA_SUFFIXES:
            table = read_table(str(path.relative_to("input")))
            if table.shape[1] > 1:
                found[path.name.split(".")[0]] = table
    return found


def shared_key(train: Frame, test: Frame, table: Frame, task: Task) -> str:
    """The shared column with most distinct values whose values the table knows; "" where there is none."""
    best, size = "", 1
    for name in table.columns:
        if name not in train.columns or name not in test.columns or name in task.target:
            continue
        if pd.api.types.is_float_dtype(table[name]) or pd.api.types.is_float_dtype(test[name]):
            continue
        known = table[name].nunique()
        if known > size and test[name].isin(table[name].dropna().unique()).mean() > 0.3:
            best, size = str(name), known
    return best


def condensed(table: Frame, key: str, name: str) -> Frame:
    """One row a key: the row itself where keys are unique, else counts, means, extremes and last values."""
    columns = [c for c in table.columns if c != key]
    if table[key].is_unique:
        return table.set_index(key)[columns].add_prefix(f"{name}_")
    grouped = table.groupby(key, sort=False)
    parts: list[Any] = [grouped.size().rename(f"{name}_rows")]
    for column in columns:
        if is_number(table[column]):
            summary = grouped[column].agg(["mean", "max", "last"])
            parts.append(summary.add_prefix(f"{name}_{column}_"))
        else:
            parts.append(grouped[column].nunique().rename(f"{name}_{column}_kinds"))
            parts.append(grouped[column].last().rename(f"{name}_{column}_last"))
    joined: Frame = pd.concat(parts, axis=1)
    return joined


def join_files(train: Frame, test: Frame, task: Task) -> tuple[Frame, Frame]:
    """Every further table joined by the key that it shares; a table's own new key reaches the next."""
    tables = extra_tables(task)
    train, test = train.reset_index(drop=True), test.reset_index(drop=True)
    for _ in range(2):
        for name in list(tables):
            key = shared_key(train, test, tables[name], task)
            if not key:
                continue
            table = tables.pop(name)
            table = table.drop(columns=[c for c in task.target if c in table.columns])
            summary = condensed(table, key, name)
            fresh = [c for c in summary.columns if c not in train.columns]
            train, test = (
                pd.concat([f, summary[fresh].reindex(f[key]).reset_index(drop=True)], axis=1)
                for f in (train, test)
            )
    return train, test


def group_summaries(train: Frame, test: Frame, task: Task) -> tuple[Frame, Frame]:
    """What the inputs of a group's rows say together: size, means, distance of a row from its group."""
    key = task.split_column
    if key not in train.columns or key not in test.columns:
        return train, test
    names = kept_columns(train, test, task)
    both = pd.concat([train[[key, *names]], test[[key, *names]]], ignore_index=True)
    keys = both[key].astype(str)
    grouped = both.groupby(keys)
    new: dict[str, object] = {"group_rows": keys.map(grouped.size()).astype(float)}
    for name in names:
        if is_number(both[name]) and name != key and grouped[name].nunique().max() > 1:
            mean = grouped[name].transform("mean")
            if (mean - both[name]).abs().mean() > 1e-9:
                new |= {f"{name}_group": mean, f"{name}_apart": both[name] - mean}
    more = pd.DataFrame(new)
    return (
        with_inputs(train, task, names, more.iloc[: len(train)]),
        with_inputs(test, task, names, more.iloc[len(train) :]),
    )


def pair_ratios(train: Frame, test: Frame, task: Task, *, most: int = 8) -> tuple[Frame, Frame]:
    """Ratios and differences of the numeric columns that vary most, for trees that see one at a time."""
    names = kept_columns(train, test, task)
    numeric = [c for c in names if is_number(train[c]) and train[c].nunique() > 10]
    numeric = sorted(numeric, key=lambda c: -train[c].nunique())[:most]
    results = []
    for frame in (train, test):
        new = {}
        for place, one in enumerate(numeric):
            for other in numeric[place + 1 :]:
                a, b = frame[one].astype(float).to_numpy(), frame[other].astype(float).to_numpy()
                new[f"{one}_by_{other}"] = a / np.where(np.abs(b) < 1e-9, np.nan, b)
                new[f"{one}_less_{other}"] = a - b
        results.append(with_inputs(frame, task, names, pd.DataFrame(new)))
    return results[0], results[1]


def has_extra_tables(brief: TaskBrief) -> bool:
    """Whether there is a table beside the three."""
    known = {brief.train, brief.test, brief.sample_submission}
    columns = {c.name for f in brief.files if f.name == brief.test for c in f.columns}
    return any(f.name not in known and any(c.name in columns for c in f.columns) for f in brief.files)


RECIPES = (
    Recipe(
        join_files,
        "features",
        "Further tables joined.",
        lambda b: 0.9 if has_extra_tables(b) else 0.0,
        order=5,
    ),
    Recipe(
        group_summaries,
        "features",
        "What a group's rows say together.",
        lambda b: 0.6 if b.split.kind == "group" else 0.0,
        order=45,
    ),
    Recipe(
        pair_ratios,
        "features",
        "Ratios and differences.",
        lambda b: 0.3,
        choices={"most": (4, 8, 12)},
        order=58,
    ),
)
