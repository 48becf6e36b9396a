"""Tables whose rows are windows of series: columns name_lag0, name_lag1 ... and perhaps the month."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
from sklearn.cross_decomposition import PLSRegression
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.task import Array, Frame, Task, inputs, labelled, truth

FEWEST_LAGS = 4
LAG_NAME = r"(.*?)[_\-. ]*(?:lag|t-|tm|minus|prev|back)[_\-. ]?(\d+)"
CALENDAR = {"month": 12.0, "hour": 24.0, "weekday": 7.0, "dayofweek": 7.0, "quarter": 4.0, "week": 52.0}


def lag_groups(names: Iterable[str]) -> dict[str, list[str]]:
    """Lagged columns by the series that they come from, nearest lag first."""
    found: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        parts = re.fullmatch(LAG_NAME, str(name), re.IGNORECASE)
        if parts:
            found.setdefault(parts.group(1), []).append((int(parts.group(2)), str(name)))
    return {k: [n for _, n in sorted(v)] for k, v in found.items() if len(v) >= FEWEST_LAGS}


def window_summaries(frame: Frame, task: Task) -> tuple[Array, Array, Array]:
    """All lags; levels, changes and means of each window; waves of the calendar columns."""
    names = list(inputs(frame, task).columns)
    groups = lag_groups(names)
    lags, short = [], []
    for columns in groups.values():
        z = frame[columns].astype(float).ffill(axis=1).bfill(axis=1).fillna(0.0).to_numpy()
        lags.append(z)
        last, count = z[:, 0], z.shape[1]
        short += [last, last - z[:, 1], last - z[:, min(3, count - 1)], z[:, min(3, count - 1)]]
        short += [z[:, :w].mean(axis=1) for w in (3, 6, 12) if w <= count]
        short += [z[:, count // 2 :].mean(axis=1), z[:, min(6, count - 1)], z[:, min(12, count - 1)]]
    waves = []
    for name in names:
        if name.lower() in CALENDAR and pd.api.types.is_numeric_dtype(frame[name]):
            angle = 2 * np.pi * frame[name].to_numpy(dtype=float) / CALENDAR[name.lower()]
            waves += [np.sin(angle), np.cos(angle)]
    lagged = {c for v in groups.values() for c in v}
    for name in names:
        plain = name not in lagged and name.lower() not in CALENDAR
        if plain and pd.api.types.is_numeric_dtype(frame[name]) and frame[name].notna().all():
            short.append(frame[name].to_numpy(dtype=float))
    blank = np.zeros((len(frame), 0))
    return np.hstack(lags), np.column_stack(short), np.column_stack(waves) if waves else blank


def window_matrix(train: Frame, test: Frame, task: Task, crossed: bool) -> tuple[Array, Array, Array]:
    """Scaled (x, y, z) of summaries, waves and, if crossed, their products; lags where there are no waves."""
    known = labelled(train, task)
    parts = []
    for frame in (known, test):
        lags, short, waves = window_summaries(frame, task)
        products = [short * w[:, None] for w in waves.T] if crossed else []
        parts.append(np.hstack([short, waves, *products] if waves.shape[1] else [short, lags]))
    scale = StandardScaler().fit(parts[0])
    return scale.transform(parts[0]), truth(known, task).reshape(len(known), -1), scale.transform(parts[1])


def window_kernel(
    train: Frame, test: Frame, task: Task, *, cost: float = 0.7, width: float = 0.3, crossed: bool = True
) -> Array:
    """Kernel regression on levels, changes and means of the windows, by season."""
    x, y, z = window_matrix(train, test, task, crossed)
    middle, spread = y.mean(axis=0), y.std(axis=0) + 1e-9
    model = SVR(C=cost, epsilon=0.1, gamma=width / x.shape[1])
    found = [model.fit(x, c).predict(z) for c in ((y - middle) / spread).T]
    return np.asarray(np.column_stack(found) * spread + middle)


def window_ridge(
    train: Frame, test: Frame, task: Task, *, alpha: float = 10.0, crossed: bool = True
) -> Array:
    """Ridge regression on the windows' summaries, a slope for each season."""
    x, y, z = window_matrix(train, test, task, crossed)
    return np.asarray(Ridge(alpha=alpha).fit(x, y).predict(z)).reshape(len(z), -1)


def window_components(train: Frame, test: Frame, task: Task, *, components: int = 6) -> Array:
    """Partial least squares on the windows' summaries."""
    x, y, z = window_matrix(train, test, task, True)
    model = PLSRegression(min(components, x.shape[1], len(x) - 1)).fit(x, y)
    return np.asarray(model.predict(z)).reshape(len(z), -1)


def window_trees(
    train: Frame, test: Frame, task: Task, *, leaf: int = 3, share: float = 0.4, crossed: bool = True
) -> Array:
    """Very random trees on the windows' summaries."""
    x, y, z = window_matrix(train, test, task, crossed)
    model = ExtraTreesRegressor(
        150, min_samples_leaf=leaf, max_features=share, n_jobs=task.cpus, random_state=task.seed
    )
    target = y[:, 0] if y.shape[1] == 1 else y
    return np.asarray(model.fit(x, target).predict(z)).reshape(len(z), -1)


def has_windows(brief: TaskBrief) -> float:
    """A table of numbers to predict from at least one run of lagged columns."""
    if brief.problem not in ("regression", "forecast", "multioutput", "count") or not brief.test:
        return 0.0
    table = next((f for f in brief.files if f.name == brief.test), None)
    groups = lag_groups(c.name for c in table.columns) if table else {}
    share = sum(map(len, groups.values())) / max(1, len(table.columns)) if table else 0.0
    return 0.9 if share > 0.5 else 0.6 if share > 0.2 else 0.0


def windowed(promise: float) -> Callable[[TaskBrief], float]:
    """A promise for tables of windows."""
    return lambda brief: promise * has_windows(brief) / 0.9


RECIPES = (
    Recipe(
        window_kernel,
        "member",
        "Kernel regression on summaries of the windows.",
        windowed(0.95),
        choices={
            "cost": (0.1, 0.3, 0.7, 1.5, 3.0),
            "width": (0.1, 0.3, 1.0),
            "crossed": (True, False),
        },
    ),
    Recipe(
        window_trees,
        "member",
        "Random trees on summaries of the windows.",
        windowed(0.9),
        choices={"leaf": (2, 3, 5, 8), "share": (0.2, 0.4, 0.7), "crossed": (True, False)},
    ),
    Recipe(
        window_ridge,
        "member",
        "Linear, a slope for each season.",
        windowed(0.85),
        choices={"alpha": (1.0, 10.0, 30.0, 100.0, 300.0), "crossed": (True, False)},
    ),
    Recipe(
        window_components,
        "member",
        "Partial least squares: few directions of many lags.",
        windowed(0.75),
        choices={"components": (2, 4, 6, 8, 12)},
    ),
)
