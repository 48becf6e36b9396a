"""Choice sets: groups of rows of which exactly one is chosen, such as the ways that a traveller had."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.encoding import is_number
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.tables_clean import with_inputs
from actors.models.offline.catalogue.task import Array, Frame, Task, inputs, truth
from actors.models.offline.catalogue.trees import boosting, extra_trees
from actors.models.offline.facts import file_facts, labelled_rows, target_facts
from actors.models.offline.tasking import kind_of

LARGEST_SET = 50  # rows
FEWEST_SETS = 5


def choice_column(train: Frame, test: Frame, task: Task) -> str:
    """The column whose every value has exactly one chosen row, "" where there is none.

    Not one whose sets are partly among the test rows: there the training rows tell who is left.
    """
    chosen = truth(train, task)
    for name in dict.fromkeys((task.split_column, *inputs(test, task).columns)):
        if not all(name in frame.columns and frame[name].notna().all() for frame in (train, test)):
            continue
        sets = pd.Series(chosen).groupby(train[name].astype(str).to_numpy()).agg(["sum", "size"])
        whole = (sets["sum"] == 1).all() and sets["size"].min() > 1 and len(sets) >= FEWEST_SETS
        if whole and not train[name].isin(test[name]).any():
            return str(name)
    return ""


def beside_rivals(train: Frame, test: Frame, task: Task) -> tuple[Frame, Frame]:
    """Every number against those of the same set: its distance to their mean and least, its place."""
    column = choice_column(train, test, task)
    if not column:
        return train, test
    names = list(inputs(test, task).columns)
    numbers = [c for c in names if c != column and c in train.columns and is_number(train[c])]
    numbers = [c for c in numbers if train.groupby(column)[c].nunique().max() > 1]
    results = []
    for frame in (train, test):
        values = frame[numbers].astype(float)
        sets = values.groupby(frame[column].to_numpy())
        more = pd.concat(
            [
                (values - sets.transform("mean")).add_suffix("_over_mean"),
                (values - sets.transform("min")).add_suffix("_over_least"),
                sets.rank(pct=True).add_suffix("_place"),
            ],
            axis=1,
        )
        results.append(with_inputs(frame, task, [c for c in names if c in train.columns], more))
    return results[0], results[1]


def one_a_set(member: Callable[..., Array], train: Frame, test: Frame, task: Task) -> Array:
    """A member's probabilities, scaled so that one row of every set is chosen."""
    column = choice_column(train, test, task)
    if not column:
        return member(train, test, task)
    sets = test[column].to_numpy()
    if [column] != list(inputs(test, task).columns) and column in inputs(test, task).columns:
        train, test = train.drop(columns=column), test.drop(columns=column)
    chosen = pd.Series(np.clip(member(train, test, task)[:, 1], 1e-6, 1.0))
    share = (chosen / chosen.groupby(sets).transform("sum")).to_numpy()
    return np.column_stack([1 - share, share])


def chosen_boosting(
    train: Frame,
    test: Frame,
    task: Task,
    *,
    leaves: int = 8,
    rate: float = 0.05,
    smallest: int = 10,
    columns: float = 0.6,
) -> Array:
    """Gradient boosting whose probabilities add up to one choice a set."""
    member = partial(boosting, leaves=leaves, rate=rate, smallest=smallest, columns=columns, bags=3)
    return one_a_set(member, train, test, task)


def chosen_trees(train: Frame, test: Frame, task: Task, *, leaf: int = 3, columns: float = 0.5) -> Array:
    """Extremely randomised trees whose probabilities add up to one choice a set."""
    member = partial(extra_trees, trees=200, leaf=leaf, columns=columns)
    return one_a_set(member, train, test, task)


def has_choice_sets(brief: TaskBrief) -> bool:
    """Whether a column has as many values as rows are chosen, so that each can stand for one set."""
    facts = file_facts(brief, brief.train)
    goals = target_facts(brief)
    if kind_of(brief) != "classes" or len(brief.classes) != 2 or facts is None or len(goals) != 1:
        return False
    rows, share = labelled_rows(brief), goals[0].mean
    if share is None:
        return False
    chosen = share * rows
    return any(
        abs(c.unique - chosen) < 0.5 and not c.missing and 2 <= rows / c.unique <= LARGEST_SET
        for c in facts.columns
        if c.name not in brief.target and c.unique >= FEWEST_SETS
    )


RECIPES = (
    Recipe(
        beside_rivals,
        "features",
        "Numbers against those of the rows that they compete with.",
        lambda b: 0.9 if has_choice_sets(b) else 0.0,
        order=60,
    ),
    Recipe(
        chosen_boosting,
        "member",
        "Gradient boosting with one choice a set.",
        lambda b: 0.95 if has_choice_sets(b) else 0.0,
        choices={
            "leaves": (3, 5, 8, 12, 20),
            "rate": (0.02, 0.035, 0.05, 0.08),
            "smallest": (5, 10, 20, 40),
            "columns": (0.2, 0.35, 0.6, 0.9),
        },
    ),
    Recipe(
        chosen_trees,
        "member",
        "Extremely randomised trees with one choice a set.",
        lambda b: 0.92 if has_choice_sets(b) else 0.0,
        choices={"leaf": (1, 2, 3, 5, 8), "columns": (0.2, 0.35, 0.5, 0.8, 1.0)},
    ),
)
