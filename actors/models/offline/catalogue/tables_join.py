"""Features steps across rows and files: further tables joined by shared keys, summaries of groups."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.encoding import is_number
from actors.models.offline.catalogue.reading import read_table
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.tables_clean import kept_columns, with_inputs
from actors.models.offline.catalogue.task import Frame, Task, label_text, labelled

REPEATED = 0.2  # of the training rows, found in a further table with their target
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


def key_text(frame: Frame, columns: list[str]) -> pd.Series:
    """The values of key columns as one text, 3.0 spelled 3; missing where any of them is."""
    parts = []
    for name in columns:
        codes, values = pd.factorize(frame[name])
        spelled = np.array([label_text(v) for v in values] + [""], dtype=object)
        parts.append(pd.Series(spelled[codes], index=frame.index).mask(codes < 0))
    whole = parts[0]
    for part in parts[1:]:
        whole = whole + "\x1f" + part
    return whole


def words_of(name: str) -> set[str]:
    """The words of a column's name: `StoreKey` and `store_key` have the same."""
    return set(re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()))


def is_keyish(column: Any) -> bool:
    """Whether a column may be a key: anything but numbers with decimals."""
    if not pd.api.types.is_float_dtype(column):
        return True
    known = column.dropna()
    return bool(len(known) > 0 and (known == np.floor(known)).all())


def matched(test: Frame, own: list[str], table: Frame, theirs: list[str]) -> float:
    """The share of test rows whose key the table knows."""
    return float(key_text(test, own).isin(key_text(table, theirs).dropna().unique()).mean())


def shared_key(train: Frame, test: Frame, table: Frame, task: Task) -> tuple[list[str], list[str]]:
    """The key columns of the rows and of a further table; two empty lists where there are none.

    The column of the same name with most distinct values whose values the table knows; several of them
    where only together they name one of its rows; else a column of another name with the same values.
    """
    names = [
        str(c)
        for c in table.columns
        if c in train.columns and c in test.columns and c not in task.target and is_keyish(table[c])
    ]
    names = [c for c in names if is_keyish(test[c]) and table[c].nunique() > 1]
    names.sort(key=lambda c: -table[c].nunique())
    best = next((c for c in names if matched(test, [c], table, [c]) > 0.3), "")
    alone = bool(best) and table[best].is_unique
    together = len(names) > 1 and not alone and table.duplicated(names).mean() < 0.02
    if together and matched(test, names, table, names) > 0.3:
        return names, names
    if best:
        return [best], [best]
    return other_name_key(train, test, table, task)


def other_name_key(train: Frame, test: Frame, table: Frame, task: Task) -> tuple[list[str], list[str]]:
    """A key spelled otherwise: a column of unique values that holds those of a column of the rows.

    Numbers meet by chance, so that theirs must share a word of the name, or be called a key.
    """
    found: tuple[float, list[str], list[str]] = (0.8, [], [])
    for theirs in (c for c in table.columns if is_keyish(table[c]) and table[c].is_unique):
        for own in (c for c in test.columns if c in train.columns and c not in task.target):
            if not is_keyish(test[own]) or test[own].nunique() <= 5:
                continue
            words, meant = words_of(str(own)), words_of(str(theirs))
            hinted = bool(words & meant) or meant <= {"id", "key", "code"}
            share = matched(test, [own], table, [theirs]) if hinted or not is_number(test[own]) else 0.0
            if share > found[0]:
                found = (share, [str(own)], [str(theirs)])
    return found[1], found[2]


def condensed(table: Frame, key: list[str], name: str) -> Frame:
    """One row a key: the row itself where keys are unique, else counts, means, extremes and last values."""
    columns = [c for c in table.columns if c not in key]
    table = table[columns].assign(_key=key_text(table, key)).dropna(subset="_key")
    if table["_key"].is_unique:
        return table.set_index("_key").add_prefix(f"{name}_")
    grouped = table.groupby("_key", sort=False)
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


def repeats_answers(table: Frame, train: Frame, task: Task) -> bool:
    """Whether a further table's targets may be those of the training rows, and not of an earlier past."""
    if task.id_column in table.columns:
        return True
    shared = [c for c in table.columns if c in train.columns]
    theirs, ours = key_text(table, shared), key_text(labelled(train, task), shared)
    return bool(ours.isin(theirs.dropna().unique()).mean() > REPEATED)


def join_files(train: Frame, test: Frame, task: Task) -> tuple[Frame, Frame]:
    """Every further table joined by the key that it shares; a table's own new key reaches the next."""
    tables = extra_tables(task)
    train, test = train.reset_index(drop=True), test.reset_index(drop=True)
    for _ in range(2):
        for name in list(tables):
            own, theirs = shared_key(train, test, tables[name], task)
            if not own:
                continue
            table = tables.pop(name)
            told = [c for c in task.target if c in table.columns]
            if told and repeats_answers(table, train, task):
                table = table.drop(columns=told)
            summary = condensed(table, theirs, name)
            fresh = [c for c in summary.columns if c not in train.columns]
            train, test = (
                pd.concat([f, summary[fresh].reindex(key_text(f, own)).reset_index(drop=True)], axis=1)
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
    rows = [c.name for f in brief.files if f.name == brief.test for c in f.columns]
    words = set().union(*map(words_of, rows))
    further = [f for f in brief.files if f.name not in known and len(f.columns) > 1]
    return any(words & words_of(c.name) for f in further for c in f.columns)


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
