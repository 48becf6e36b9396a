"""Boosted trees on what trend and waves leave: calendar, known columns and which series it is."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
import pandas as pd

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.series import cycles_of
from actors.models.offline.catalogue.series_briefs import plain_inputs
from actors.models.offline.catalogue.series_core import wave_line
from actors.models.offline.catalogue.task import Array, Frame, Task, inputs, truth


def known_ahead(train: Frame, test: Frame, task: Task) -> tuple[Array, Array]:
    """Columns known for test rows: numbers, categories as codes, the phase of each cycle, the series."""
    both = pd.concat([inputs(train, task), inputs(test, task)], ignore_index=True)
    both = both[[c for c in both.columns if c in test.columns and c in train.columns]]
    step = both["step_number"].to_numpy(dtype=float)
    columns = [both["series_code"].to_numpy(dtype=float)]
    for cycle in cycles_of(train):
        columns.append(step % cycle)
    skipped = ("series_code", "step_number", "cycle_steps", "long_cycle_steps", "horizon_steps")
    for name in both.columns:
        column = both[name]
        single = column.nunique() > 0.9 * len(column) and not pd.api.types.is_float_dtype(column)
        if name in skipped or single:
            continue
        if not pd.api.types.is_numeric_dtype(column):
            column = pd.Series(pd.factorize(column.astype("string"), sort=True)[0]).replace(-1, np.nan)
        numbers = column.to_numpy(dtype=float)
        if np.nanstd(numbers) > 0 and abs(np.corrcoef(np.nan_to_num(numbers), step)[0, 1]) < 0.95:
            columns.append(numbers)  # a second clock would only tempt the trees
    matrix = np.column_stack(columns)
    return matrix[: len(train)], matrix[len(train) :]


def series_boosting(
    train: Frame,
    test: Frame,
    task: Task,
    *,
    trees: int = 150,
    rate: float = 0.05,
    memory: float = 3.0,
    log: bool = False,
) -> Array:
    """Each series' own trend and waves, then trees over all series on the known columns for the rest."""
    actual = truth(train, task).reshape(len(train), -1)
    x, z = known_ahead(train, test, task)
    codes, steps = train["series_code"].to_numpy(), train["step_number"].to_numpy(dtype=float)
    asked_codes, asked_steps = test["series_code"].to_numpy(), test["step_number"].to_numpy(dtype=float)
    horizon = float(train["horizon_steps"].iloc[0])
    out = np.zeros((len(test), actual.shape[1]))
    for column in range(actual.shape[1]):
        y = actual[:, column]
        bent = log and np.nanmin(y) > 0
        y = np.log(y) if bent else y
        line, asked_line = np.full(len(y), np.nan), np.full(len(test), np.nanmedian(y))
        size, asked_size = np.ones(len(y)), np.ones(len(test))
        for code in np.unique(codes):
            rows, asked = np.flatnonzero((codes == code) & np.isfinite(y)), asked_codes == code
            rows = rows[np.argsort(steps[rows], kind="stable")]
            if len(rows) < 4:
                continue
            fitted = wave_line(
                steps[rows], y[rows], cycles_of(train), degree=1, half_life=memory * horizon, overtones=3
            )
            line[rows], asked_line[asked] = fitted(steps[rows]), fitted(asked_steps[asked])
            size[rows] = asked_size[asked] = np.std(y[rows] - line[rows]) + 1e-9
        known = np.isfinite(line) & np.isfinite(y)
        model = lgb.LGBMRegressor(
            n_estimators=trees,
            learning_rate=rate,
            num_leaves=15,
            min_child_samples=20,
            subsample=0.8,
            subsample_freq=1,
            n_jobs=task.cpus,
            random_state=task.seed,
            verbose=-1,
        )
        model.fit(x[known], ((y - line) / size)[known])
        found = asked_line + np.asarray(model.predict(z)) * asked_size
        out[:, column] = np.exp(found) if bent else found
    return out


def beside_time(brief: TaskBrief) -> float:
    """More where the test table knows more than the time."""
    return 0.9 if plain_inputs(brief) else 0.5


RECIPES = (
    Recipe(
        series_boosting,
        "member",
        "Trend and waves of each series, then boosted trees over all series on the known columns.",
        beside_time,
        ("series",),
        {
            "trees": (80, 150, 300),
            "rate": (0.03, 0.05),
            "memory": (0.0, 1.0, 3.0, 6.0),
            "log": (False, True),
        },
    ),
)
