"""The flow of scripts: what an ablation's variants share is computed once, with the same scores."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest

from actors.models.offline.catalogue import deciding, flow, measures
from actors.models.offline.catalogue.task import Array, Frame, Task, inputs

TASK = Task("values", "regression", "rmse", False, "value", ("y",), "id", "train.csv", "test.csv", "s.csv")
ROWS = pd.DataFrame({"id": range(40), "x": np.linspace(0, 1, 40), "y": np.linspace(0, 2, 40)})
CALLS: Counter[str] = Counter()


def slope(train: Frame, test: Frame, task: Task, *, factor: float = 2.0) -> Array:
    CALLS[f"slope {factor}"] += 1
    return np.asarray(factor * inputs(test, task)["x"])


def middle(train: Frame, test: Frame, task: Task) -> Array:
    CALLS["middle"] += 1
    return np.full(len(test), train["y"].mean())


def doubled(train: Frame, test: Frame, task: Task) -> tuple[Frame, Frame]:
    return train.assign(x=2 * train["x"]), test.assign(x=2 * test["x"])


def halves(train: Frame, task: Task) -> list[tuple[Frame, Frame, Array]]:
    parts = [train.iloc[::2], train.iloc[1::2]]
    return [(a, b.drop(columns="y"), b[["y"]].to_numpy()) for a, b in (parts, parts[::-1])]


def even(held: list[Array], actual: Array, task: Task) -> Array:
    return np.full(len(held), 1 / len(held))


def rmse(final: Array, actual: Array, task: Task) -> float:
    return float(np.sqrt(((final - actual) ** 2).mean()))


PARTS: dict[str, Any] = {
    "steps": [],
    "members": [slope, middle],
    "split": halves,
    "blend": even,
    "decide": deciding.decide_raw,
    "measure": rmse,
}


def test_variants_are_scored_as_if_alone_and_share_what_they_have_in_common(
    capsys: pytest.CaptureFixture[str],
) -> None:
    variants: dict[str, dict[str, Any]] = {
        "without middle": {"members": [slope]},
        "steeper": {"members": [partial(slope, factor=3.0), middle]},
        "with doubled": {"steps": [doubled]},
    }
    CALLS.clear()
    flow.ablate(TASK, variants, load=lambda task: (ROWS, ROWS), **PARTS)
    # Two folds: once as it is, once with other columns; the other slope once.
    assert CALLS == {"slope 2.0": 4, "middle": 4, "slope 3.0": 2}
    lines = capsys.readouterr().out.splitlines()
    printed = dict(line.removeprefix("ablation: ").split(" | ")[:2] for line in lines)
    for name, changes in variants.items():
        alone = flow.validate(ROWS, TASK, **{**PARTS, **changes}, known={})[0]
        assert printed[name] == f"{alone:.6f}"


@pytest.mark.parametrize("metric", ["f1", "f1_macro", "f1_weighted", "matthews", "balanced_accuracy"])
def test_labels_are_weighed_by_the_true_metric(metric: str) -> None:
    rng = np.random.default_rng(3)
    size = 2 if metric == "f1" else 4
    held, actual = rng.dirichlet(np.ones(size), 200), rng.integers(0, size, 200)
    task = Task(
        "classes", "multiclass", metric, True, "label", ("y",), "id", "", "", "", tuple(map(str, range(size)))
    )
    weights = rng.uniform(0.5, 2, size)
    codes = (held * weights).argmax(axis=1)
    expected = getattr(measures, f"measure_{metric}")(codes, actual, task)
    assert deciding.class_score(weights, held, actual.astype(float), task) == pytest.approx(expected)
