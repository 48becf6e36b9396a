"""Series as lines in the inputs known ahead: slopes common to all, and each series' own shrunk to them."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd

from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.series import cycles_of
from actors.models.offline.catalogue.series_briefs import plain_inputs
from actors.models.offline.catalogue.series_core import waves
from actors.models.offline.catalogue.series_time import name_rank
from actors.models.offline.catalogue.task import Array, Frame, Task, inputs, truth

Setting = tuple[str, bool, float, float, float]  # logs of what, trend, penalty of slopes, of own ones, fading
CLOCK = ("series_code", "step_number", "cycle_steps", "long_cycle_steps", "horizon_steps")
NEVER = 1e6  # a penalty that leaves nothing of a series' own slopes


def input_table(train: Frame, test: Frame, task: Task, lags: int) -> Frame:
    """Inputs of the training and then the test rows that vary within a series, and their earlier values."""
    skipped = (*CLOCK, task.split_column)
    shared = [c for c in inputs(test, task).columns if c in train.columns and c not in skipped]
    both = pd.concat([train[shared], test[shared]], ignore_index=True)
    codes = np.concatenate([train["series_code"], test["series_code"]])
    kept: dict[str, pd.Series] = {}
    for name in shared:
        column = both[name]
        counter = pd.api.types.is_integer_dtype(column) and name_rank(str(name)) < 99
        if counter or column.groupby(codes).nunique().max() < 2:
            continue  # the trend and the waves know the former, the levels the latter
        if pd.api.types.is_numeric_dtype(column):
            kept[str(name)] = column.astype(float).fillna(column.median())
        elif column.nunique() <= 12:
            kept |= {f"{name} {v}": (column == v).astype(float) for v in column.dropna().unique()}
    table = pd.DataFrame(kept, index=both.index)
    order = np.argsort(np.concatenate([train["step_number"], test["step_number"]]), kind="stable")
    ordered, parts = table.iloc[order].groupby(codes[order]), [table]
    for lag in range(1, lags + 1):
        parts.append(ordered.shift(lag).reindex(table.index).fillna(table).add_suffix(f" {lag} ago"))
    return pd.concat(parts, axis=1)


def series_sums(values: Array, codes: Array, size: int) -> Array:
    """The sum of every column over each series' rows."""
    sums = [np.bincount(codes, column, minlength=size) for column in values.T]
    return np.column_stack(sums) if sums else np.zeros((size, 0))


def series_means(values: Array, codes: Array, size: int) -> Array:
    """The mean of every column over each series' rows; over all rows for a series without any."""
    counts = np.bincount(codes, minlength=size)[:, None]
    sums = series_sums(values, codes, size)
    return np.where(counts > 0, sums / np.maximum(counts, 1), values.mean(axis=0))


def shrunk_slopes(x: Array, y: Array, codes: Array, size: int, penalties: list[tuple[float, float]]) -> Array:
    """Slopes by series of y on x, both about their series' means, for pairs of relative penalties.

    A pair holds the penalty of the common slopes, and that of a series' departures from them.
    """
    width = x.shape[1]
    spread = np.sqrt(series_means(y[:, None] ** 2, codes, size)[:, 0])
    weights = 1 / (spread + 0.1 * spread.mean() + 1e-12)[codes] ** 2  # large series must not drown small ones
    gram, pull = (x * weights[:, None]).T @ x, x.T @ (weights * y)
    grams = np.stack([series_sums(x * x[:, [k]], codes, size) for k in range(width)], axis=1)
    pulls, sizes = series_sums(x * y[:, None], codes, size), np.diagonal(grams, axis1=1, axis2=2)
    eye, results = np.eye(width), []
    for shared, own in penalties:
        common = np.linalg.solve(gram + (shared * np.diag(gram) + 1e-9) * eye, pull)
        slopes = np.tile(common, (size, 1))
        if own < NEVER:
            pressed = grams + (own * sizes + 1e-9)[:, :, None] * eye
            slopes += np.linalg.solve(pressed, (pulls - grams @ common)[:, :, None])[:, :, 0]
        results.append(slopes)
    return np.array(results)


