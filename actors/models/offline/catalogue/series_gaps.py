"""Gaps in a series, filled from what is known on both sides."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.linalg import spsolve
from scipy.stats import skew
from sklearn.linear_model import Ridge

from actors.contracts import ColumnFacts, TaskBrief
from actors.models.offline.catalogue.measures import RANKING
from actors.models.offline.catalogue.reading import load_table
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.series import add_steps, cycles_of, one_series
from actors.models.offline.catalogue.series_briefs import plain_inputs
from actors.models.offline.catalogue.series_core import season_at, season_of
from actors.models.offline.catalogue.series_grid import grid_facts, load_grid
from actors.models.offline.catalogue.series_time import name_rank
from actors.models.offline.catalogue.task import Array, Frame, Task, inputs, truth

GAP_WORDS = ("gap", "missing block", "missing month", "missing value", "impute", "imputation", "interpolat")
FILL_WORDS = ("gap", "impute", "imputation", "interpolat", "missing block", "missing month", "fill in")
Filler = Callable[[Array, Array], Array]


def load_gaps(task: Task) -> tuple[Frame, Frame]:
    """Known and asked steps of each series, from two tables or from one grid with holes."""
    if task.train and task.test:
        train, test = load_table(task)
        return add_steps(train, test, task)
    return load_grid(task)


def split_gaps(
    train: Frame, task: Task, *, share: float = 0.12, length: int = 12
) -> list[tuple[Frame, Frame, Array]]:
    """Runs of known steps hidden all over the series."""
    rng = np.random.default_rng(task.seed)
    aside = np.zeros(len(train), dtype=bool)
    order = np.lexsort((train["step_number"], train["series_code"]))
    starts = rng.permutation(np.arange(length, max(length + 1, len(order) - 2 * length)))
    for start in starts:
        around = order[start - length : start + 2 * length]
        if aside.mean() < share and not aside[around].any():
            aside[order[start : start + length]] = True
    held = train[aside]
    actual = truth(held, task).reshape(len(held), -1)
    known = np.flatnonzero(np.isfinite(actual).all(axis=1))
    return [(train[~aside], held.iloc[known].drop(columns=list(task.target)), actual[known])]


def fill_each(train: Frame, test: Frame, task: Task, fill: Filler, bend: str) -> Array:
    """Apply a filler to every series: its season is taken out first, skewed counts are bent."""
    actual = truth(train, task).reshape(len(train), -1)
    effect, asked_effect = input_effects(train, test, actual, task)
    actual = actual - effect
    out = np.tile(np.nanmedian(actual, axis=0), (len(test), 1))
    codes, steps = test["series_code"].to_numpy(), test["step_number"].to_numpy(dtype=float)
    for column in range(actual.shape[1]):
        for code in np.unique(codes):
            rows = codes == code
            t, y = one_series(train, actual[:, column], code)
            if len(t) < 8:
                continue
            low = min(t.min(), steps[rows].min())
            grid = np.arange(low, max(t.max(), steps[rows].max()) + 0.5)
            values = np.full(len(grid), np.nan)
            values[np.clip(np.rint(t - low).astype(int), 0, len(grid) - 1)] = y
            filled = bent_fill(grid, values, cycles_of(train), fill, bend)
            out[rows, column] = np.interp(steps[rows], grid, filled)
    return out + asked_effect


def input_effects(
    train: Frame, test: Frame, actual: Array, task: Task, *, reach: int = 3, shrink: float = 10.0
) -> tuple[Array, Array]:
    """What the numeric inputs, known in the gaps too, add to each target in train and test rows.

    Learnt from how far a step lies off the middle of its neighbours on both sides: a gap is filled
    from just those, so only what they leave matters.
    """
    effects = np.zeros_like(actual), np.zeros((len(test), actual.shape[1]))
    made = ("series_code", "step_number", "cycle_steps", "long_cycle_steps", "horizon_steps")
    names = [
        c
        for c in inputs(test, task).columns
        if task.train
        and task.test
        and c in train.columns
        and c not in made
        and name_rank(str(c)) == 99
        and pd.api.types.is_numeric_dtype(train[c])
        and train[c].std() > 0
    ]
    if not names:
        return effects
    scale = train[names].std()
    x = ((train[names] - train[names].mean()) / scale).fillna(0.0).to_numpy(dtype=float)
    z = ((test[names] - train[names].mean()) / scale).fillna(0.0).to_numpy(dtype=float)
    order = np.lexsort((train["step_number"], train["series_code"]))
    before, here, after = order[: -2 * reach], order[reach:-reach], order[2 * reach :]
    codes, steps = train["series_code"].to_numpy(), train["step_number"].to_numpy(dtype=float)
    even = (codes[before] == codes[after]) & np.isclose(steps[here] * 2, steps[before] + steps[after])
    off = x[here] - (x[before] + x[after]) / 2
    for column, y in enumerate(actual.T):
        bend = y[here] - (y[before] + y[after]) / 2
        used = even & np.isfinite(bend)
        if used.sum() > 10 * len(names):
            weights = Ridge(alpha=shrink, fit_intercept=False).fit(off[used], bend[used]).coef_
            effects[0][:, column], effects[1][:, column] = x @ weights, z @ weights
    return effects


def bent_fill(grid: Array, values: Array, cycles: list[float], fill: Filler, bend: str) -> Array:
    """Fill standardised values without their season, as square roots where they are skewed and positive."""
    known = np.isfinite(values)
    low = float(np.nanmin(values))
    tail = float(skew(values[known]))
    rooted = bend == "root" or (bend == "auto" and low >= 0 and tail > 0.6)
    z = np.sqrt(np.maximum(values, 0)) if rooted else values
    line = np.interp(grid, grid[known], z[known])
    season = season_at(grid, season_of(grid, line, cycles))
    rest = z - season
    middle, spread = float(rest[known].mean()), float(rest[known].std()) + 1e-9
    found = fill((rest - middle) / spread, ~known) * spread + middle + season
    reach = 0.3 * (z[known].max() - z[known].min())
    found = np.clip(found, z[known].min() - reach, z[known].max() + reach)
    return np.asarray(np.where(known, values, np.maximum(found, 0) ** 2 if rooted else found))


def gap_runs(hidden: Array) -> list[tuple[int, int]]:
    """First and past-the-last positions of each run of hidden steps."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], hidden.astype(int), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def bridged(values: Array, hidden: Array) -> Array:
    """Hidden steps on straight lines between known ones."""
    at = np.arange(len(values))
    return np.asarray(np.where(hidden, np.interp(at, at[~hidden], values[~hidden]), values))


