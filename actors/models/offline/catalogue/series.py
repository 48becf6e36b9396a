"""Forecasts of one or several series in a table with a time column: loading, folds and members."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.reading import load_table
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.series_briefs import is_series
from actors.models.offline.catalogue.series_core import (
    damped_trend,
    last_cycle,
    self_regression,
    wave_trend,
)
from actors.models.offline.catalogue.series_time import counter_cycle, read_clock, series_codes
from actors.models.offline.catalogue.task import Array, Frame, Task, truth

Forecast = Callable[[Array, Array, Array, list[float]], Array]


def load_series(task: Task) -> tuple[Frame, Frame]:
    """The two tables with each row's series and step, and the lengths of the cycles in steps."""
    train, test = load_table(task)
    return add_steps(train, test, task)


def add_steps(train: Frame, test: Frame, task: Task) -> tuple[Frame, Frame]:
    """Columns series_code, step_number, cycle_steps, long_cycle_steps, horizon_steps for both frames."""
    clock = read_clock(train, test, task)
    codes, test_codes = series_codes(train, test, clock.train, task)
    cycle = clock.cycle
    values = truth(train, task).reshape(len(train), -1)[:, 0]
    main = (codes == np.bincount(codes).argmax()) & np.isfinite(values) & np.isfinite(clock.train)
    even = bool(np.median(np.diff(np.unique(clock.train))) == 1)
    if not cycle and not clock.long_cycle and main.sum() > 20 and even:
        years = clock.train[main].min() > 1500 and clock.train[main].max() < 2200
        cycle = 0.0 if years else counter_cycle(clock.train[main], values[main])
    ahead = max(1.0, float(np.nanmax(clock.test) - np.nanmax(clock.train)))
    extra = {"cycle_steps": cycle, "long_cycle_steps": clock.long_cycle, "horizon_steps": ahead}
    return (
        train.assign(series_code=codes, step_number=clock.train, **extra),
        test.assign(series_code=test_codes, step_number=clock.test, **extra),
    )


def cycles_of(train: Frame) -> list[float]:
    """The cycles that hold for a frame of series."""
    both = [float(train["cycle_steps"].iloc[0]), float(train["long_cycle_steps"].iloc[0])]
    return [c for c in both if c > 1.9]


def one_series(train: Frame, values: Array, code: int) -> tuple[Array, Array]:
    """Steps and known values of one series in order, a mean where a step comes twice."""
    rows = (train["series_code"].to_numpy() == code) & np.isfinite(values)
    steps, where = np.unique(train["step_number"].to_numpy(dtype=float)[rows], return_inverse=True)
    return steps, np.bincount(where, values[rows]) / np.bincount(where) if len(steps) else values[rows]


def forecast_each(train: Frame, test: Frame, task: Task, forecast: Forecast, log: bool = False) -> Array:
    """Apply a forecast to every series and target; short series keep their last value."""
    actual = truth(train, task).reshape(len(train), -1)
    cycles = cycles_of(train)
    out = np.tile(np.nanmedian(actual, axis=0), (len(test), 1))
    codes, steps = test["series_code"].to_numpy(), test["step_number"].to_numpy(dtype=float)
    for column in range(actual.shape[1]):
        for code in np.unique(codes):
            rows = codes == code
            t, y = one_series(train, actual[:, column], code)
            if not len(y):
                continue
            ahead, where = np.unique(steps[rows], return_inverse=True)
            out[rows, column] = safe_forecast(forecast, t, y, ahead, cycles, log=log)[where]
    return out


def safe_forecast(
    forecast: Forecast, t: Array, y: Array, ahead: Array, cycles: list[float], *, log: bool
) -> Array:
    """A forecast kept near the range that the series has shown; steps in its past are interpolated."""
    if len(y) < 4:
        return np.full(len(ahead), y[-1])
    bent = log and y.min() > 0
    z = np.log(y) if bent else y
    path = np.interp(ahead, t, z)
    later = ahead > t[-1]
    if later.any():
        path[later] = forecast(t, z, ahead[later], cycles)
        reach = (z.max() - z.min()) * (0.5 + min(2.0, (ahead.max() - t[-1]) / (t[-1] - t[0])))
        path[later] = np.clip(path[later], z.min() - reach, z.max() + reach)
    return np.asarray(np.exp(path) if bent else path)


def harmonic_trend(
    train: Frame,
    test: Frame,
    task: Task,
    *,
    degree: int = 2,
    memory: float = 2.0,
    overtones: int = 4,
    log: bool = False,
) -> Array:
    """Weighted polynomial trend plus seasonal waves of growing size, last residuals fading out."""

    def forecast(t: Array, y: Array, ahead: Array, cycles: list[float]) -> Array:
        return wave_trend(t, y, ahead, cycles, degree=degree, memory=memory, overtones=overtones)

    return forecast_each(train, test, task, forecast, log)


