"""Tree ensembles: gradient boosting with the metric's loss, forests."""

from __future__ import annotations

from typing import Any

import lightgbm as lgb
import numpy as np
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.encoding import bent, coded, filled, logs, spread_classes, straight
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.task import Array, Frame, Task, labelled
from actors.models.offline.facts import labelled_rows
from actors.models.offline.tasking import kind_of


def boosting_loss(task: Task, y: Array) -> str:
    """The LightGBM objective nearest to the metric."""
    if task.kind == "classes":
        return "binary" if len(task.classes) == 2 else "multiclass"
    if task.metric in ("mae", "median_ae", "smape"):
        return "regression_l1"
    if task.metric == "mape":
        return "mape"
    if task.metric in ("d2_poisson", "d2_tweedie") and y.min() >= 0:
        return "poisson" if task.metric == "d2_poisson" else "tweedie"
    return "regression"


def stop_parts(known: Frame, y: Array, task: Task, seed: int) -> tuple[Array, Array]:
    """Positions to fit on and to stop by: whole groups apart where the task has them, else by class."""
    if (
        task.split == "group"
        and task.split_column in known.columns
        and known[task.split_column].nunique() > 1
    ):
        splitter = GroupShuffleSplit(1, test_size=0.2, random_state=seed)
        fit, stop = next(splitter.split(known, groups=known[task.split_column].astype(str)))
        return np.asarray(fit), np.asarray(stop)
    strata = y if task.kind == "classes" and np.bincount(y).min() > 4 else None
    fit, stop = train_test_split(np.arange(len(y)), test_size=0.2, random_state=seed, stratify=strata)
    return np.asarray(fit), np.asarray(stop)


def boosted(
    x: Array, y: Array, z: Array, task: Task, settings: dict[str, Any], *, known: Frame, bags: int
) -> Array:
    """Boosters stopped on a held-out fifth, then refitted on all rows for as many rounds."""
    total: Any = 0.0
    # Many rows: coarser bins halve the time at little cost.
    quiet = {"verbosity": -1, "min_data_in_bin": 1, "max_bin": 63 if len(y) > 4000 else 255}
    for bag in range(bags):
        seed = task.seed + bag
        fixed = {**settings, "seed": seed, "num_threads": task.cpus, "verbosity": -1, "deterministic": True}
        fit, stop = stop_parts(known, y, task, seed)
        data = lgb.Dataset(x[fit], y[fit], params=quiet)
        held = lgb.Dataset(x[stop], y[stop], reference=data, params=quiet)
        watch = [lgb.early_stopping(30, verbose=False)]
        rounds = lgb.train(fixed, data, 1500, valid_sets=[held], callbacks=watch).best_iteration
        whole = lgb.Dataset(x, y, params=quiet)
        total = total + lgb.train(fixed, whole, max(int(rounds * 1.1), 5)).predict(z)
    return np.asarray(total / bags)


