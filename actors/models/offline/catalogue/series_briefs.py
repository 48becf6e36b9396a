"""Which briefs ask for forecasts of series, and what their test rows know ahead."""

from __future__ import annotations

import pandas as pd

from actors.contracts import ColumnFacts, TaskBrief
from actors.models.offline.catalogue.dates import moments_of
from actors.models.offline.catalogue.series_time import name_rank
from actors.models.offline.facts import file_facts, train_columns

MOST_INPUTS, MOST_ROWS, LEAST_STEPS = 12, 1500, 10  # of a regression over time that is a few series
MOST_LEVELS = 12  # of a text that steps of one series have; more name something else that each row is of


def plain_inputs(brief: TaskBrief) -> int:
    """How many numeric columns the test table has besides time, keys and identifiers."""
    table = next((f for f in brief.files if f.name == brief.test), None)
    skipped = {brief.id_column, brief.split.column, *brief.target}
    names = [c for c in (table.columns if table else ()) if c.name not in skipped]
    return sum(c.dtype == "real" or (c.dtype == "integer" and name_rank(c.name) == 99) for c in names)


def is_series(brief: TaskBrief) -> float:
    """A forecast whose test rows say little more than when (and of which series)."""
    if not (brief.train and brief.test) or brief.classes:
        return 0.0
    few = plain_inputs(brief)
    if brief.problem == "forecast":
        return 0.9 if few <= 3 else 0.6 if few <= 8 else 0.1
    if brief.split.kind == "time" and brief.problem in ("regression", "count", "multioutput"):
        return 0.7 if few <= 1 else 0.6 if few <= MOST_INPUTS and few_series(brief) else 0.2
    return 0.0


def few_series(brief: TaskBrief) -> bool:
    """Whether the training rows are the steps of one series, or of a few with one row each a step.

    Their level and trend tell more than a table of their inputs can.
    """
    facts, asked = file_facts(brief, brief.train), file_facts(brief, brief.test)
    times = [c for f in (facts, asked) if f for c in f.columns if c.name == brief.split.column]
    if facts is None or len(times) < 2 or not facts.rows or facts.rows > MOST_ROWS:
        return False
    if times[0].unique < LEAST_STEPS or not all(map(even_steps, times)):
        return False
    together = facts.rows / times[0].unique  # rows a step
    others = [c for c in train_columns(brief) if c is not times[0] and name_rank(c.name) == 99]
    if together == 1:
        return all(c.unique <= MOST_LEVELS for c in others if c.dtype in ("text", "category"))
    least = {"text": 0.9, "category": 0.9, "integer": 0.99}  # a number is rather an input than a name
    return any(least[c.dtype] * c.unique <= together <= c.unique for c in others if c.dtype in least)


def even_steps(time: ColumnFacts) -> bool:
    """Whether a column's moments follow each other at one distance, as far as its facts show."""
    if time.minimum is not None and time.maximum is not None:
        return time.unique > 1 and (time.maximum - time.minimum) % (time.unique - 1) == 0
    moments = moments_of(pd.Series(time.examples, dtype=object))
    gaps = moments.diff().dropna().dt.total_seconds()
    # Months and quarters differ by a few days.
    return time.dtype == "datetime" and len(gaps) > 0 and bool(0 < gaps.max() <= 1.15 * gaps.min())
