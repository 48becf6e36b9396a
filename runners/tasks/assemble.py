"""A declared task and its files -> a Task; the declaration is checked against what the files hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from actors.errors import InputError
from runners.tasks.bundles import make_bundle
from runners.tasks.classes import shown_classes
from runners.tasks.facts import profile_files
from runners.tasks.folds import read_sample
from runners.tasks.metrics import CUSTOM
from runners.tasks.spec import TaskSpec, nearest
from runners.tasks.tables import SUFFIXES, detect, is_table, read
from runners.tasks.task import Task, TaskFiles

_PARTS = ("train", "test", "sample_submission")


def find_tables(folder: Path, spec: TaskSpec, files: Mapping[str, bytes]) -> TaskFiles:
    """The names of a task's tables: those declared, otherwise the stem with any supported suffix."""
    names = {}
    for part in _PARTS:
        declared = spec.files.get(part, "")
        if declared is None:
            names[part] = ""
        elif declared:
            if declared not in files:
                raise InputError(f"{folder}: files.{part} names {declared}, which is not there")
            names[part] = declared
        else:
            found = [n for n in files if is_table(n) and n in {part + s for s in SUFFIXES}]
            if len(found) > 1:
                raise InputError(f"{folder}: both {found[0]} and {found[1]}; say which in files.{part}")
            names[part] = found[0] if found else ""
    return TaskFiles(**names)


def assemble(
    folder: Path,
    spec: TaskSpec,
    files: Mapping[str, bytes],
    names: TaskFiles,
    answers: pd.DataFrame,
    *,
    holdout: bool = False,
    threshold_verified: bool = True,
) -> Task:
    """Build a Task; raises InputError that lists every disagreement of files and declaration."""
    sample = read_sample(dict(files), names.sample_submission)
    train = _typed(files, names.train)
    test = _typed(files, names.test)
    split = [spec.split.column] if spec.split.column is not None else []
    faults = _column_faults(spec, names.train, train, [*spec.target, *split])
    faults += _column_faults(spec, names.test, test, [] if spec.split.kind == "group" else split)
    faults += _text_faults(spec, names.train, train)
    faults += _sample_faults(spec, names.sample_submission, sample)
    if test is not None and len(test) != len(sample):
        faults.append(f"{names.test} has {len(test)} rows, {names.sample_submission} {len(sample)}")
    if spec.id_column in sample.columns:
        faults += _answer_faults(spec, sample, answers)
    if faults:
        raise InputError("\n".join(f"{folder}: {fault}" for fault in faults))
    fold, grade = folder / "fold.py", folder / "grade.py"
    description = describe(folder)
    return Task(
        spec=spec,
        description=description,
        names=names,
        public=make_bundle(files),
        facts=profile_files(files),
        answers=answers,
        sample=sample,
        classes=shown_classes(spec, names, files, sample, description),
        holdout=holdout,
        threshold_verified=threshold_verified,
        fold_code=fold if fold.is_file() else None,
        grade_code=grade if grade.is_file() else None,
    )


def describe(folder: Path) -> str:
    """The description of a task, "" where it has none."""
    path = folder / "description.md"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _typed(files: Mapping[str, bytes], name: str) -> pd.DataFrame | None:
    return read(files[name], detect(name, files[name])) if name else None


def _column_faults(
    spec: TaskSpec, name: str, table: pd.DataFrame | None, columns: Sequence[str]
) -> list[str]:
    """What is wrong with the columns that the task needs in one of its tables."""
    if table is None:
        return []
    known = [str(c) for c in table.columns]
    return [
        f"{what} {c!r} is not a column of {name}{nearest(c, known)}"
        for c in columns
        if c not in known
        for what in ["target" if c in spec.target else "split.column"]
    ]


def _text_faults(spec: TaskSpec, name: str, train: pd.DataFrame | None) -> list[str]:
    """Targets that hold text where the metric needs numbers."""
    if train is None or spec.metric == CUSTOM or spec.prediction != "value":
        return []
    return [
        f"target {t!r} of {name} holds text, but metric {spec.metric} needs numbers"
        for t in spec.target
        if t in train.columns
        and not pd.api.types.is_numeric_dtype(train[t])
        and pd.to_numeric(train[t], errors="coerce").isna().sum() > train[t].isna().sum()
    ]


def _sample_faults(spec: TaskSpec, name: str, sample: pd.DataFrame) -> list[str]:
    key = spec.id_column
    if key not in sample.columns:
        close = nearest(key, [str(c) for c in sample.columns])
        return [f"id_column {key!r} is not a column of {name}{close}"]
    twice = sample[key][sample[key].duplicated()]
    faults = [f"{name}: id {twice.iloc[0]!r} stands twice"] if len(twice) else []
    predicted = sample.shape[1] - 1
    if predicted == 0:
        faults.append(f"{name} has no column to predict beside {key!r}")
    if spec.metric == "pinball" and predicted != len(spec.levels):
        faults.append(f"{name} has {predicted} predicted columns for {len(spec.levels)} levels")
    return faults


def _answer_faults(spec: TaskSpec, sample: pd.DataFrame, answers: pd.DataFrame) -> list[str]:
    missing = [c for c in (spec.id_column, *spec.target) if c not in answers.columns]
    if missing:
        return [f"private/answers.csv lacks column {missing[0]!r}"]
    unknown = set(answers[spec.id_column]) - set(sample[spec.id_column])
    if unknown:
        return [f"private/answers.csv holds id {min(unknown)!r}, which the sample submission does not"]
    if answers.empty or (answers[list(spec.target)] == "").any(axis=None):
        return ["private/answers.csv has missing values; every row needs its answer"]
    return []
