"""Inner validation by the brief's split rule."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold

from actors.models.offline.catalogue.dates import moments_of
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.task import Array, Frame, Task, labelled, truth

Folds = list[tuple[Frame, Frame, Array]]
RARE_HELD = 60  # rows of the rarer label that a threshold is to be chosen on


def held_folds(train: Frame, known: Frame, parts: list[Array], task: Task) -> Folds:
    """Turn positions among the labelled rows into (fit, held, actual) frames."""
    folds = []
    for part in parts:
        held = known.iloc[part]
        fit = train.drop(index=held.index)
        hidden = [c for c in (*task.target, *task.train_only) if c in held.columns]
        folds.append((fit, held.drop(columns=hidden), truth(held, task)))
    return folds


def fold_count(rows: int, folds: int) -> tuple[int, int]:
    """How many parts to cut and how many of them to score: fewer on many rows."""
    if rows > 1500:
        return 5, 1
    return (4, 2) if rows > 400 else (folds, folds)


def enough_held(codes: Array, cut: int, used: int, task: Task) -> int:
    """How many of `cut` parts to score: more where a cut between two labels would rest on a few rows."""
    if task.prediction != "label" or len(task.classes) != 2 or codes.ndim > 1:
        return used
    rarest = int(np.bincount(codes.astype(int), minlength=2).min())
    return min(cut, max(used, -(-RARE_HELD * cut // max(rarest, 1))))


def random_folds(train: Frame, task: Task, *, folds: int = 3) -> Folds:
    """Shuffled parts of the labelled rows, stratified by class where there are classes."""
    train = train.reset_index(drop=True)
    known = labelled(train, task)
    cut, used = fold_count(len(known), folds)
    codes = truth(known, task)
    used = enough_held(codes, cut, used, task)
    if task.classes and codes.ndim == 1 and np.bincount(codes.astype(int)).min() >= 2:
        splitter = StratifiedKFold(cut, shuffle=True, random_state=task.seed)
        parts = [held for _, held in splitter.split(known, codes.astype(int))]
    else:
        parts = [held for _, held in KFold(cut, shuffle=True, random_state=task.seed).split(known)]
    return held_folds(train, known, parts[:used], task)


def group_folds(train: Frame, task: Task, *, folds: int = 3) -> Folds:
    """Parts that keep every group whole."""
    train = train.reset_index(drop=True)
    known = labelled(train, task)
    if task.split_column not in train.columns or known[task.split_column].nunique() < 2:
        return random_folds(train, task, folds=folds)
    cut, used = fold_count(len(known), folds)
    groups = pd.factorize(known[task.split_column].astype(str), sort=True)[0]  # numbers are split faster
    cut = min(cut, len(np.unique(groups)))
    used = enough_held(truth(known, task), cut, used, task)
    splitter = GroupKFold(cut, shuffle=True, random_state=task.seed).split(known, groups=groups)
    parts = [held for _, held in islice(splitter, used)]
    return held_folds(train, known, parts, task)


def time_folds(train: Frame, task: Task, *, share: float = 0.2) -> Folds:
    """The latest share of the labelled rows."""
    train = train.reset_index(drop=True)
    known = labelled(train, task)
    if task.split_column in known.columns:
        when = known[task.split_column]
        if not pd.api.types.is_numeric_dtype(when):
            when = moments_of(when)
        order = np.argsort(when.to_numpy(), kind="stable")
    else:
        order = np.arange(len(known))
    return held_folds(train, known, [order[int(len(order) * (1 - share)) :]], task)


RECIPES = (
    Recipe(
        random_folds, "split", "Shuffled folds.", lambda b: 0.3, layouts=("table", "panel", "images", "text")
    ),
    Recipe(
        group_folds,
        "split",
        "Folds that keep groups whole.",
        lambda b: 0.6 if b.split.kind == "group" else 0.0,
        layouts=("table", "panel", "images", "text"),
    ),
    Recipe(
        time_folds,
        "split",
        "The last rows in time.",
        lambda b: 0.6 if b.split.kind in ("time", "block") else 0.0,
        layouts=("table", "panel"),
    ),
)
