"""Moves training rows, without their labels, among the test rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
import pandas as pd

from actors.contracts import SplitRule
from actors.models.offline.catalogue.arrays_files import part_of
from runners.tasks.arrays import open_arrays
from runners.tasks.ids import more_ids, opaque, referenced, shuffled
from runners.tasks.labels import as_text, without_zeros
from runners.tasks.spec import TaskSpec
from runners.tasks.splitting import Cut, Rows, as_order
from runners.tasks.tables import TableFormat, detect, read, read_exact, read_tables, write_exact
from runners.tasks.task import TaskFiles


@dataclass(frozen=True)
class Tables:
    """The three tables of a task, as stored and typed, row by row the same."""

    names: TaskFiles
    layouts: Mapping[str, TableFormat]
    train: pd.DataFrame  # as stored
    test: pd.DataFrame
    sample: pd.DataFrame
    typed_train: pd.DataFrame
    typed_test: pd.DataFrame
    others: tuple[pd.DataFrame, ...]  # further public tables
    marks: frozenset[str]  # names of further public files, and values of arrays of identifiers


@dataclass(frozen=True)
class Moved:
    """The public files after rows were moved, with the moved rows' answers."""

    files: dict[str, bytes]
    answers: pd.DataFrame  # the new id and the targets, as text
    test_ids: dict[str, str]  # new id -> public id of the true test rows


def open_tables(files: Mapping[str, bytes], names: TaskFiles) -> Tables:
    """Read the tables of a task."""
    parts = (names.train, names.test, names.sample_submission)
    layouts = {name: detect(name, files[name]) for name in parts}
    train, test, sample = (read_exact(files[name], layouts[name]) for name in parts)
    others = tuple(read_tables(files, [name for name in files if name not in parts]).values())
    return Tables(
        names,
        layouts,
        train,
        test,
        sample,
        read(files[names.train], layouts[names.train]),
        read(files[names.test], layouts[names.test]),
        others,
        _marks(files, names),
    )


def _marks(files: Mapping[str, bytes], names: TaskFiles) -> frozenset[str]:
    """What identifiers may point at beside tables: the stems of files, and arrays of identifiers."""
    parts = (names.train, names.test, names.sample_submission)
    found = {PurePosixPath(name).stem for name in files if name not in parts}
    for name, values in open_arrays(files).items():
        if part_of(name, values).role == "ids":
            found |= set(as_text(pd.Series(values.ravel())))
    return frozenset(without_zeros(pd.Series(sorted(found), dtype=object)))


def in_file_order(files: Mapping[str, bytes], tables: Tables, key: str) -> bool:
    """Whether no row can leave the training table: arrays hold the rows by position alone, or the files of
    training and test rows have the same names.
    """
    shared = [c for c in tables.train.columns if c in tables.test.columns]
    words = [c for c in shared if c == key or not pd.api.types.is_numeric_dtype(tables.typed_train[c])]
    naming = [c for c in words if _names_marks(tables.train[c], tables.marks)]
    if naming:
        column = next((c for c in naming if c != key), key)
        return bool(set(as_text(tables.train[column])) & set(as_text(tables.test[column])))
    return any(len(v) == len(tables.train) for v in open_arrays(files).values() if v.ndim > 1)


def _names_marks(values: pd.Series, marks: frozenset[str]) -> bool:
    """Whether most values are marks, perhaps as paths with an ending."""
    names = as_text(values).str.rsplit("/", n=1).str[-1]
    stems = names.str.replace(r"\.[A-Za-z]\w{1,4}$", "", regex=True)
    return float(without_zeros(stems).isin(marks).mean()) > 0.5


def move_rows(
    files: Mapping[str, bytes], tables: Tables, spec: TaskSpec, cut: Cut, seed: int, *, relabel: bool = True
) -> Moved:
    """Hold out the rows of a cut; new ids are drawn where the old ones would tell rows apart."""
    rng = np.random.default_rng(seed)
    key = spec.id_column
    gone = np.union1d(cut.held, cut.dropped)
    kept = np.setdiff1d(np.arange(len(tables.train)), gone)
    train = tables.train.iloc[kept].reset_index(drop=True)
    held = tables.train.iloc[cut.held].reset_index(drop=True)
    test = pd.concat([tables.test, _like(held, tables.test)], ignore_index=True)
    number = len(tables.test)
    old = _ids(tables, held, key)
    if relabel and _may_relabel(tables, spec):
        new, train = _relabel(tables, train, len(held), key, rng)
    else:
        new = old
    answers = tables.typed_train[list(spec.target)].iloc[cut.held].apply(as_text).reset_index(drop=True)
    answers.insert(0, key, as_text(new.iloc[number:]).to_numpy())
    test_ids = dict(zip(as_text(new.iloc[:number]), as_text(old.iloc[:number]), strict=True))
    if key in test.columns:
        test[key] = _typed_like(new, tables.test[key]) if len(tables.test) else new
    order = _order(tables, cut, spec.split, rng)
    sample = _sample(tables.sample, key, new, rng)
    parts = {
        tables.names.train: train,
        tables.names.test: test.iloc[order],
        tables.names.sample_submission: sample.iloc[order],
    }
    out = dict(files)
    for name, frame in parts.items():
        out[name] = write_exact(frame.reset_index(drop=True), tables.layouts[name])
    return Moved(out, answers, test_ids)


