"""Panels whose rows have a past of their own: how they are told, split and predicted."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import lightgbm as lgb
import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.linear_model import LogisticRegression, Ridge

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.arrays_images import smoothed_classes
from actors.models.offline.catalogue.panel_features import own_history, own_past, panel_keys, time_numbers
from actors.models.offline.catalogue.reading import load_table
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.series_time import MOST_KEYS, name_rank
from actors.models.offline.catalogue.splitting import group_folds
from actors.models.offline.catalogue.task import Array, Frame, Task, inputs, labelled, truth


def split_last_rows(train: Frame, task: Task, *, share: float = 0.35) -> list[tuple[Frame, Frame, Array]]:
    """The last rows of some entities held out, their earlier rows kept, as in the test file.

    Columns that the test file lacks are taken from the held rows: they are known of the past alone.
    """
    train = train.reset_index(drop=True)
    known = labelled(train, task)
    times = [c for c in train.columns if name_rank(str(c)) < 99 and c not in task.target]
    if task.split_column not in train.columns or not times:
        return group_folds(train, task)
    time = min(times, key=lambda c: name_rank(str(c)))
    when = pd.Series(time_numbers(known[time]), index=known.index)
    groups = when.groupby(known[task.split_column])
    last = (when == groups.transform("max")) & (groups.transform("count") >= 2)
    if last.mean() < 0.02:
        return group_folds(train, task)
    rng = np.random.default_rng(task.seed)
    held = known[last & (rng.random(len(known)) < share)]
    hidden = [c for c in (*task.target, *task.train_only) if c in train.columns]
    return [(train.drop(index=held.index), held.drop(columns=hidden), truth(held, task))]


def split_last_times(train: Frame, task: Task, *, share: float = 0.15) -> list[tuple[Frame, Frame, Array]]:
    """The latest times of all entities held out, every entity's earlier rows kept."""
    train = train.reset_index(drop=True)
    if task.split_column not in train.columns:
        return split_last_rows(train, task)
    when = time_numbers(train[task.split_column])
    known = labelled(train, task)
    times = np.unique(when[known.index])
    # Whole times: an entity's neighbours of the same year would tell more than a test row may see.
    start = times[-max(1, round(share * len(times)))]
    held = known[when[known.index] >= start]
    hidden = [c for c in (*task.target, *task.train_only) if c in train.columns]
    return [(train[when < start], held.drop(columns=hidden), truth(held, task))]


def load_past(task: Task) -> tuple[Frame, Frame]:
    """The two tables of entities over time."""
    return load_table(task)


def past_matrices(train: Frame, test: Frame, task: Task) -> tuple[Array, Array, Array, list[str]]:
    """(x, y, z) with gaps left as they are, categories as codes, keys of single rows left out."""
    known = labelled(train, task)
    entity, _ = panel_keys(train, test, task)
    left_out = (*(entity if len(entity) == 1 else ()), task.split_column)  # a part of a key tells of its own
    names = [c for c in inputs(test, task).columns if c in known.columns and c not in left_out]
    both = pd.concat([known[names], test[names]], ignore_index=True)
    columns = []
    for name in names:
        column = both[name]
        if not pd.api.types.is_numeric_dtype(column):
            column = pd.Series(pd.factorize(column.astype("string"), sort=True)[0]).replace(-1, np.nan)
        columns.append(column.to_numpy(dtype=float))
    matrix = np.column_stack(columns)
    cut = len(known)
    return matrix[:cut], truth(known, task).reshape(cut, -1), matrix[cut:], names


def past_boosting(
    train: Frame,
    test: Frame,
    task: Task,
    *,
    trees: int = 100,
    leaves: int = 15,
    rate: float = 0.06,
    smallest: int = 40,
) -> Array:
    """Boosted trees on an entity's past and its present columns."""
    x, y, z, _ = past_matrices(train, test, task)
    settings = {
        "n_estimators": trees,
        "max_bin": 63,  # as good on such noisy pasts, at half the time
        "num_leaves": leaves,
        "learning_rate": rate,
        "min_child_samples": smallest,
        "colsample_bytree": 0.4,
        "subsample": 0.8,
        "subsample_freq": 1,
        "n_jobs": task.cpus,
        "random_state": task.seed,
        "verbose": -1,
    }
    if task.kind == "classes":
        model = lgb.LGBMClassifier(**settings).fit(x, y[:, 0].astype(int))
        return smoothed_classes(np.asarray(model.predict_proba(z)), model.classes_, task)
    return np.column_stack([lgb.LGBMRegressor(**settings).fit(x, c).predict(z) for c in y.T])


def past_trees(
    train: Frame, test: Frame, task: Task, *, trees: int = 80, leaf: int = 5, share: float = 0.3
) -> Array:
    """Very random trees on an entity's past and its present columns."""
    x, y, z, _ = past_matrices(train, test, task)
    low = np.nanmin(np.vstack([x, z, np.zeros((1, x.shape[1]))]), axis=0) - 1
    x, z = np.where(np.isnan(x), low, x), np.where(np.isnan(z), low, z)
    settings = {
        "n_estimators": trees,
        "min_samples_leaf": leaf,
        "max_features": share,
        "bootstrap": True,  # half of the rows a tree: as good on such noisy pasts, at half the time
        "max_samples": 0.5,
        "n_jobs": task.cpus,
        "random_state": task.seed,
    }
    if task.kind == "classes":
        model = ExtraTreesClassifier(**settings).fit(x, y[:, 0].astype(int))
        return smoothed_classes(model.predict_proba(z), model.classes_, task)
    target = y[:, 0] if y.shape[1] == 1 else y
    return np.asarray(ExtraTreesRegressor(**settings).fit(x, target).predict(z)).reshape(len(z), -1)