def boosting(
    train: Frame,
    test: Frame,
    task: Task,
    *,
    rate: float = 0.05,
    leaves: int = 12,
    smallest: int = 15,
    columns: float = 0.6,
    rows: float = 0.8,
    shrink: float = 3.0,
    bags: int = 1,
    log_target: bool = False,
) -> Array:
    """LightGBM with the metric's loss and early stopping, averaged over seeds."""
    known = labelled(train, task)
    x, y, z = coded(train, test, task)
    settings: dict[str, Any] = {
        "learning_rate": rate * (1.6 if len(y) > 4000 else 1.0),  # many rows: faster, at little cost
        "num_leaves": leaves,
        "min_data_in_leaf": min(smallest, max(len(y) // 20, 2)),
        "feature_fraction": columns,
        "bagging_fraction": rows,
        "bagging_freq": 1,
        "lambda_l2": shrink,
    }
    if task.kind == "classes":
        objective = boosting_loss(task, y)
        extra = {"num_class": len(task.classes)} if objective == "multiclass" else {}
        p = boosted(x, y, z, task, {**settings, "objective": objective, **extra}, known=known, bags=bags)
        return np.column_stack([1 - p, p]) if objective == "binary" else p
    outputs = []
    for k in range(y.shape[1]):
        goal = y[:, k]
        logged = task.metric != "mape" and logs(task, goal, log_target)
        settings["objective"] = "regression" if logged else boosting_loss(task, goal)
        fitted = bent(task, goal, log_target) if logged else goal
        p = boosted(x, fitted, z, task, settings, known=known, bags=bags)
        outputs.append(straight(task, goal, p, log_target) if logged else p)
    return np.column_stack(outputs)


def histogram_boosting(
    train: Frame,
    test: Frame,
    task: Task,
    *,
    rate: float = 0.06,
    rounds: int = 120,
    leaves: int = 10,
    shrink: float = 5.0,
) -> Array:
    """Scikit-learn's histogram boosting, a fixed number of rounds."""
    x, y, z = coded(train, test, task)
    shared = {
        "learning_rate": rate,
        "max_iter": rounds,
        "max_leaf_nodes": leaves,
        "l2_regularization": shrink,
        "max_features": 0.5,
        "early_stopping": False,
        "random_state": task.seed,
    }
    if task.kind == "classes":
        classifier = HistGradientBoostingClassifier(**shared).fit(x, y)
        return spread_classes(classifier.predict_proba(z), classifier.classes_, task)
    outputs = []
    for k in range(y.shape[1]):
        loss = {"d2_poisson": "poisson", "mae": "absolute_error"}.get(task.metric, "squared_error")
        goal = y[:, k]
        logged = logs(task, goal)
        model = HistGradientBoostingRegressor(loss="squared_error" if logged else loss, **shared)
        outputs.append(straight(task, goal, model.fit(x, bent(task, goal)).predict(z)))
    return np.column_stack(outputs)


def forest_fit(model: Any, x: Array, y: Array, z: Array, task: Task, *, logged: bool) -> Array:
    """Fit a forest and give probabilities or numbers."""
    if task.kind == "classes":
        model.fit(x, y)
        return spread_classes(model.predict_proba(z), model.classes_, task)
    goal = bent(task, y, logged)
    p = np.asarray(model.fit(x, goal[:, 0] if goal.shape[1] == 1 else goal).predict(z))
    return straight(task, y, p, logged).reshape(len(z), -1)


def extra_trees(
    train: Frame,
    test: Frame,
    task: Task,
    *,
    trees: int = 100,
    leaf: int = 3,
    columns: float = 0.5,
    log_target: bool = False,
) -> Array:
    """Extremely randomised trees: smooth, robust on small data."""
    x, y, z = filled(train, test, task)
    kind: Any = ExtraTreesClassifier if task.kind == "classes" else ExtraTreesRegressor
    many = len(y) > 8000
    model = kind(
        trees,
        min_samples_leaf=leaf,
        max_features=columns,
        bootstrap=many,
        max_samples=8000 / len(y) if many else None,
        n_jobs=task.cpus,
        random_state=task.seed,
    )
    return forest_fit(model, x, y, z, task, logged=log_target)


def random_forest(
    train: Frame,
    test: Frame,
    task: Task,
    *,
    trees: int = 70,
    leaf: int = 4,
    columns: float = 0.35,
    log_target: bool = False,
) -> Array:
    """Bagged trees on random columns."""
    x, y, z = filled(train, test, task)
    kind: Any = RandomForestClassifier if task.kind == "classes" else RandomForestRegressor
    model = kind(
        trees,
        min_samples_leaf=leaf,
        max_features=columns,
        max_samples=min(0.8, 8000 / len(y)),
        n_jobs=task.cpus,
        random_state=task.seed,
    )
    return forest_fit(model, x, y, z, task, logged=log_target)


def suits_boosting(brief: TaskBrief) -> float:
    """Tables; the more rows the better."""
    if kind_of(brief) == "levels":
        return 0.0
    rows = labelled_rows(brief)
    return 0.55 if rows < 500 else 0.7 if rows < 2000 else 0.85


def suits_forest(brief: TaskBrief) -> float:
    """Tables of small and middling size."""
    if kind_of(brief) == "levels":
        return 0.0
    return 0.6 if labelled_rows(brief) < 5000 else 0.5


ANY_COLUMNS = ("table", "panel", "images", "pixels")
RECIPES = (
    Recipe(
        boosting,
        "member",
        "Gradient boosting with the metric's own loss: the usual winner on tables.",
        suits_boosting,
        layouts=ANY_COLUMNS,
        choices={
            "leaves": (3, 5, 8, 12, 20, 31),
            "rate": (0.02, 0.035, 0.05, 0.08),
            "smallest": (5, 15, 30, 60),
            "columns": (0.2, 0.35, 0.6, 0.9),
            "shrink": (0.0, 3.0, 10.0, 30.0),
            "bags": (1, 3),
            "log_target": (False, True),
        },
    ),
    Recipe(
        histogram_boosting,
        "member",
        "Histogram boosting with strong shrinkage.",
        lambda b: suits_boosting(b) * 0.8,
        layouts=ANY_COLUMNS,
        choices={
            "rounds": (60, 120, 240),
            "leaves": (4, 7, 10, 16),
            "shrink": (0.0, 5.0, 20.0),
            "rate": (0.03, 0.06, 0.1),
        },
    ),
    Recipe(
        extra_trees,
        "member",
        "Extremely randomised trees: a smooth, robust second opinion.",
        suits_forest,
        layouts=ANY_COLUMNS,
        choices={
            "leaf": (1, 2, 3, 5, 8, 15),
            "columns": (0.2, 0.35, 0.5, 0.8, 1.0),
            "log_target": (False, True),
        },
    ),
    Recipe(
        random_forest,
        "member",
        "Random forest: little to tune, strong with many weak columns.",
        lambda b: suits_forest(b) * 0.95,
        layouts=ANY_COLUMNS,
        choices={"leaf": (1, 2, 4, 8, 15), "columns": (0.2, 0.35, 0.6, 1.0), "log_target": (False, True)},
    ),
)