def gap_line(train: Frame, test: Frame, task: Task, *, bend: str = "none") -> Array:
    """Straight lines over the gaps, plus the season."""
    return fill_each(train, test, task, bridged, bend)


def gap_autoregression(
    train: Frame, test: Frame, task: Task, *, lags: int = 24, shrink: float = 5.0, bend: str = "auto"
) -> Array:
    """The path through each gap that an autoregression finds least surprising, given both sides."""

    def fill(values: Array, hidden: Array) -> Array:
        z = bridged(np.where(hidden, 0.0, values), hidden)
        count = min(lags, len(z) // 6)
        if not hidden.any() or count < 1:
            return z
        for _ in range(5):
            past = np.lib.stride_tricks.sliding_window_view(z, count + 1)
            seen = ~hidden[count:]
            a, b = past[seen, :count], past[seen, count]
            fit = np.linalg.solve(a.T @ a + shrink * np.eye(count), a.T @ b)
            bands = [np.full(len(z) - count, v) for v in (*-fit, 1.0)]
            surprise = sparse.diags(bands, list(range(count + 1)), shape=(len(z) - count, len(z))).tocsc()
            mine, rest = surprise[:, np.flatnonzero(hidden)], surprise[:, np.flatnonzero(~hidden)]
            ridge = 1e-6 * sparse.eye(mine.shape[1])
            z[hidden] = spsolve((mine.T @ mine + ridge).tocsc(), -(mine.T @ (rest @ z[~hidden])))
        return z

    return fill_each(train, test, task, fill, bend)


def gap_regression(
    train: Frame, test: Frame, task: Task, *, around: int = 18, shrink: float = 30.0, bend: str = "auto"
) -> Array:
    """Each step of a gap regressed on the steps before and after it, learnt from gap-long known runs."""

    def fill(values: Array, hidden: Array) -> Array:
        z = bridged(np.where(hidden, 0.0, values), hidden)
        out, blank = z.copy(), np.concatenate([[0], np.cumsum(hidden)])
        for length in {b - a for a, b in gap_runs(hidden)}:
            starts = np.arange(around, len(z) - length - around + 1)
            whole = starts[blank[starts + length] == blank[starts]]
            if len(whole) < 30:
                continue
            sides = np.concatenate([np.arange(-around, 0), np.arange(length, length + around)])
            model = Ridge(alpha=shrink).fit(z[whole[:, None] + sides], z[whole[:, None] + np.arange(length)])
            for a, b in gap_runs(hidden):
                if b - a == length and a >= around and b + around <= len(z):
                    out[a:b] = model.predict(z[a + sides][None]).reshape(-1)
        return out

    return fill_each(train, test, task, fill, bend)


def kernel_fill(
    values: Array, hidden: Array, runs: list[tuple[int, int]], *, kernel: tuple[float, ...]
) -> Array:
    """Gaussian-process means in the given runs; kernel: short reach, its share, long reach, noise."""
    short, share, long, noise = kernel
    out = np.where(hidden, 0.0, values)
    for a, b in runs:
        reach = int(min(150, 4 * long + (b - a)))
        near = np.arange(max(0, a - reach), min(len(values), b + reach))
        near = near[~hidden[near] & ((near < a) | (near >= b))]
        if not len(near):
            continue

        away = np.arange(near[-1] - near[0] + b - a + 1)  # every distance there can be, computed once
        cover = share * np.exp(-away / short) + np.exp(-((away / long) ** 1.9) / 2)
        matrix = cover[np.abs(near[:, None] - near)] + noise * np.eye(len(near))
        asked = cover[np.abs(np.arange(a, b)[:, None] - near)]
        out[a:b] = asked @ np.linalg.solve(matrix, values[near])
    return np.asarray(out)


def gap_kernel(train: Frame, test: Frame, task: Task, *, trials: int = 20, bend: str = "auto") -> Array:
    """Gaussian process whose reaches and noise did best on known runs as long as the gaps."""

    def fill(values: Array, hidden: Array) -> Array:
        runs = gap_runs(hidden)
        rng = np.random.default_rng(task.seed)
        blank = np.concatenate([[0], np.cumsum(hidden)])
        probes = []
        for length in rng.choice([b - a for a, b in runs], min(trials, 10 * len(runs))) if runs else []:
            starts = np.arange(2, len(values) - length - 2)
            whole = starts[blank[starts + length] == blank[starts]] if len(starts) else starts
            if len(whole):
                start = int(rng.choice(whole))
                probes.append((start, start + int(length)))
        span = float(np.median([b - a for a, b in runs])) if runs else 1.0
        grid = [
            (max(1.0, span / 6), share, max(2.0, span * long), noise)
            for share in (0.05, 0.2, 0.5)
            for long in (0.7, 1.3, 2.0, 4.0)
            for noise in (0.02, 0.08, 0.2)
        ]
        errors = [
            sum(
                float(
                    (
                        (kernel_fill(values, hidden, [p], kernel=k)[p[0] : p[1]] - values[p[0] : p[1]]) ** 2
                    ).sum()
                )
                for p in probes
            )
            for k in grid
        ]
        best = np.argsort(errors)[:3]
        return np.asarray(np.mean([kernel_fill(values, hidden, runs, kernel=grid[i]) for i in best], axis=0))

    return fill_each(train, test, task, fill, bend)


def gaps_of_tables(brief: TaskBrief, told: bool) -> float:
    """How likely the test rows are steps within the time of the training rows, one or a few series.

    Tables of other kinds speak of missing values too, so that words alone count for a table only
    where its times fill the rows and little else is in it.
    """
    few = plain_inputs(brief)
    if brief.split.kind == "block" and few <= 1:
        return 0.9
    tables = {f.name: f for f in brief.files}
    train, test = tables.get(brief.train), tables.get(brief.test)
    if brief.split.kind == "time" or train is None or test is None or not train.rows or few > 6:
        return 0.0
    asked = {c.name: c for c in test.columns if c.name not in (brief.id_column, *brief.target)}
    shared = [c for c in train.columns if c.name in asked]
    times = [
        c
        for c in shared
        if (c.name == brief.split.column or name_rank(c.name) < 99)
        and c.dtype in ("datetime", "integer", "real")
    ]
    keys = [c for c in shared if c.dtype in ("text", "category", "boolean")]
    if len(keys) > 2 or not (told or brief.split.kind == "block"):
        return 0.0
    for time in times:
        sizes = [1, *(c.unique for c in shared if c is not time and c.dtype != "real")]  # how many series
        full = any(0.7 <= train.rows / (max(time.unique, 1) * max(n, 1)) <= 1 for n in sizes)
        if full and lies_within(asked[time.name], time):
            return 0.9 if few <= 1 else 0.7
    return 0.0


def lies_within(asked: ColumnFacts, known: ColumnFacts) -> bool:
    """Whether a column's test values lie in the range of its training values, as far as facts tell."""
    ends = (known.minimum, asked.minimum, asked.maximum, known.maximum)
    found = [e for e in ends if e is not None]
    return len(found) < len(ends) or found == sorted(found)


def is_gaps(brief: TaskBrief) -> float:
    """A block split, or words of filling, over a series in time."""
    if brief.metric in RANKING or brief.classes:
        return 0.0
    if brief.problem not in ("regression", "forecast", "count", "multioutput", "other"):
        return 0.0
    text = brief.description.lower()
    told = any(w in text for w in GAP_WORDS)
    if brief.train and brief.test:
        return gaps_of_tables(brief, any(w in text for w in FILL_WORDS))
    if grid_facts(brief) is None or brief.problem == "forecast" or brief.split.kind == "time":
        return 0.0
    return 0.95 if brief.split.kind == "block" or told else 0.5


RECIPES = (
    Recipe(load_gaps, "load", "Known and asked steps of each series.", is_gaps, ("gaps",)),
    Recipe(split_gaps, "split", "Hides known runs.", lambda b: 0.95, ("gaps",)),
    Recipe(
        gap_regression,
        "member",
        "Regresses each step of a gap on both sides of it.",
        lambda b: 0.9,
        ("gaps",),
        {"around": (6, 12, 18, 36), "shrink": (3.0, 30.0, 300.0), "bend": ("auto", "none", "root")},
    ),
    Recipe(
        gap_kernel,
        "member",
        "Gaussian process over each gap's surroundings.",
        lambda b: 0.9,
        ("gaps",),
        {"trials": (10, 20, 40), "bend": ("auto", "none", "root")},
    ),
    Recipe(
        gap_autoregression,
        "member",
        "The least surprising path between both sides.",
        lambda b: 0.85,
        ("gaps",),
        {"lags": (6, 12, 24, 36), "shrink": (1.0, 5.0, 20.0), "bend": ("auto", "none", "root")},
    ),
    Recipe(gap_line, "member", "Straight lines over the gaps.", lambda b: 0.4, ("gaps",)),
)
