"""Labels that a metric wants, from probabilities of rare classes too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from madeup import made_task
from sklearn.metrics import balanced_accuracy_score, f1_score, matthews_corrcoef

from actors.models.offline.catalogue.deciding import (
    decide_ordinal,
    decide_several,
    decide_value,
    decide_weighted,
)
from actors.models.offline.catalogue.task import Task, labelled, truth
from actors.models.offline.catalogue.writing import write_submission

SCORES = {"f1": f1_score, "balanced_accuracy": balanced_accuracy_score, "matthews": matthews_corrcoef}


def task(metric: str) -> Task:
    facts = ("classes", "binary", metric, True, "label", ("y",), "id", "train.csv", "test.csv", "sample.csv")
    return Task(*facts, classes=("0", "1"))


@pytest.mark.parametrize("metric", SCORES)
@pytest.mark.parametrize("shift", [-4.8, -3.2, 0.0, 2.5])
def test_calibrated_chances_of_any_prevalence_are_cut_near_the_best(metric: str, shift: float) -> None:
    rng = np.random.default_rng(3)
    chance = 1 / (1 + np.exp(-(rng.normal(size=8000) * 0.8 + shift)))
    actual = (rng.random(8000) < chance).astype(int)
    raw = np.column_stack([1 - chance, chance])
    codes = decide_weighted(raw[4000:], raw[:4000], actual[:4000], task(metric))
    score = SCORES[metric]
    cuts = np.quantile(chance[4000:], np.linspace(0.01, 0.99, 99))
    best = max(score(actual[4000:], chance[4000:] > c) for c in cuts)
    few = shift < -4  # some forty of 4,000 rows: the best cut itself is luck
    assert score(actual[4000:], codes) > (0.5 if few else 0.85) * best


SEVERAL = replace(task("f1_macro"), kind="values", target=("a", "b"), classes=("no", "yes"))


def test_several_targets_with_words_for_labels_are_codes() -> None:
    frame = pd.DataFrame({"a": ["yes", "no", None], "b": ["no", "no", "yes"]})
    assert truth(frame, SEVERAL)[:2].tolist() == [[1.0, 0.0], [0.0, 0.0]]
    assert len(labelled(frame, SEVERAL)) == 2


def test_each_of_several_targets_has_a_cut_of_its_own() -> None:
    rng = np.random.default_rng(0)
    chance = 1 / (1 + np.exp(-(rng.normal(size=(6000, 2)) * 0.8 + [-3.0, 0.0])))
    actual = (rng.random((6000, 2)) < chance).astype(float)
    codes = decide_several(chance[3000:], chance[:3000], actual[:3000], SEVERAL)
    said, were = codes.mean(axis=0), actual[3000:].mean(axis=0)
    assert 0.5 * were[0] < said[0] < 4 * were[0]
    assert abs(said[1] - were[1]) < 0.1


def test_labels_of_several_targets_are_written_as_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "input").mkdir()
    pd.DataFrame({"id": [7, 8], "a": "no", "b": "no"}).to_csv(tmp_path / "input" / "sample.csv", index=False)
    write_submission(np.array([[1.0, 0.0], [0.0, 1.0]]), pd.DataFrame({"id": [7, 8]}), SEVERAL)
    assert Path("submission.csv").read_text() == "id,a,b\n7,yes,no\n8,no,yes\n"


@pytest.mark.parametrize(
    ("metric", "split", "moved"), [("mae", "random", True), ("rmse", "random", False), ("mae", "time", False)]
)
def test_means_become_medians_where_absolute_errors_count(metric: str, split: str, moved: bool) -> None:
    rng = np.random.default_rng(0)
    mean = rng.uniform(10, 20, (600, 1))
    actual = mean + rng.exponential(4, (600, 1)) - 4
    found = decide_value(mean[300:], mean[:300], actual[:300], made_task(metric=metric, split=split))
    gap = np.abs(found - actual[300:]).mean() - np.abs(mean[300:] - actual[300:]).mean()
    assert (gap < -0.05) if moved else gap == 0


def test_few_rows_move_no_prediction_far() -> None:
    actual = np.array([[1.0], [9.0], [2.0], [7.0], [4.0]])
    held = np.full((5, 1), 4.6)
    found = decide_value(held, held, actual, made_task(metric="mae"))
    assert np.abs(found - held).max() < 0.1  # the median residual is -0.6, of a few wide ones


def test_ordered_classes_are_whole_and_of_least_absolute_error() -> None:
    rng = np.random.default_rng(1)
    scores = rng.uniform(0, 4, (800, 1))
    # The mean of a class's errors is drawn up by a tail: the median lies below the rounded score.
    actual = np.clip(np.floor(scores[:, 0] - 0.4 + (rng.random(800) < 0.25) * 2), 0, 4)
    facts = {"problem": "ordinal", "metric": "mae", "classes": tuple("12345")}
    found = decide_ordinal(scores[400:], scores[:400], actual[:400], made_task(**facts))
    assert set(found) <= set(range(5))
    wanted = actual[400:]
    rounded = np.abs(np.rint(scores[400:, 0]) - wanted).mean()
    assert np.abs(found - wanted).mean() < min(rounded, np.abs(scores[400:, 0] - wanted).mean()) - 0.05
