"""Quantile regression: linear, boosted and from forest neighbours."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import QuantileRegressor

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.encoding import coded, dense, filled
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.task import Array, Frame, Task
from actors.models.offline.facts import labelled_rows
from actors.models.offline.tasking import kind_of


def quantile_linear(
    train: Frame,
    test: Frame,
    task: Task,
    *,
    penalty: float = 0.001,
    numbers: str = "plain",
    log_target: bool = False,
) -> Array:
    """Linear quantile regression of each level; `log_target` fits ratios instead of differences."""
    x, y, z = dense(train, test, task, numbers=numbers)
    kept = np.random.default_rng(task.seed).permutation(len(x))[:3000]
    goal = np.log(np.clip(y[kept, 0], 1e-9, None)) if log_target and y.min() > 0 else y[kept, 0]
    middle, spread = goal.mean(), goal.std() + 1e-12
    columns = []
    for level in task.levels:
        model = QuantileRegressor(quantile=level, alpha=penalty, solver="highs").fit(
            x[kept], (goal - middle) / spread
        )
        columns.append(model.predict(z) * spread + middle)
    result = np.column_stack(columns)
    return np.exp(result) if log_target and y.min() > 0 else result


def quantile_boosting(
    train: Frame,
    test: Frame,
    task: Task,
    *,
    rate: float = 0.05,
    rounds: int = 100,
    leaves: int = 6,
    smallest: int = 20,
) -> Array:
    """Gradient boosting with the pinball loss of each level."""
    x, y, z = coded(train, test, task)
    columns = []
    for level in task.levels:
        settings = {
            "objective": "quantile",
            "alpha": level,
            "learning_rate": rate,
            "num_leaves": leaves,
            "min_data_in_leaf": min(smallest, max(len(x) // 12, 2)),
            "feature_fraction": 0.8,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
            "seed": task.seed,
            "num_threads": task.cpus,
            "verbosity": -1,
        }
        columns.append(
            lgb.train(settings, lgb.Dataset(x, y[:, 0], params={"verbosity": -1}), rounds).predict(z)
        )
    return np.column_stack(columns)


def quantile_forest(
    train: Frame, test: Frame, task: Task, *, trees: int = 120, leaf: int = 8, columns: float = 0.6
) -> Array:
    """Quantiles of the training rows that share leaves with a test row (Meinshausen 2006)."""
    x, y, z = filled(train, test, task)
    model = ExtraTreesRegressor(
        trees, min_samples_leaf=leaf, max_features=columns, n_jobs=task.cpus, random_state=task.seed
    ).fit(x, y[:, 0])
    own, new = model.apply(x), model.apply(z)
    order = np.argsort(y[:, 0], kind="stable")
    own, goal = own[order], y[order, 0]
    sizes = [np.bincount(own[:, t]) for t in range(trees)]
    result = np.empty((len(z), len(task.levels)))
    for start in range(0, len(z), 200):
        part = new[start : start + 200]
        weight = np.zeros((len(part), len(own)))
        for t in range(trees):
            weight += (part[:, [t]] == own[None, :, t]) / sizes[t][part[:, t]][:, None]
        share = np.cumsum(weight, axis=1) / trees
        for k, level in enumerate(task.levels):
            place = np.minimum((share < level).sum(axis=1), len(goal) - 1)
            result[start : start + 200, k] = goal[place]
    return result


def quantile_scaled(
    train: Frame, test: Frame, task: Task, *, numbers: str = "spline", penalty: float = 0.003
) -> Array:
    """A smooth median and a smooth spread; the levels are quantiles of the scaled residuals."""
    x, y, z = dense(train, test, task, numbers=numbers)
    kept = np.random.default_rng(task.seed).permutation(len(x))[:3000]
    x, goal = x[kept], y[kept, 0]
    unit = goal.std() + 1e-12
    centre = QuantileRegressor(quantile=0.5, alpha=penalty, solver="highs").fit(x, goal / unit)
    gap = goal / unit - centre.predict(x)
    spread = QuantileRegressor(quantile=0.5, alpha=penalty, solver="highs").fit(x, np.abs(gap))
    floor = 0.1 * np.median(np.abs(gap)) + 1e-9
    scaled = np.quantile(gap / np.maximum(spread.predict(x), floor), list(task.levels))
    return np.asarray(
        (centre.predict(z)[:, None] + np.maximum(spread.predict(z), floor)[:, None] * scaled) * unit
    )


def wants_levels(brief: TaskBrief) -> float:
    """Quantiles asked for."""
    return 0.7 if kind_of(brief) == "levels" else 0.0


def many_rows(brief: TaskBrief) -> float:
    """Quantiles of many rows."""
    return wants_levels(brief) * (1.2 if labelled_rows(brief) > 2000 else 0.85)


NUMBERS = ("plain", "log", "rank", "spline")
RECIPES = (
    Recipe(
        quantile_linear,
        "member",
        "Linear quantile regression: exact loss, few parameters.",
        lambda b: wants_levels(b) * (1.15 if labelled_rows(b) < 1000 else 0.9),
        choices={
            "log_target": (False, True),
            "numbers": NUMBERS,
            "penalty": (0.0, 0.001, 0.003, 0.01),
        },
    ),
    Recipe(
        quantile_boosting,
        "member",
        "Boosting with the pinball loss.",
        many_rows,
        choices={"rounds": (50, 100, 200, 400), "leaves": (3, 6, 12, 24), "smallest": (10, 20, 40)},
    ),
    Recipe(
        quantile_forest,
        "member",
        "Forest neighbours' quantiles.",
        lambda b: wants_levels(b) * 0.9 if labelled_rows(b) < 8000 else 0.0,
        choices={"leaf": (4, 8, 15, 30), "columns": (0.3, 0.6, 1.0)},
    ),
    Recipe(
        quantile_scaled,
        "member",
        "Smooth centre and spread, quantiles of the scaled residuals.",
        wants_levels,
        choices={"numbers": NUMBERS, "penalty": (0.001, 0.003, 0.01)},
    ),
)
