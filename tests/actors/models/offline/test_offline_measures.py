"""The metrics inside scripts agree with the harness's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from actors.models.offline.catalogue import measures
from actors.models.offline.catalogue.task import Task
from runners.tasks.metrics import METRICS, Scale

RNG = np.random.default_rng(11)
LABELS = (
    "accuracy",
    "balanced_accuracy",
    "f1_macro",
    "f1_micro",
    "f1_weighted",
    "matthews",
    "quadratic_kappa",
)
VALUES = (
    "rmse",
    "mae",
    "median_ae",
    "mape",
    "smape",
    "rmsle",
    "rmspe",
    "r2",
    "d2_poisson",
    "d2_tweedie",
    "spearman",
)


def task(kind: str, classes: tuple[str, ...] = (), levels: tuple[float, ...] = ()) -> Task:
    """Facts of a task of this kind."""
    return Task(kind, "", "", True, "", ("y",), "id", "", "", "", classes, levels)


def both(metric: str, final: Any, actual: Any, facts: Task) -> tuple[float, float]:
    """The script's score and the harness's."""
    own = getattr(measures, f"measure_{metric}")(final, actual, facts)
    predicted = final if final.ndim == 2 else final[:, None]
    if facts.kind == "classes" and predicted.shape[1] == 2:
        predicted = predicted[:, 1:]
    truth = actual if actual.ndim == 2 else actual[:, None]
    return own, METRICS[metric].score(truth, predicted, Scale(facts.classes, facts.levels))


@pytest.mark.parametrize("metric", LABELS)
def test_labels(metric: str) -> None:
    own, theirs = both(
        metric, RNG.integers(0, 3, 200), RNG.integers(0, 3, 200), task("classes", ("a", "b", "c"))
    )
    assert own == pytest.approx(theirs)


@pytest.mark.parametrize("metric", VALUES)
def test_values(metric: str) -> None:
    own, theirs = both(metric, RNG.exponential(size=(200, 1)), RNG.exponential(size=(200, 1)), task("values"))
    assert own == pytest.approx(theirs)


@pytest.mark.parametrize("metric", ["mean_rmse", "mean_r2"])
def test_several_outputs(metric: str) -> None:
    own, theirs = both(metric, RNG.normal(size=(99, 3)), RNG.normal(size=(99, 3)), task("values"))
    assert own == pytest.approx(theirs)


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision", "log_loss", "brier"])
@pytest.mark.parametrize("count", [2, 3])
def test_probabilities(metric: str, count: int) -> None:
    names = tuple("abc"[:count])
    own, theirs = both(
        metric, RNG.dirichlet(np.ones(count), 200), RNG.integers(0, count, 200), task("classes", names)
    )
    assert own == pytest.approx(theirs)


def test_quantiles() -> None:
    facts = task("levels", levels=(0.1, 0.9))
    own, theirs = both("pinball", RNG.normal(size=(99, 2)), RNG.normal(size=(99, 1)), facts)
    assert own == pytest.approx(theirs)


def test_survival() -> None:
    actual = np.column_stack([RNG.exponential(size=99), RNG.integers(0, 2, 99)])
    own, theirs = both("c_index", RNG.normal(size=(99, 1)), actual, task("risk"))
    assert own == pytest.approx(theirs)
