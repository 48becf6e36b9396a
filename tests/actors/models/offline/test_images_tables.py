"""Pictures beside other facts: named by the rows of a table, or sorted into folders by their class."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from madepictures import brief_of, save
from madeup import made_task
from sklearn.datasets import load_digits

from actors.contracts import ColumnFacts, FileFacts
from actors.models.offline.catalogue.arrays_images import image_neighbours, load_items
from actors.models.offline.catalogue.images_tables import has_pictures, picture_parts
from actors.models.offline.catalogue.linear import linear
from actors.models.offline.catalogue.task import Frame

DIGITS = load_digits()
WORDS = ("zero", "one", "two")


def weighed(folder: Path, rows: int = 300) -> tuple[Frame, Frame, np.ndarray]:
    """Rows with a digit's picture and a weight: the target is the weight, and 3 more where it is a zero."""
    rng = np.random.default_rng(0)
    at = rng.choice(np.flatnonzero(np.isin(DIGITS.target, [0, 1])), rows, replace=False)
    for n, k in enumerate(at):
        save(folder / "scans" / f"s{n}.png", DIGITS.images[k] * 15)
    frame = pd.DataFrame({"id": np.arange(rows) + 9000, "scan": [f"s{n}.png" for n in range(rows)]})
    frame["weight"] = rng.normal(size=rows)
    frame["y"] = 3.0 * (DIGITS.target[at] == 0) + frame["weight"]
    return frame[:200], frame[200:].drop(columns="y").reset_index(drop=True), frame["y"].to_numpy()[200:]


def test_pictures_count_beside_the_columns_of_a_table(folder: Path) -> None:
    train, test, wanted = weighed(folder)
    task = made_task()

    def error(train: Frame, test: Frame) -> float:
        return float(np.abs(linear(train, test, task)[:, 0] - wanted).mean())

    wide = picture_parts(train, test, task)
    assert error(*wide) < 0.4 * error(train.drop(columns="scan"), test.drop(columns="scan"))
    lost, _ = picture_parts(train.assign(scan=["gone.png", *train["scan"][1:]]), test, task)
    assert lost.filter(like="picture_part").isna().all(axis=1).tolist() == [True] + [False] * 199


def test_few_large_pictures_are_enough(folder: Path) -> None:
    rng = np.random.default_rng(0)
    for n in range(30):
        save(folder / f"s{n}.png", rng.random((32, 32)) * 255)
    frame = pd.DataFrame({"id": np.arange(30) + 900, "scan": [f"s{n}.png" for n in range(30)], "y": 1.0})
    train, test = picture_parts(frame[:20], frame[20:].drop(columns="y"), made_task())
    assert np.isfinite(train.filter(like="picture_part")).all(axis=None)
    assert len(test.filter(like="picture_part").columns) == len(train.filter(like="picture_part").columns) > 0


def test_a_table_that_names_no_picture_stays_as_it_is(folder: Path) -> None:
    train, test, _ = weighed(folder, rows=240)
    train, test = train.drop(columns="scan"), test.drop(columns="scan")
    assert picture_parts(train, test, made_task())[0] is train


@pytest.mark.parametrize(("pictures", "inputs", "found"), [(30, 1, True), (3, 1, False), (30, 0, False)])
def test_a_brief_shows_rows_with_pictures(pictures: int, inputs: int, found: bool) -> None:
    names = ColumnFacts("scan", "text", unique=30, examples=("s0.png",))
    columns = (ColumnFacts("id", "integer", unique=30), names, ColumnFacts("weight", "real", unique=30))
    table = FileFacts("test.csv", "csv", 1, 30, columns[: 2 + inputs])
    files = [table, *(FileFacts(f"scans/s{n}.png", "png", 1) for n in range(pictures))]
    assert has_pictures(brief_of(*files)) is found


def test_folders_named_after_classes_are_labels(folder: Path) -> None:
    at = np.flatnonzero(DIGITS.target < 3)[:240]
    for n, k in enumerate(at):
        place = f"train/{WORDS[DIGITS.target[k]]}" if n < 180 else "test"
        save(folder / place / f"{n % 180}.png", DIGITS.images[k] * 15)  # names come twice
    ids = [f"{n}.png" for n in range(60)]
    pd.DataFrame({"id": ids, "label": "zero"}).to_csv(folder / "sample_submission.csv", index=False)
    task = made_task(target=("label",), kind="classes", problem="multiclass", train="", test="")
    task = replace(task, classes=WORDS, metric="accuracy", prediction="label")
    train, test = load_items(task)
    assert train["label"].value_counts().to_dict() == {
        word: int((DIGITS.target[at[:180]] == k).sum()) for k, word in enumerate(WORDS)
    }
    guess = image_neighbours(train, test, task).argmax(axis=1)
    assert (guess == DIGITS.target[at[180:]]).mean() > 0.95
