"""Composed scripts run and predict on small made-up tasks of every tabular kind."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest
from madeup import made_up, run

from actors.contracts import Limits
from actors.models.offline.composing import candidates, compose, recipe
from actors.models.offline.script import read_script, render

KINDS = ("binary", "multiclass", "ordinal", "regression", "count", "quantile", "multioutput", "survival")
QUICK_KINDS = ("binary", "quantile")  # the slow test has every member of every kind


def check(found: pd.DataFrame, files: dict[str, bytes]) -> None:
    """The sample's ids and columns, nothing missing."""
    sample = pd.read_csv(io.BytesIO(files["sample_submission.csv"]))
    assert list(found.columns) == list(sample.columns)
    assert (found.id == sample.id).all()
    assert found.notna().all(axis=None)


@pytest.mark.parametrize("kind", QUICK_KINDS)
def test_the_best_members_predict(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    brief, files = made_up(kind)
    members = candidates(brief, "member")[:2]
    script = compose(brief, Limits(), 3, members)
    check(run(render(script), files, tmp_path, monkeypatch), files)
    assert "Final Validation Performance: " in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_member_predicts(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    brief, files = made_up(kind)
    members = candidates(brief, "member")
    assert len(members) >= 4
    script = compose(brief, Limits(), 3, members)
    check(run(render(script), files, tmp_path, monkeypatch), files)


def test_a_script_reads_back_as_it_was() -> None:
    brief, _ = made_up("regression")
    script = compose(brief, Limits(), 3, candidates(brief, "member")[:2])
    text = render(script)
    again = read_script(text)
    assert again is not None
    assert again.members == script.members
    assert render(again) == text


def test_no_name_stands_for_two_things() -> None:
    assert recipe("boosting") is recipe("boosting_2")
    assert recipe("no_such_thing") is None
