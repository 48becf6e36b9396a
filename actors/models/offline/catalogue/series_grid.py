"""Tables whose cells are the values: entities by years, years by months, dates by series."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from actors.contracts import FileFacts, TaskBrief
from actors.models.offline.catalogue.images_files import TABLE_ENDINGS
from actors.models.offline.catalogue.reading import read_table
from actors.models.offline.catalogue.series_time import as_moments, counter_cycle, date_steps
from actors.models.offline.catalogue.task import Array, Frame, Task, label_text

MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"


def column_step(name: object) -> float:
    """The place in time that a column's name tells, NaN when it tells none."""
    text = str(name).strip().lower()
    months = MONTHS.split()
    if text[:3] in months and not re.search(r"\d", text):
        return float(months.index(text[:3]))
    if re.fullmatch(r"\d{4}[-_/]?[qm]?\d{1,2}([-_/]\d{1,2})?", text):
        moments = as_moments(pd.Series([text.replace("_", "-")]))
        if moments is not None and moments.notna().all():
            return float(moments.dt.year.iloc[0] * 12 + moments.dt.month.iloc[0] - 1)
    found = re.fullmatch(r"[a-z_ ]{0,8}?(\d{1,4})( ?\[.*\])?", text)
    return float(found.group(1)) if found else np.nan


def grid_table(task: Task) -> tuple[Frame, list[str]]:
    """The table of values and its columns in time (or all its value columns)."""
    best: tuple[int, Frame, list[str]] = (0, pd.DataFrame(), [])
    for path in sorted(Path("input").rglob("*")):
        name = path.relative_to("input").as_posix() if path.suffix.lower() in TABLE_ENDINGS else ""
        if not name or path.name == Path(task.sample).name:
            continue
        table = read_table(name)
        if task.id_column in table.columns and len(table.columns) < 6:
            continue
        values = [c for c in table.columns if np.isfinite(column_step(c))]
        if len(values) < 4:
            values = [c for c in table.columns[1:] if pd.api.types.is_numeric_dtype(table[c])]
        if len(values) * len(table) > best[0]:
            best = (len(values) * len(table), table, [str(c) for c in values])
    return best[1], best[2]


def asked_cells(task: Task, rows: set[str]) -> Frame:
    """Row key and column of every cell asked for, from a test table or out of the identifiers."""
    sample = read_table(task.sample)
    asked = sample[[task.id_column]]
    for path in sorted(Path("input").rglob("*")):
        if path.suffix.lower() in TABLE_ENDINGS and path.name != Path(task.sample).name:
            table = read_table(path.relative_to("input").as_posix())
            if task.id_column in table.columns and set(asked[task.id_column]) <= set(table[task.id_column]):
                asked = asked.merge(table, on=task.id_column, how="left")
                break
    columns = [c for c in asked.columns if c not in (task.id_column, *task.target)]
    if len(columns) >= 2:
        texts = {c: [label_text(v) for v in asked[c]] for c in columns}
        row = max(columns, key=lambda c: sum(v in rows for v in texts[c]))
        others = [c for c in columns if c != row]
        col = max(others, key=lambda c: sum(np.isfinite(column_step(v)) for v in texts[c]))
        return asked.assign(row_key=texts[row], column_key=texts[col])
    pairs = [split_key(label_text(v), rows) for v in asked[task.id_column]]
    return asked.assign(row_key=[a for a, _ in pairs], column_key=[b for _, b in pairs])


def split_key(text: str, rows: set[str]) -> tuple[str, str]:
    """An identifier as (row key, column): cut where one side is a row of the table."""
    for mark in reversed(list(re.finditer(r"[-_/ :|.]", text))):
        left, right = text[: mark.start()], text[mark.end() :]
        if left in rows:
            return left, right
        if right in rows:
            return right, left
    cut = next((n for n in range(len(text) - 1, 0, -1) if text[:n] in rows), len(text))
    return text[:cut], text[cut:]


