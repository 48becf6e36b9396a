"""Choice sets: seen in the brief and in the tables, and no more than one choice a set."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from madeup import made_task, made_up

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.choices import (
    beside_rivals,
    choice_column,
    chosen_boosting,
    has_choice_sets,
)
from actors.models.offline.catalogue.measures import measure_log_loss
from actors.models.offline.catalogue.task import Array, Frame, Task
from actors.models.offline.catalogue.trees import boosting
from actors.models.offline.composing import features_for, ranked_members
from runners.tasks.facts import profile_files

SETS, SIZE = 120, 4
TASK = replace(
    made_task(split="group", split_column="trip"),
    kind="classes",
    problem="binary",
    metric="log_loss",
    prediction="probability",
    classes=("0", "1"),
)


def trips() -> Frame:
    """What each traveller could take; the cheapest and fastest is mostly taken."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"trip": np.repeat(np.arange(SETS), SIZE)})
    base = np.repeat(rng.gamma(3, 40, SETS), SIZE)  # long trips are dear whatever is taken
    frame["cost"] = base * rng.uniform(0.7, 1.4, len(frame))
    frame["minutes"] = base * rng.uniform(0.5, 1.5, len(frame))
    taste = -8 * (frame.cost + frame.minutes) / base + rng.gumbel(size=len(frame))
    frame["y"] = (taste == taste.groupby(frame.trip).transform("max")).astype(int)
    frame.insert(0, "id", range(len(frame)))
    return frame


def cut() -> tuple[Frame, Frame, Array]:
    frame = trips()
    train, test = frame[frame.trip < 80], frame[frame.trip >= 80].reset_index(drop=True)
    return train, test.drop(columns="y"), test["y"].to_numpy()


def brief_of(frame: Frame, name: str = "train.csv") -> TaskBrief:
    whole, _ = made_up("binary")
    return replace(whole, files=profile_files({name: frame.to_csv(index=False).encode()}))


def test_a_brief_shows_choice_sets_and_a_script_is_made_for_them() -> None:
    brief = brief_of(cut()[0])
    assert has_choice_sets(brief)
    assert "beside_rivals" in [r.name for r in features_for(brief)]
    assert "chosen_boosting" in [r.name for r in ranked_members(brief, 1)[:2]]
    assert not has_choice_sets(made_up("binary")[0])
    assert not has_choice_sets(made_up("regression")[0])


def test_a_choice_a_set_is_found_unless_test_rows_are_of_the_same_sets() -> None:
    train, test, _ = cut()
    assert choice_column(train, test, TASK) == "trip"
    assert choice_column(train, test, replace(TASK, split="random", split_column="")) == "trip"
    assert choice_column(train, test.assign(trip=test.trip - 80), TASK) == ""
    lost = test.assign(trip=test.trip.where(test.index > 2))
    assert choice_column(train, lost, TASK) == ""
    two = train.assign(y=np.where(train.index == train.index[train.y == 0][0], 1, train.y))
    assert choice_column(two, test, TASK) == ""


@pytest.mark.parametrize("task", [TASK, replace(TASK, split="random", split_column="")])
def test_one_row_of_every_set_is_chosen(task: Task) -> None:
    train, test, actual = cut()
    plain = boosting(train, test, task)
    wide = beside_rivals(train, test, task)
    chosen = chosen_boosting(*wide, task)
    sums = pd.Series(chosen[:, 1]).groupby(test.trip.to_numpy()).sum()
    assert np.allclose(sums, 1.0)
    assert measure_log_loss(chosen, actual, task) < 0.8 * measure_log_loss(plain, actual, task)


def test_without_choice_sets_it_is_ordinary_boosting() -> None:
    train, test, _ = cut()
    train = train.assign(trip=0)
    assert beside_rivals(train, test, TASK)[0] is train
    p = chosen_boosting(train, test, TASK)
    assert np.allclose(p.sum(axis=1), 1.0)
    assert not np.allclose(pd.Series(p[:, 1]).groupby(test.trip.to_numpy()).sum(), 1.0)


def test_sets_alone_are_an_input_where_there_is_no_other() -> None:
    train, test, _ = cut()
    bare = replace(TASK, split="random", split_column="")
    p = chosen_boosting(train[["id", "trip", "y"]], test[["id", "trip"]], bare)
    assert np.allclose(p[:, 1], 1 / SIZE)
