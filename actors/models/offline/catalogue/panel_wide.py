"""Forecasts of the next columns of a wide table of entities: growth learnt over all entities."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import Ridge

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.series import one_series
from actors.models.offline.catalogue.series_grid import grid_facts, load_grid
from actors.models.offline.catalogue.task import Array, Frame, Task, truth


def load_wide(task: Task) -> tuple[Frame, Frame]:
    """A wide table as series: a row of the table is a series, its columns are steps."""
    return load_grid(task)


def pooled_growth(
    train: Frame, test: Frame, task: Task, *, lags: int = 6, shrink: float = 1.0, memory: float = 25.0
) -> Array:
    """Changes from an entity's last value regressed on its recent changes, over all entities and origins.

    memory: half-life in steps of the weight of past origins.
    """
    actual = truth(train, task).reshape(len(train), -1)
    out = np.tile(np.nanmedian(actual, axis=0), (len(test), 1))
    codes, steps = test["series_code"].to_numpy(), test["step_number"].to_numpy(dtype=float)
    for column in range(actual.shape[1]):
        lines = {}
        for code in np.unique(train["series_code"]):
            t, y = one_series(train, actual[:, column], code)
            if len(y) >= 2:
                grid = np.arange(t[0], t[-1] + 0.5)
                lines[code] = (t[-1], np.interp(grid, t, y))
        origins = {code: growth_rows(line, lags) for code, (_, line) in lines.items()}
        last = max(end for end, _ in lines.values())
        rows = np.array([c in lines for c in codes])
        leads = np.array([s - lines[c][0] if c in lines else 0.0 for c, s in zip(codes, steps, strict=True)])
        for lead in np.unique(np.rint(leads[rows & (leads > 0)])).astype(int):
            x, change, weight = growth_pairs(lines, origins, lead, last, memory)
            here = rows & (np.rint(leads) == lead)
            asked = np.array([origins[c][-1] for c in codes[here]])
            base = np.array([lines[c][1][-1] for c in codes[here]])
            if len(x) < 20:
                out[here, column] = base
                continue
            scale = x.std(axis=0) + 1e-9
            model = Ridge(alpha=shrink).fit(x / scale, change, sample_weight=weight)
            out[here, column] = base + model.predict(asked / scale)
        for at in np.flatnonzero(rows & (leads <= 0)):
            end, line = lines[codes[at]]
            out[at, column] = np.interp(steps[at], end - np.arange(len(line))[::-1], line)
    return out


def growth_row(line: Array, lags: int) -> Array:
    """The last level and the last changes of a line, short lines padded with no change."""
    changes = np.diff(line)[::-1][:lags]
    return np.concatenate([[line[-1]], np.pad(changes, (0, lags - len(changes)))])


def growth_pairs(
    lines: dict[int, tuple[float, Array]],
    origins: dict[int, Array],
    lead: int,
    last: float,
    memory: float,
) -> tuple[Array, Array, Array]:
    """Features, change after `lead` steps and weight for every origin of every entity."""
    x, change, weight = [], [], []
    for code, (end, line) in lines.items():
        first = len(line) - len(origins[code])
        known = np.arange(first, len(line) - lead)
        if len(known):
            x.append(origins[code][: len(known)])
            change.append(line[known + lead] - line[known])
            weight.append(0.5 ** ((last - (end - len(line) + 1 + known)) / memory))
    if not x:
        return np.empty((0, 0)), np.empty(0), np.empty(0)
    return np.concatenate(x), np.concatenate(change), np.concatenate(weight)


def growth_rows(line: Array, lags: int) -> Array:
    """`growth_row` for every origin of a line, from the third on where it has as many."""
    first = min(lags, 3, len(line) - 1)
    return np.array([growth_row(line[: origin + 1], lags) for origin in range(first, len(line))])


def is_wide(brief: TaskBrief) -> float:
    """A table whose columns are years or periods, and a forecast."""
    if brief.classes or (
        brief.train and brief.test and (brief.problem != "forecast" or len(brief.target) > 1)
    ):
        return 0.0
    facts = grid_facts(brief)
    if facts is None:
        return 0.0
    return 0.92 if brief.problem == "forecast" or brief.split.kind == "time" else 0.3


RECIPES = (
    Recipe(load_wide, "load", "Rows of a wide table as series.", is_wide, ("series",)),
    Recipe(
        pooled_growth,
        "member",
        "Growth learnt over all entities: strong where many short series behave alike.",
        lambda b: 0.9 if is_wide(b) else 0.5,
        ("series",),
        {"lags": (3, 6, 10), "shrink": (0.1, 1.0, 10.0), "memory": (10.0, 25.0, 100.0)},
    ),
)