def load_grid(task: Task) -> tuple[Frame, Frame]:
    """Known cells as train rows, asked cells as test rows, with series and step."""
    table, values = grid_table(task)
    steps = np.array([column_step(c) for c in values])
    keys = next((c for c in table.columns if c not in values and table[c].is_unique), None)
    keys = table.columns[0] if keys is None else keys
    names = table[keys].map(label_text)
    asked = asked_cells(task, set(names))
    cells = table[values].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    row_steps = row_times(table[keys])
    place = pd.Series(np.arange(len(names)), index=names)
    asked_row = asked["row_key"].map(place).fillna(0).to_numpy(dtype=int)
    if np.isfinite(steps).all():
        asked_step = asked["column_key"].map(column_step).to_numpy(dtype=float)
        series, when = np.mgrid[: len(names), : len(values)]
        code, step, cycle = series.ravel(), steps[when.ravel()], 0.0
        asked_code = asked_row
        if row_steps is not None and len(values) in (4, 7, 12, 24):
            first, cycle = steps.min(), float(len(values))
            counted = asked["column_key"].str.isdigit().to_numpy() & (not values[0].isdigit())
            within = asked_step - np.where(counted, 1.0, first)  # month 4 of the columns jan, feb ...
            step = row_steps[code] * cycle + step - first
            asked_step = row_steps[asked_row] * cycle + within
            code, asked_code = np.zeros_like(code), np.zeros_like(asked_row)
    else:
        series, when = np.mgrid[: len(names), : len(values)]
        code, cycle = when.ravel(), 0.0
        clock = row_times(table[keys])
        line = np.arange(len(names)) * 1.0 if clock is None else clock
        step, asked_step = line[series.ravel()], line[asked_row]
        position = {c: i for i, c in enumerate(values)}
        asked_code = asked["column_key"].map(position).fillna(0).to_numpy(dtype=int)
    known = np.isfinite(cells.ravel())
    if not cycle:
        cycle = grid_cycle(table[keys], values, step[known], cells.ravel()[known])
    ahead = max(1.0, float(np.max(asked_step) - np.max(step[known])))
    extra = {"cycle_steps": cycle, "long_cycle_steps": 0.0, "horizon_steps": ahead}
    train = pd.DataFrame({"series_code": code[known], "step_number": step[known], **extra})
    train[task.target[0]] = cells.ravel()[known]
    test = pd.DataFrame({task.id_column: asked[task.id_column], "series_code": asked_code})
    return train, test.assign(step_number=asked_step, **extra)


def grid_cycle(keys: pd.Series, values: list[str], steps: Array, cells: Array) -> float:
    """The cycle in steps of a grid: by its dates, or by the values of a bare counter; 0 for years."""
    moments = [m for m in (as_moments(pd.Series(values)), as_moments(keys)) if m is not None]
    if moments and moments[0].notna().all():
        return date_steps(moments[0].sort_values())[1]
    if steps.min() > 1500 and steps.max() < 2200:
        return 0.0
    mean = pd.Series(cells).groupby(steps).mean()
    return (
        counter_cycle(mean.index.to_numpy(dtype=float), mean.to_numpy(dtype=float)) if len(mean) > 20 else 0.0
    )


def row_times(keys: pd.Series) -> Array | None:
    """Row keys as steps in time, None when they are names."""
    if pd.api.types.is_numeric_dtype(keys):
        numbers = keys.to_numpy(dtype=float)
        return numbers if (np.diff(numbers) == 1).mean() > 0.9 else None
    moments = as_moments(keys)
    return None if moments is None else date_steps(moments)[0]


def grid_facts(brief: TaskBrief) -> FileFacts | None:
    """The file of a brief that looks like a table of values in time."""
    for facts in brief.files:
        if facts.name != brief.sample_submission:
            named = [c for c in facts.columns if np.isfinite(column_step(c.name))]
            if len(named) >= 4 and len(named) >= len(facts.columns) * 0.5:
                return facts
    return None
