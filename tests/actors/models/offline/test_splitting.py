"""Inner folds: how many of them, and of what."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from madeup import made_task

from actors.models.offline.catalogue.splitting import group_folds, random_folds


@pytest.mark.parametrize("splitter", [random_folds, group_folds])
def test_a_threshold_rests_on_enough_rows_of_the_rarer_label(splitter: object) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"id": range(2000), "a": rng.normal(size=2000), "who": rng.integers(0, 400, 2000)})
    frame["y"] = (np.arange(2000) % 20 == 0).astype(int)
    facts = {"kind": "classes", "metric": "f1", "classes": ("0", "1"), "split_column": "who"}
    held = {}
    for prediction in ("label", "probability"):
        task = made_task(**facts, prediction=prediction)
        held[prediction] = [actual for _, _, actual in splitter(frame, task)]  # type: ignore[operator]
    assert sum(actual.sum() for actual in held["label"]) >= 50
    assert len(held["label"]) > 1
    assert len(held["probability"]) == 1


def test_a_single_group_is_split_like_any_rows() -> None:
    frame = pd.DataFrame({"id": range(60), "a": range(60), "who": "one", "y": range(60)})
    folds = group_folds(frame, made_task(split="group", split_column="who"))
    assert sum(len(held) for _, held, _ in folds) == 60