def damped_holt(train: Frame, test: Frame, task: Task, *, memory: float = 3.0, log: bool = False) -> Array:
    """Damped-trend exponential smoothing of the deseasonalised series, tuned for the horizon."""

    def forecast(t: Array, y: Array, ahead: Array, cycles: list[float]) -> Array:
        return damped_trend(t, y, ahead, cycles, memory * max([1.0, *cycles]))

    return forecast_each(train, test, task, forecast, log)


def autoregression(
    train: Frame,
    test: Frame,
    task: Task,
    *,
    lags: int = 12,
    differenced: bool = True,
    log: bool = False,
) -> Array:
    """Ridge autoregression on many lags of the deseasonalised series, stepped forward."""

    def forecast(t: Array, y: Array, ahead: Array, cycles: list[float]) -> Array:
        return self_regression(t, y, ahead, cycles, lags=lags, differenced=differenced)

    return forecast_each(train, test, task, forecast, log)


def seasonal_naive(train: Frame, test: Frame, task: Task) -> Array:
    """Last cycle repeated with its drift."""
    return forecast_each(train, test, task, last_cycle)


def forecast_pool() -> list[tuple[Forecast, bool]]:
    """The forecasts that a backtest chooses from, each with whether it works on logarithms."""

    def wave(degree: int, memory: float) -> Forecast:
        return lambda t, y, ahead, cycles: wave_trend(
            t, y, ahead, cycles, degree=degree, memory=memory, overtones=4
        )

    def lagged(lags: int, differenced: bool) -> Forecast:
        return lambda t, y, ahead, cycles: self_regression(
            t, y, ahead, cycles, lags=lags, differenced=differenced
        )

    def smooth(memory: float) -> Forecast:
        return lambda t, y, ahead, cycles: damped_trend(t, y, ahead, cycles, memory * max([1.0, *cycles]))

    plain = [wave(1, 1), wave(1, 4), wave(2, 1), wave(2, 2), wave(2, 4), wave(2, 0)]
    plain += [lagged(3, True), lagged(12, True), lagged(36, True), lagged(12, False), lagged(36, False)]
    plain += [smooth(0), smooth(3), last_cycle]
    bent = [wave(1, 2), wave(2, 2), lagged(12, True), smooth(3)]
    return [(f, False) for f in plain] + [(f, True) for f in bent]


