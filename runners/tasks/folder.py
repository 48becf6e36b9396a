"""A user's own task folder, with or without private answers."""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path

import pandas as pd

from actors.errors import InputError
from runners.tasks.assemble import assemble, describe, find_tables
from runners.tasks.bundles import read_folder
from runners.tasks.classes import known_targets
from runners.tasks.fixed_width import keep_spans
from runners.tasks.labels import as_text, sorted_labels
from runners.tasks.moving import in_file_order, move_rows, open_tables
from runners.tasks.spec import TaskSpec, read_spec
from runners.tasks.splitting import Cut, cut_rows
from runners.tasks.tables import TableFormat, detect, read, read_exact, suffix, write_exact
from runners.tasks.task import Task, TaskFiles

_OWN = ("task.yaml", "description.md", "grade.py", "fold.py", "prepare.py")  # not for scripts to read
ANSWERS = "private/answers.csv"
_HOLDOUT_PARTS = 5  # one part in this many of the training rows is locked away


def load_folder(folder: Path) -> Task:
    """Load a task folder; raises InputError that names every fault."""
    spec = read_spec(folder / "task.yaml")
    if spec.metric == "custom" and not (folder / "grade.py").is_file():
        raise InputError(
            f"{folder}: metric custom needs a grade.py with def grade(submission, answers) -> float"
        )
    files = {
        name: data
        for name, data in read_folder(folder).items()
        if name not in _OWN and not name.startswith("private/") and "__pycache__" not in name
    }
    names = find_tables(folder, spec, files)
    private = folder / ANSWERS
    answers = read_answers(private, spec.id_column) if private.is_file() else None
    if names.train == "" and spec.files.get("train", "") is not None:
        raise InputError(f"{folder}: no training table; add train.csv, or name it in files.train")
    if names.test == "" and names.train and answers is not None:
        raise InputError(f"{folder}: no test table; add test.csv, or name it in files.test")
    if answers is not None:
        names, files = _with_sample(folder, spec, names, files)
        return assemble(folder, spec, files, names, answers)
    return _locked(folder, spec, names, files)


def read_answers(path: Path, id_column: str) -> pd.DataFrame:
    """Private answers as text: ids as they are written, targets as their types are inferred."""
    try:
        frame = pd.read_csv(path, dtype={id_column: str})
    except (ValueError, pd.errors.ParserError) as error:
        raise InputError(f"{path}: not a CSV table: {error}") from None
    return frame.apply(as_text)


def _with_sample(
    folder: Path, spec: TaskSpec, names: TaskFiles, files: dict[str, bytes]
) -> tuple[TaskFiles, dict[str, bytes]]:
    """The same files with a sample submission, derived from the test table where it is missing."""
    if names.sample_submission:
        return names, files
    if not names.test:
        raise InputError(f"{folder}: no sample_submission.csv; without a test table it cannot be derived")
    test = read_exact(files[names.test], detect(names.test, files[names.test]))
    if spec.id_column not in test.columns:
        raise InputError(f"{folder}: id_column {spec.id_column!r} is not a column of {names.test}")
    rows = len(test)
    constants = _dummy_columns(spec, names, files, describe(folder))
    sample = pd.DataFrame(
        {spec.id_column: test[spec.id_column], **{c: [v] * rows for c, v in constants.items()}}
    )
    name = "sample_submission.csv"
    return replace(names, sample_submission=name), {**files, name: write_exact(sample, TableFormat("csv"))}


