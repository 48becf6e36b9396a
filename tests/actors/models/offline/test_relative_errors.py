"""Where errors count relative to the truth, members fit logs whatever the target's unit is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from madeup import made_task

from actors.models.offline.catalogue.encoding import bent, straight
from actors.models.offline.catalogue.kernels import gaussian_process
from actors.models.offline.catalogue.linear import linear, splines
from actors.models.offline.catalogue.task import Array
from actors.models.offline.catalogue.trees import extra_trees, histogram_boosting


def table(rows: int = 400) -> pd.DataFrame:
    """Positive targets around 0.15 whose logs are additive in the inputs."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(rows, 3)), columns=list("abc"))
    logs = 0.6 * frame.a - 0.4 * frame.b + 0.3 * np.sin(2 * frame.c) + 0.3 * rng.normal(size=rows)
    return frame.assign(id=range(rows), y=0.15 * np.exp(logs))


def relative(predicted: Array, actual: Array) -> float:
    return float(np.mean(np.abs(predicted.ravel() - actual) / actual))


@pytest.mark.parametrize("member", [linear, splines, gaussian_process, histogram_boosting, extra_trees])
def test_small_targets_are_fitted_by_their_logs(member: Callable[..., Array]) -> None:
    train, test = table()[:200], table()[200:].reset_index(drop=True)
    actual = test.pop("y").to_numpy()
    plain = relative(member(train, test, made_task(metric="rmse")), actual)
    assert relative(member(train, test, made_task(metric="mape")), actual) < 0.9 * plain


@pytest.mark.parametrize("metric", ["mape", "smape", "rmspe", "rmsle", "rmse"])
@pytest.mark.parametrize("size", [1e-4, 1.0, 1e4])
def test_what_is_bent_is_made_straight_again(metric: str, size: float) -> None:
    task, y = made_task(metric=metric), size * table()[["y"]].to_numpy()
    for asked in (False, True):
        assert np.allclose(straight(task, y, bent(task, y, asked), asked), y)


def test_the_unit_of_rmsle_is_one() -> None:
    y = np.array([[0.0], [1e-3], [2e-3]])
    assert np.array_equal(bent(made_task(metric="rmsle"), y), np.log1p(y))
    assert np.array_equal(bent(made_task(metric="mape"), np.zeros((3, 1))), np.zeros((3, 1)))