def _like(held: pd.DataFrame, test: pd.DataFrame) -> pd.DataFrame:
    """The held rows with the columns and types of the test table; a column they lack is empty."""
    blank = "" if len(test) and isinstance(test.iloc[0, 0], str) else None
    frame = pd.DataFrame({c: held[c] if c in held else pd.Series([blank] * len(held)) for c in test.columns})
    return frame.astype({c: test[c].dtype for c in test.columns}) if len(test) else frame


def _typed_like(values: pd.Series, column: pd.Series) -> pd.Series:
    return pd.Series(values.to_numpy(), dtype=column.dtype, name=column.name)


def _ids(tables: Tables, held: pd.DataFrame, key: str) -> pd.Series:
    """The ids of the test rows, then of the held rows; fresh ones where training has no id column."""
    known = tables.test[key] if key in tables.test.columns else tables.sample[key]
    if key in held.columns and not set(as_text(held[key])) & set(as_text(known)):
        extra = held[key]
    else:
        extra = more_ids(known, len(held))
    return pd.concat([known.astype(object), extra.astype(object)], ignore_index=True)


def _may_relabel(tables: Tables, spec: TaskSpec) -> bool:
    key = spec.id_column
    if spec.split.kind == "time" or key in (spec.split.column, *spec.target):
        return False
    known = tables.sample[key]
    pool = pd.concat([known, tables.train[key]]) if key in tables.train.columns else known
    pool.name = key
    pointing = without_zeros(as_text(pool)).isin(tables.marks)
    return opaque(pool) and not referenced(pool, tables.others) and float(pointing.mean()) <= 0.5


def _relabel(
    tables: Tables, train: pd.DataFrame, held: int, key: str, rng: np.random.Generator
) -> tuple[pd.Series, pd.DataFrame]:
    """New ids of test and held rows, and the training rows with theirs: all drawn from one pool."""
    known = tables.test[key] if key in tables.test.columns else tables.sample[key]
    needed = len(tables.test) + held
    if key not in tables.train.columns:
        pool = pd.concat([known.astype(object), more_ids(known, held).astype(object)], ignore_index=True)
        return shuffled(pool, needed, rng), train
    every = pd.concat([known.astype(object), tables.train[key].astype(object)], ignore_index=True)
    pool = every[~as_text(every).duplicated()].reset_index(drop=True)
    if len(pool) < len(every):  # train and test count their rows apart
        return shuffled(pd.concat([pool, more_ids(pool, needed)], ignore_index=True), needed, rng), train
    mixed = shuffled(pool, len(pool), rng)
    inner = mixed.iloc[needed : needed + len(train)].reset_index(drop=True)
    train = train.assign(**{key: _typed_like(inner, tables.train[key])})
    return mixed.iloc[:needed].reset_index(drop=True), train


def _order(tables: Tables, cut: Cut, rule: SplitRule, rng: np.random.Generator) -> Rows:
    """The order of the rows of the new test file: by time or place where rows have one, else at random."""
    total = len(tables.test) + len(cut.held)
    column = rule.column
    if rule.kind in ("time", "block") and column is not None and column in tables.typed_test.columns:
        held = tables.typed_train[column].iloc[cut.held]
        both = pd.concat([tables.typed_test[column], held], ignore_index=True)
        return np.argsort(as_order(both), kind="stable")
    return rng.permutation(total)


def _sample(sample: pd.DataFrame, key: str, ids: pd.Series, rng: np.random.Generator) -> pd.DataFrame:
    """The sample submission for these ids, with dummy values drawn from the old one's rows."""
    rows = sample.iloc[rng.integers(0, len(sample), len(ids))].reset_index(drop=True)
    return rows.assign(**{key: _typed_like(ids, sample[key])})