def _dummy_columns(
    spec: TaskSpec, names: TaskFiles, files: dict[str, bytes], description: str
) -> dict[str, float | str]:
    """The predicted columns with a constant: levels, classes or targets."""
    if spec.metric == "pinball":
        return {f"q{level:g}": 0.0 for level in spec.levels}
    if spec.metric == "c_index":
        return {"risk": 0.0}
    train = read(files[names.train], detect(names.train, files[names.train]))
    train = known_targets(train, spec, description)
    lacking = [t for t in spec.target if t not in train.columns]
    if lacking or spec.prediction == "value":
        return dict.fromkeys(spec.target, 0.0)
    if spec.prediction == "probability" and len(spec.target) == 1:
        classes = sorted_labels(as_text(train[spec.target[0]]))
        return dict.fromkeys(classes, 1 / len(classes)) if len(classes) > 2 else {spec.target[0]: 0.5}
    if spec.prediction == "probability":
        return dict.fromkeys(spec.target, 0.5)
    return {t: as_text(train[t].dropna()).mode().iloc[0] for t in spec.target}


def _locked(folder: Path, spec: TaskSpec, names: TaskFiles, files: dict[str, bytes]) -> Task:
    """Without answers a hold-out of the training rows, by the split rule, takes their place."""
    if not names.train:
        raise InputError(f"{folder}: no private/answers.csv, and no training table to hold rows out of")
    if names.test:
        names, files = _with_sample(folder, spec, names, files)
    try:
        if names.test:
            files, answers = _held_among_test(spec, names, files, describe(folder))
        else:
            names, files, answers = _held_as_test(spec, names, files, describe(folder))
    except (ValueError, KeyError) as error:
        raise InputError(f"{folder}: no private/answers.csv, and no hold-out can be made: {error}") from None
    names, files = _with_sample(folder, spec, names, files)
    return assemble(folder, spec, files, names, answers, holdout=True)


def _cut(spec: TaskSpec, train: pd.DataFrame, test: pd.DataFrame, seed: int) -> Cut:
    absent = [t for t in spec.target if t not in train.columns]
    if absent:
        raise ValueError(f"target {absent[0]!r} is not a column of the training table")
    return cut_rows(train, test, spec.target, spec.split, folds=1, parts=_HOLDOUT_PARTS, seed=seed)[0]


def _held_among_test(
    spec: TaskSpec, names: TaskFiles, files: dict[str, bytes], description: str
) -> tuple[dict[str, bytes], pd.DataFrame]:
    """The files with the hold-out among the user's own test rows, which keep their ids."""
    tables = open_tables(files, names)
    if in_file_order(files, tables, spec.id_column):
        raise ValueError("arrays or files tie the training rows to their places")
    seed = zlib.crc32(spec.id.encode())
    cut = _cut(spec, known_targets(tables.typed_train, spec, description), tables.typed_test, seed)
    moved = move_rows(files, tables, spec, cut, seed, relabel=False)
    return moved.files, moved.answers


def _held_as_test(
    spec: TaskSpec, names: TaskFiles, files: dict[str, bytes], description: str
) -> tuple[TaskFiles, dict[str, bytes], pd.DataFrame]:
    """The files with the hold-out as the test table, where the user has none."""
    layout = detect(names.train, files[names.train])
    train = read_exact(files[names.train], layout)
    typed = read(files[names.train], layout)
    cut = _cut(spec, known_targets(typed, spec, description), typed.iloc[:0], zlib.crc32(spec.id.encode()))
    held = train.iloc[cut.held].reset_index(drop=True)
    if spec.id_column not in held.columns:
        raise ValueError(f"id_column {spec.id_column!r} is not a column of {names.train}")
    answers = typed[list(spec.target)].iloc[cut.held].apply(as_text).reset_index(drop=True)
    answers.insert(0, spec.id_column, as_text(held[spec.id_column]))
    kept = train.drop(index=[*cut.held, *cut.dropped]).reset_index(drop=True)
    name = "test" + suffix(names.train)
    test = held.drop(columns=list(spec.target))
    # A fixed-width line has its own positions once columns are gone.
    spans = keep_spans(layout.spans, [c in test.columns for c in train.columns]) if layout.spans else ()
    written = {
        names.train: write_exact(kept, layout),
        name: write_exact(test, replace(layout, spans=spans)),
    }
    return replace(names, test=name, sample_submission=""), {**files, **written}, answers
