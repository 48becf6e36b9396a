"""Validation folds of a task: public files whose validation labels only the harness has."""

from __future__ import annotations

import importlib.util
import sys
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pandas as pd

from actors.contracts import DataBundle
from actors.errors import InputError
from runners.tasks.bundles import make_bundle
from runners.tasks.classes import known_targets
from runners.tasks.labels import as_text
from runners.tasks.moving import in_file_order, move_rows, open_tables
from runners.tasks.splitting import FoldRules, cut_rows
from runners.tasks.tables import detect, read_exact
from runners.tasks.task import Task


@dataclass(frozen=True)
class Fold:
    """One validation fold; the answers and the id map never leave the harness."""

    bundle: DataBundle = field(repr=False)
    sample: pd.DataFrame = field(repr=False)  # the fold's sample submission, as text
    answers: pd.DataFrame = field(repr=False)  # the fold's id and the targets, as text
    test_ids: dict[str, str] = field(repr=False)  # the fold's id -> public id, of the true test rows


def make_folds(task: Task, seed: int, rules: FoldRules) -> list[Fold]:
    """The folds of a task, the same for the same seed; empty where none can be made.

    Raises InputError when a fold.py is at fault.
    """
    seed = (seed ^ zlib.crc32(task.id.encode())) & 0x7FFFFFFF
    if task.fold_code is not None:
        return _by_code(task, task.fold_code, seed, rules)
    if not (task.names.train and task.names.test):
        return []
    tables = open_tables(task.files, task.names)
    spec = task.spec
    if in_file_order(task.files, tables, spec.id_column):
        return []
    train = known_targets(tables.typed_train, spec, task.description)
    if len(task.classes) > 1 and train[spec.target[0]].nunique() < 2:
        return []  # training shows one class alone: no fold could tell right from wrong
    labelled = int(train[list(spec.target)].notna().all(axis=1).sum())
    try:
        cuts = cut_rows(
            train,
            tables.typed_test,
            spec.target,
            spec.split,
            folds=rules.folds(labelled),
            parts=rules.parts,
            seed=seed,
        )
    except ValueError:
        return []
    folds = []
    for number, cut in enumerate(cuts):
        moved = move_rows(task.files, tables, spec, cut, seed + number)
        folds.append(
            Fold(
                make_bundle(moved.files),
                read_sample(moved.files, task.names.sample_submission),
                moved.answers,
                moved.test_ids,
            )
        )
    return folds


def read_sample(files: dict[str, bytes], name: str) -> pd.DataFrame:
    """A sample submission as text."""
    frame = read_exact(files[name], detect(name, files[name]))
    return frame.apply(as_text)


def load_code(path: Path, function: str) -> ModuleType:
    """A module from a task's folder; raises InputError when it cannot be imported or lacks the function."""
    spec = importlib.util.spec_from_file_location(
        f"fivestar_task_{zlib.crc32(bytes(path)):08x}_{path.stem}", path
    )
    if spec is None or spec.loader is None:
        raise InputError(f"{path}: cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses of the code look themselves up there
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # any fault of the user's own code is theirs to read
        raise InputError(f"{path}: cannot be imported: {type(error).__name__}: {error}") from error
    if not callable(getattr(module, function, None)):
        raise InputError(f"{path}: defines no function {function}")
    return module


def _by_code(task: Task, path: Path, seed: int, rules: FoldRules) -> list[Fold]:
    module = load_code(path, "make_fold")
    first = _one_by_code(task, path, module, seed)
    count = rules.folds(len(first.answers) * rules.parts)
    return [first] + [_one_by_code(task, path, module, seed + n) for n in range(1, count)]


def _one_by_code(task: Task, path: Path, module: ModuleType, seed: int) -> Fold:
    try:
        files, answers = module.make_fold(dict(task.files), seed)
    except Exception as error:  # the task's own code, named in the message
        raise InputError(f"{path}: make_fold failed: {type(error).__name__}: {error}") from error
    sample = read_sample(files, task.names.sample_submission)
    key = task.spec.id_column
    answers = answers.apply(as_text)
    ids = set(sample[key])
    public = list(task.sample[key])
    held = set(answers[key])
    if not held or not held <= ids or not set(public) <= ids or held & set(public):
        raise InputError(
            f"{path}: the fold's sample submission must hold the ids of all validation rows and of all"
            " true test rows, and these must differ"
        )
    return Fold(make_bundle(files), sample, answers.reset_index(drop=True), {i: i for i in public})