def past_linear(train: Frame, test: Frame, task: Task, *, alpha: float = 100.0) -> Array:
    """A linear model on an entity's past; gaps become zero and are marked."""
    x, y, z, _ = past_matrices(train, test, task)
    both = np.vstack([x, z])
    both = np.sign(both) * np.log1p(np.abs(both))
    blank = np.isnan(both)
    scaled = (both - np.nanmean(both, axis=0)) / (np.nanstd(both, axis=0) + 1e-9)
    both = np.hstack([np.where(blank, 0.0, scaled), blank[:, blank.any(axis=0)].astype(float)])
    x, z = both[: len(x)], both[len(x) :]
    if task.kind == "classes":
        model = LogisticRegression(C=10.0 / alpha, max_iter=100, solver="newton-cholesky").fit(
            x, y[:, 0].astype(int)
        )
        return smoothed_classes(model.predict_proba(z), model.classes_, task)
    return np.asarray(Ridge(alpha=alpha).fit(x, y).predict(z)).reshape(len(z), -1)


PAST_WORDS = (
    "earlier year",
    "past",
    "previous",
    "history",
    "histories",
    "next year",
    "year to come",
    "earlier",
)


def wants_past(brief: TaskBrief) -> float:
    """A panel whose brief speaks of a past, or shows columns of it that test rows lack."""
    if brief.problem in ("survival", "quantile"):
        return 0.0
    promise = has_past(brief)
    told = any(w in brief.description.lower() for w in PAST_WORDS)
    return 0.85 if promise >= 0.9 else 0.6 if promise >= 0.55 and told else 0.0


def always(promise: float) -> Callable[[TaskBrief], float]:
    """A promise that holds for every task of the layout."""
    return lambda brief: promise


def has_past(brief: TaskBrief) -> float:
    """A table of entities over time whose train rows hold more columns than its test rows."""
    tables = {f.name: f for f in brief.files}
    train, test = tables.get(brief.train), tables.get(brief.test)
    if train is None or test is None:
        return 0.0
    names = {c.name for c in test.columns}
    timed = any(name_rank(n) < 99 for n in names)
    own = [c for c in train.columns if c.name not in names and c.name not in brief.target]
    column = next((c for c in train.columns if c.name == brief.split.column), None)
    repeated = column is not None and 5 <= column.unique < 0.8 * (train.rows or 0)
    if not timed:
        return 0.0
    if brief.split.kind == "group" and repeated:
        return 0.9 if own else 0.55
    return 0.6 if own else 0.0


def has_panel(brief: TaskBrief) -> bool:
    """Whether later times are asked of entities whose rows fill most of a grid of entities and times."""
    tables = {f.name: f for f in brief.files}
    train, test = tables.get(brief.train), tables.get(brief.test)
    if (
        brief.problem == "survival"
        or brief.split.kind != "time"
        or train is None
        or test is None
        or not train.rows
    ):
        return False
    asked = {c.name for c in test.columns} - {brief.id_column, *brief.target}
    time = next((c for c in train.columns if c.name == brief.split.column and c.name in asked), None)
    keys = [c for c in train.columns if c.name in asked and c is not time and c.dtype != "real"]
    if time is None:
        return False
    sizes = [c.unique for c in keys]
    sizes += [a.unique * b.unique for a, b in combinations(keys[:MOST_KEYS], 2)]
    times = max(time.unique, 1)
    return any(5 <= n <= train.rows / 3 and 0.4 <= train.rows / (n * times) <= 1 for n in sizes)


RECIPES = (
    Recipe(load_past, "load", "Tables of entities over time.", wants_past, ("past",)),
    Recipe(
        own_past,
        "features",
        "What the same entity did earlier: last, mean, most; and its household.",
        always(0.9),
        ("past",),
        order=15,
    ),
    Recipe(
        own_history,
        "features",
        "An entity's earlier targets and inputs.",
        lambda b: 0.9 if has_panel(b) else 0.0,
        ("table",),
        order=15,
    ),
    Recipe(
        split_last_rows,
        "split",
        "Last rows of some entities, their past kept.",
        always(0.9),
        ("past",),
        {"share": (0.25, 0.35, 0.5)},
    ),
    Recipe(
        split_last_times,
        "split",
        "The latest times of all entities.",
        lambda b: 0.95 if has_panel(b) or (b.split.kind == "time" and wants_past(b)) else 0.0,
        ("past", "table"),
        {"share": (0.1, 0.15, 0.25)},
    ),
    Recipe(
        past_boosting,
        "member",
        "Boosted trees on the entity's past.",
        always(0.9),
        ("past",),
        {
            "trees": (60, 100, 200),
            "leaves": (7, 15, 31),
            "rate": (0.03, 0.06, 0.1),
            "smallest": (20, 40, 80),
        },
    ),
    Recipe(
        past_trees,
        "member",
        "Very random trees on the entity's past.",
        always(0.88),
        ("past",),
        {"trees": (50, 80, 150), "leaf": (3, 5, 10, 20), "share": (0.2, 0.3, 0.5)},
    ),
    Recipe(
        past_linear,
        "member",
        "Linear in logarithms of the entity's past.",
        always(0.8),
        ("past",),
        {"alpha": (10.0, 100.0, 1000.0)},
    ),
)