def input_lines(
    train: Frame, test: Frame, task: Task, table: Frame, settings: list[Setting]
) -> dict[Setting, Array]:
    """Forecasts of a single target by each of the settings; `table` has the inputs of both frames' rows."""
    actual = truth(train, task)[:, 0]
    known = np.flatnonzero(np.isfinite(actual))
    codes, asked = train["series_code"].to_numpy()[known], test["series_code"].to_numpy()
    steps, later = train["step_number"].to_numpy(float)[known], test["step_number"].to_numpy(float)
    clock, rows = np.concatenate([steps, later]), np.concatenate([known, np.arange(len(train), len(table))])
    size, count = int(max(codes.max(), asked.max())) + 1, len(known)
    order = np.argsort(steps, kind="stable")
    last = np.full(size, -1)
    last[codes[order]] = order
    age = np.where(last[asked] >= 0, np.maximum(later - steps[last[asked]], 0), np.inf)
    seasons = [waves(clock, c, 3) for c in cycles_of(train) if np.ptp(steps) >= 1.5 * c]
    values = table.to_numpy()[rows]
    large = (values.min(axis=0) >= 0) & (values.max(axis=0) > 10)
    found: dict[Setting, Array] = {}
    for logs_of, trend in dict.fromkeys(s[:2] for s in settings):
        bend = logs_of == "both"
        y = np.log(actual[known]) if bend else actual[known]
        numbers = values if logs_of == "none" else np.where(large, np.log1p(np.maximum(values, 0)), values)
        x = np.hstack([numbers, *seasons, *([clock[:, None]] if trend else [])])
        x = (x - x[:count].mean(axis=0)) / (x[:count].std(axis=0) + 1e-9)
        middle, level = (series_means(v, codes, size) for v in (x[:count], y[:, None]))
        x -= middle[np.concatenate([codes, asked])]
        low, high = (np.full(size, -np.inf), np.full(size, np.inf))
        for code in np.unique(codes):
            mine = y[codes == code]
            low[code], high[code] = 2 * mine.min() - mine.max(), 2 * mine.max() - mine.min()
        fits = [s for s in settings if s[:2] == (logs_of, trend)]
        pairs = list(dict.fromkeys(s[2:4] for s in fits))
        rise = y - level[codes, 0]
        slopes = dict(zip(pairs, shrunk_slopes(x[:count], rise, codes, size, pairs), strict=True))
        for setting in fits:
            mine = slopes[setting[2:4]]
            left = (rise - (x[:count] * mine[codes]).sum(axis=1))[last[asked]]
            path = level[asked, 0] + (x[count:] * mine[asked]).sum(axis=1) + left * setting[4] ** age
            path = np.clip(path, low[asked], high[asked])
            found[setting] = np.exp(path) if bend else path
    return found


def earlier_origins(train: Frame, task: Task, origins: int) -> list[tuple[Frame, Frame, Array]]:
    """Rows known at earlier origins, half a horizon apart, and the rows with a truth that followed them.

    Many series need no more than two origins.
    """
    origins = origins if train["series_code"].nunique() <= 3 else min(origins, 2)
    steps, actual = train["step_number"].to_numpy(float), truth(train, task)[:, 0]
    horizon = min(float(train["horizon_steps"].iloc[0]), float(np.ptp(steps)) / 3)
    pieces = []
    for cut in steps.max() - horizon * (1 + 0.5 * np.arange(origins)):
        past, late = steps <= cut, (steps > cut) & (steps <= cut + horizon) & np.isfinite(actual)
        if late.any() and np.isfinite(actual[past]).sum() >= 3:
            pieces.append((train[past], train[late].drop(columns=list(task.target)), actual[late]))
    return pieces


def series_regression(
    train: Frame, test: Frame, task: Task, *, lags: int = 0, keep: int = 4, origins: int = 3
) -> Array:
    """Lines in the inputs known ahead; logs, trend and shrinkage are those that earlier origins favour.

    lags: steps for which earlier values of the inputs count too.
    """
    actual = truth(train, task).reshape(len(train), -1)
    out = np.zeros((len(test), actual.shape[1]))
    power = 2.0 if "rmse" in task.metric or "r2" in task.metric else 1.0
    owns = (0.03, 0.3, 1.0, 3.0, NEVER) if train["series_code"].nunique() > 1 else (NEVER,)
    for column in range(actual.shape[1]):
        alone = replace(task, target=task.target[column : column + 1])
        bends = ("none", "inputs", "both") if np.nanmin(actual[:, column]) > 0 else ("none", "inputs")
        grid = list(product(bends, (False, True), (0.001, 0.01, 0.1), owns, (0.5, 0.8, 1.0)))
        errors = np.zeros(len(grid))
        for fit, held, wanted in earlier_origins(train, alone, origins):
            made = input_lines(fit, held, alone, input_table(fit, held, alone, lags), grid)
            errors += [(np.abs(made[s] - wanted) ** power).sum() for s in grid]
        best = [grid[i] for i in np.argsort(errors, kind="stable")[:keep]]
        made = input_lines(train, test, alone, input_table(train, test, task, lags), best)
        out[:, column] = np.mean(list(made.values()), axis=0)
    return out


RECIPES = (
    Recipe(
        series_regression,
        "member",
        "Lines in the inputs known ahead, pooled over series: goes on where trees cannot.",
        lambda b: 0.0 if not plain_inputs(b) else 0.92 if plain_inputs(b) == 1 else 0.96,
        ("series",),
        {"lags": (0, 1, 2, 4), "keep": (1, 4, 10), "origins": (1, 2, 3, 4)},
    ),
)
