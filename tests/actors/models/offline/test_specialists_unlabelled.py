"""Tables of which most rows lack a label."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from madeup import made_task, made_up, run

from actors.contracts import Limits
from actors.models.offline.catalogue import tables_unlabelled
from actors.models.offline.catalogue.encoding import dense
from actors.models.offline.catalogue.linear import linear
from actors.models.offline.catalogue.tables_unlabelled import label_graph
from actors.models.offline.catalogue.task import Frame
from actors.models.offline.composing import candidates, compose, recipe
from actors.models.offline.script import render
from runners.tasks.facts import profile_files

MOONS = made_task(
    kind="classes", problem="binary", metric="accuracy", prediction="label", classes=("far", "near")
)


def moons(rows: int, labels: int) -> tuple[Frame, Frame, np.ndarray]:
    """Two half circles that interlock, of which a few rows are labelled, and rows to label."""
    rng = np.random.default_rng(0)
    near = rng.integers(0, 2, rows).astype(bool)
    angle = np.pi * rng.random(rows)
    frame = pd.DataFrame({"id": range(rows), "a": np.where(near, np.cos(angle), 1 - np.cos(angle))})
    frame["b"] = np.where(near, np.sin(angle), 0.5 - np.sin(angle)) + rng.normal(0, 0.08, rows)
    frame["y"] = pd.Series(np.where(near, "near", "far"), dtype=object)
    train, test = frame[:-200].copy(), frame[-200:]
    train.loc[labels:, "y"] = None
    return train, test.drop(columns="y"), near[-200:].astype(int)


def test_labels_spread_along_rows_without_one() -> None:
    train, test, wanted = moons(800, 16)
    chances = label_graph(train, test, MOONS)
    assert np.allclose(chances.sum(axis=1), 1)
    hits = (chances.argmax(axis=1) == wanted).mean()
    assert hits > 0.95
    assert hits > (linear(train, test, MOONS).argmax(axis=1) == wanted).mean() + 0.05


def test_rows_without_a_label_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    train, test, _ = moons(800, 16)
    sizes = []
    monkeypatch.setattr(
        tables_unlabelled, "dense", lambda *rows, numbers: sizes.append(len(rows[0])) or dense(*rows)
    )
    label_graph(train, test, MOONS, most=100)
    assert sizes == [116]


def test_a_class_with_a_single_label_is_still_given() -> None:
    train, test, wanted = moons(800, 16)
    lone = train.index[train["y"] == "near"][0]
    train.loc[(train["y"] == "near") & (train.index != lone), "y"] = None
    chances = label_graph(train, test, MOONS)
    assert np.isfinite(chances).all()
    assert (chances[:, 1][wanted == 1].mean()) > chances[:, 1][wanted == 0].mean()


@pytest.mark.parametrize(("labels", "offered"), [(30, True), (500, False)])
def test_the_graph_is_offered_where_most_labels_lack(
    labels: int, offered: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, test, wanted = moons(800, labels)
    tables = {"train.csv": train, "test.csv": test, "sample_submission.csv": test[["id"]].assign(y="far")}
    files = {name: table.to_csv(index=False).encode() for name, table in tables.items()}
    made, _ = made_up("regression")
    facts = {"problem": "binary", "metric": "accuracy", "direction": "maximize", "prediction": "label"}
    brief = replace(made, **facts, classes=("far", "near"), files=profile_files(files))  # type: ignore[arg-type]
    members = candidates(brief, "member")
    graph = recipe("label_graph")
    assert graph is not None
    assert (graph in members) == offered
    assert members[0] is not graph  # validation decides
    assert graph not in candidates(
        replace(brief, classes=(), problem="regression", prediction="value"), "member"
    )
    if offered:
        found = run(render(compose(brief, Limits(), 0, [graph])), files, tmp_path, monkeypatch)["y"]
        assert ((found == "near") == wanted).mean() > 0.95