def backtested_mix(train: Frame, test: Frame, task: Task, *, keep: int = 8, origins: int = 4) -> Array:
    """Many forecasts tried from earlier origins on the series themselves; the best few are averaged."""
    actual = truth(train, task).reshape(len(train), -1)
    cycles, pool = cycles_of(train), forecast_pool()
    codes = np.unique(test["series_code"])
    sample = codes[:: max(1, len(codes) // 10)]
    starts = max(2, origins // max(1, len(sample) // 2))
    power = 2.0 if "rmse" in task.metric or "r2" in task.metric else 1.0
    out = np.zeros((len(test), actual.shape[1]))
    for column in range(actual.shape[1]):
        errors = np.zeros(len(pool))
        for code in sample:
            t, y = one_series(train, actual[:, column], code)
            last = test["step_number"].to_numpy()[test["series_code"] == code].max()
            horizon = min(max(last - t[-1], 1.0), (t[-1] - t[0]) / 3) if len(t) > 8 else 0.0
            for start in range(starts if horizon else 0):
                cut = t[-1] - horizon * (1 + 0.6 * start)
                past, later = t <= cut, (t > cut) & (t <= cut + horizon)
                if past.sum() < 8 or not later.any() or (start and cut - t[0] < 2.2 * max([0.0, *cycles])):
                    continue
                scale = np.abs(y[later] - y[past][-1]).mean() + 1e-3 * y.std() + 1e-12
                for i, (forecast, log) in enumerate(pool):
                    guess = safe_forecast(forecast, t[past], y[past], t[later], cycles, log=log)
                    errors[i] += (np.abs((guess - y[later]) / scale) ** power).mean()
        best = np.argsort(errors)[:keep] if errors.any() else [0]
        shares = 1 / (errors[best] + 0.02 * errors.mean() + 1e-9)
        one = train.assign(**dict.fromkeys(task.target[:1], actual[:, column]))
        for share, i in zip(shares / shares.sum(), best, strict=True):
            guess = forecast_each(one, test, first_target(task), pool[i][0], pool[i][1])
            out[:, column] += share * guess[:, 0]
    return out


def first_target(task: Task) -> Task:
    """The task with its first target alone."""
    return replace(task, target=task.target[:1], classes=())


def split_horizons(
    train: Frame, task: Task, *, folds: int = 4, stride: float = 0.5
) -> list[tuple[Frame, Frame, Array]]:
    """The latest steps held out, a horizon as long as the test's, from several origins.

    stride: between origins, in horizons. Many series need no more than two origins.
    """
    steps = train["step_number"].to_numpy(dtype=float)
    first, last = np.nanmin(steps), np.nanmax(steps)
    folds = folds if train["series_code"].nunique() <= 3 else min(folds, 2)
    stride = stride if folds > 2 else 1.0
    horizon = min(float(train["horizon_steps"].iloc[0]), (last - first) * 0.5 / (1 + stride * (folds - 1)))
    pieces = []
    for fold in range(folds):
        cut = last - horizon * (1 + stride * fold)
        held = train[(steps > cut) & (steps <= cut + horizon)]
        actual = truth(held, task).reshape(len(held), -1)
        known = np.isfinite(actual).all(axis=1)
        asked = held.loc[known].drop(columns=list(task.target))
        pieces.append((train.loc[steps <= cut], asked, actual[known]))
    return [p for p in pieces if len(p[1]) and len(p[0])]


def suits(promise: float) -> Callable[[TaskBrief], float]:
    """A promise that holds for every task of the layout."""
    return lambda brief: promise


def blend_by_error(
    held: list[Array], actual: Array, task: Task, *, power: float = 3.0, worst: float = 1.6
) -> Array:
    """Weights by a power of the held-out errors, none for members far worse than the best."""
    if task.kind == "classes":
        codes = actual.astype(int).reshape(-1)
        errors = np.array([(h.argmax(axis=1) != codes).mean() + 0.01 for h in held])
    else:
        wanted = actual.reshape(len(actual), -1)
        scale = wanted.std(axis=0) + 1e-9
        errors = np.array([np.sqrt((((h - wanted) / scale) ** 2).mean()) + 1e-9 for h in held])
    shares = np.where(errors <= worst * errors.min(), (errors.min() / errors) ** power, 0.0)
    return np.asarray(shares / shares.sum())


def decide_forecast(raw: Array, held: Array, actual: Array, task: Task) -> Array:
    """Forecasts as they are: a trend may leave the range of the known values; counts stay positive."""
    return np.asarray(np.maximum(raw, 0)) if (actual >= 0).all() else raw


RECIPES = (
    Recipe(
        blend_by_error,
        "blend",
        "Weights by held-out errors, bad members left out.",
        suits(0.7),
        ("series", "gaps", "holes", "photos", "images", "text", "past"),
        {"power": (1.5, 3.0, 6.0), "worst": (1.2, 1.6, 2.5)},
    ),
    Recipe(decide_forecast, "decide", "Leaves trends their range.", suits(0.9), ("series", "gaps"), {}),
    Recipe(load_series, "load", "Counts time in steps, series by series.", is_series, ("series",)),
    Recipe(
        split_horizons, "split", "Holds the latest steps out.", suits(0.9), ("series",), {"folds": (2, 4, 6)}
    ),
    Recipe(
        backtested_mix,
        "member",
        "Eighteen forecasts tried from earlier origins, the best few averaged: robust for any series.",
        suits(0.95),
        ("series",),
        {"keep": (2, 3, 5, 8), "origins": (3, 4, 6)},
    ),
    Recipe(
        harmonic_trend,
        "member",
        "Trend and seasonal waves with faded weights: best for smooth, strongly seasonal series.",
        suits(0.85),
        ("series",),
        {
            "degree": (1, 2),
            "memory": (0.0, 1.0, 2.0, 4.0),
            "overtones": (2, 4, 6),
            "log": (False, True),
        },
    ),
    Recipe(
        damped_holt,
        "member",
        "Damped-trend smoothing: hard to beat on short or wandering series.",
        suits(0.8),
        ("series",),
        {"memory": (0.0, 2.0, 3.0, 5.0), "log": (False, True)},
    ),
    Recipe(
        autoregression,
        "member",
        "Autoregression on many lags: for series that swing in irregular cycles.",
        suits(0.75),
        ("series",),
        {"lags": (3, 6, 12, 24, 36), "differenced": (True, False), "log": (False, True)},
    ),
    Recipe(seasonal_naive, "member", "Repeats the last cycle.", suits(0.3), ("series",)),
)
