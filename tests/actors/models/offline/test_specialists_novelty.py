"""Tables whose training rows are all of one kind."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from madeup import execute, made_task, made_up, run
from sklearn.metrics import roc_auc_score

from actors.contracts import Limits, TaskBrief
from actors.models.offline.catalogue.arrays_novelty import (
    is_novelty,
    load_novelty,
    novelty_covariance,
    split_kinds,
)
from actors.models.offline.catalogue.series_gaps import is_gaps
from actors.models.offline.composing import candidates, compose, layout_of
from actors.models.offline.script import render
from actors.models.offline.tasking import make_task
from runners.tasks.facts import profile_files


def novel_rows(shown: bool) -> tuple[TaskBrief, dict[str, bytes], np.ndarray]:
    """Correlated columns; a third of the test rows hold usual values in combinations that are not."""
    rng = np.random.default_rng(0)
    table = rng.normal(size=(500, 2)) @ rng.normal(size=(2, 5)) + 0.1 * rng.normal(size=(500, 5))
    strange = np.arange(200) % 3 == 0
    for column in table[300:].T:
        column[strange] = rng.choice(table[:300, 0], strange.sum())
    frame = pd.DataFrame(table, columns=list("abcde")).reset_index(names="id")
    known, asked = frame[:300], frame[300:]
    sample = asked[["id"]].assign(odd=0.0)
    tables = {"train.csv" if shown else "usual.csv": known.assign(odd=0) if shown else known}
    tables |= {"test.csv": asked, "sample_submission.csv": sample}
    files = {name: table.to_csv(index=False).encode() for name, table in tables.items()}
    brief = replace(
        made_up("regression")[0],
        **{"problem": "binary", "train": "train.csv", "test": "test.csv", "classes": ("0",)}
        if shown
        else {"problem": "other", "train": "", "test": ""},
        metric="roc_auc",
        direction="maximize",
        target=("odd",),
        files=profile_files(files),
    )
    return brief, files, strange


@pytest.mark.parametrize("shown", [True, False])
def test_novelty_is_told_by_tables_without_words(
    shown: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brief, files, strange = novel_rows(shown)
    assert layout_of(brief) == "novelty"
    script = render(compose(brief, Limits(), 0, candidates(brief, "member")[:1]))
    found = run(script, files, tmp_path, monkeypatch)["odd"].to_numpy()
    assert roc_auc_score(strange, found) > 0.9
    assert layout_of(replace(brief, metric="rmse")) != "novelty"
    if not shown:
        apart = tuple(f for f in brief.files if f.name != "usual.csv")
        assert is_novelty(replace(brief, files=apart)) == 0
        assert is_gaps(brief) == 0


def test_validation_sees_combinations_that_no_row_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brief, files, _ = novel_rows(shown=True)
    execute("", files, tmp_path, monkeypatch)
    task = make_task(brief, Limits(), 0)
    train, _ = load_novelty(task)
    for fit, held, actual in split_kinds(train, task):
        found = novelty_covariance(fit, held, task)[:, -1]
        assert roc_auc_score(actual, found) > 0.75
        named = split_kinds(train.assign(known_kind=np.arange(300) % 3), task)
        assert all(len(f) + len(h) == 300 for f, h, _ in named)


@pytest.mark.parametrize(("kinds", "playing"), [(2, 1), (3, 2), (4, 2)])
def test_named_kinds_play_novel_and_leave_at_least_one_that_is_known(kinds: int, playing: int) -> None:
    rng = np.random.default_rng(0)
    train = pd.DataFrame(rng.normal(size=(120, 3)), columns=["x0", "x1", "x2"])
    train = train.assign(known_kind=np.arange(120) % kinds, odd=0.0)
    folds = split_kinds(train, made_task(target=("odd",), problem="other", metric="roc_auc"))
    assert len(folds) > 1
    for fit, _, actual in folds:
        assert fit["known_kind"].nunique() == kinds - playing
        assert actual.sum() == 120 * playing / kinds


def test_rows_without_a_label_are_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"id": range(40), "a": np.arange(40.0), "odd": 0.0})
    tables = {
        "train.csv": frame.assign(odd=frame["odd"].where(frame["id"] < 30)),
        "test.csv": frame[["id", "a"]],
    }
    execute("", {n: t.to_csv(index=False).encode() for n, t in tables.items()}, tmp_path, monkeypatch)
    task = made_task(target=("odd",), problem="binary", metric="roc_auc")
    assert len(load_novelty(task)[0]) == 30
