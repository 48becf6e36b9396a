"""results.json, attempts.parquet and the attempts' folders from the scratchpad alone."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sweepentries import SCRIPT, SUBMISSION, TASKS, attempt, whole_sweep

from actors.contracts import AgentSettings, Budget, Ending, Limits
from actors.models.settings import ModelSettings
from runners.board import Board
from runners.files import write_whole
from runners.results import ATTEMPTS_SCHEMA, attempt_folder, write_attempt, write_results
from runners.settings import (
    ExecutorSettings,
    RaySettings,
    SweepConfig,
    TaskSelection,
    TrackerSettings,
)
from runners.tasks.splitting import FoldRules
from scratchpad.records import Entry, Kind
from scratchpad.schema import to_entries
from scratchpad.store import Scratchpad


@pytest.fixture
def config(tmp_path: Path) -> SweepConfig:
    return SweepConfig(
        name="s",
        runs=tmp_path,
        tasks=TaskSelection(("up", "down")),
        attempts=2,
        seed=0,
        agent="mle_star",
        settings=AgentSettings(),
        profile="fast",
        model=ModelSettings(),
        executor=ExecutorSettings(),
        limits=Limits(),
        budget=Budget(),
        folds=FoldRules(),
        tracker=TrackerSettings(),
        ray=RaySettings(),
    )


def board_of(pad: Scratchpad) -> Board:
    board = Board(TASKS, 2)
    board.feed(to_entries(pad.snapshot()))
    return board


def test_results_hold_every_documented_key(config: SweepConfig) -> None:
    write_results(config, board_of(whole_sweep()), 12.5)
    results = json.loads((config.folder / "results.json").read_text())
    documented = (
        "sweep agent model profile tasks attempts_per_task success_at success_at_5_interval seconds "
        "cpu_seconds tokens cost endings per_task"
    )
    assert list(results)[:14] == documented.split()
    assert results["success_at"] == {"1": 0.25, "2": 0.5}
    assert results["success_at_5_interval"] is None  # of five attempts only
    assert results["cpu_seconds"] == 12.0
    assert results["tokens"] == 360
    assert results["cost"] == 1.5
    assert results["endings"] == {"finished": 2, "invalid_submission": 1}
    assert results["isolation"] == ["limits"]
    assert results["validation"] == {"harness": 3, "printed": 0}
    up, down = results["per_task"]
    per_task = "task metric direction threshold attempts successes best_score scores endings"
    assert list(up)[:9] == per_task.split()
    assert (up["successes"], up["best_score"], up["scores"]) == (1, 0.9, [0.9, 0.5])
    assert (down["attempts"], down["best_score"], down["scores"]) == (1, None, [None, None])


def test_the_best_score_follows_the_direction(config: SweepConfig) -> None:
    pad = Scratchpad()
    attempt(pad, "down", 0, 1.0, True)
    attempt(pad, "down", 1, 3.0, False)
    write_results(config, board_of(pad), 1.0)
    assert json.loads((config.folder / "results.json").read_text())["per_task"][1]["best_score"] == 1.0


def test_interval_of_five_attempts_is_wilsons(config: SweepConfig) -> None:
    pad = Scratchpad()
    attempt(pad, "up", 3, 0.9, True)
    board = Board(TASKS, 5)
    board.feed(to_entries(pad.snapshot()))
    write_results(config, board, 1.0)
    results = json.loads((config.folder / "results.json").read_text())
    assert results["success_at"]["5"] == 0.5
    assert results["success_at"]["1"] == pytest.approx(0.1)
    low, high = results["success_at_5_interval"]
    z = 1.959963984540054  # Wilson for 1 of 2
    centre, half = 0.5, z * math.sqrt(0.125 + z * z / 16) / (1 + z * z / 2)
    assert (low, high) == pytest.approx((centre - half, centre + half))


def test_attempts_table(config: SweepConfig) -> None:
    write_results(config, board_of(whole_sweep()), 1.0)
    table = pq.read_table(config.folder / "attempts.parquet")
    assert table.schema.equals(ATTEMPTS_SCHEMA)
    documented = (
        "task attempt seed ending score success validation_score seconds cpu_seconds executions "
        "failed_executions model_calls tokens cost resumed"
    )
    assert table.column_names[:15] == documented.split()
    first, *_, running = table.to_pylist()
    assert first == {
        **first, "task": "up", "attempt": 0, "seed": 7, "ending": "finished", "score": 0.9, "success": True,
        "validation_score": 0.9, "seconds": 30.0, "cpu_seconds": 4.0, "executions": 2, "failed_executions": 1,
        "model_calls": 2, "tokens": 120, "cost": 0.5, "resumed": 0, "isolation": "limits",
    }  # fmt: skip
    assert (running["ending"], running["success"]) == (None, False)


def test_files_are_valid_at_every_moment_of_a_sweep(config: SweepConfig) -> None:
    board, rates = Board(TASKS, 2), []
    for entry in to_entries(whole_sweep().snapshot()):
        board.feed([entry])
        write_results(config, board, 1.0)
        rates.append(json.loads((config.folder / "results.json").read_text())["success_at"]["2"])
        pq.read_table(config.folder / "attempts.parquet")
    assert rates == sorted(rates)
    assert rates[0] == 0.0


def test_entries_fed_twice_count_once() -> None:
    pad = whole_sweep()
    board = board_of(pad)
    rows = dict(board.rows)
    assert board.feed(to_entries(pad.snapshot())) == []
    assert board.rows == rows


def test_a_resumed_attempt_is_counted_and_an_unpriced_call_is_not_free(config: SweepConfig) -> None:
    pad = Scratchpad()
    for start in (1, 2):
        pad.append([Entry("s", "up", Kind.ATTEMPT, 0, content=json.dumps({"seed": 7, "start": start}))])
    pad.append([Entry("s", "up", Kind.ASK, 0, key="k", cost=None, tokens_in=5)])
    board = board_of(pad)
    assert board.rows["up", 0].resumed == 1
    write_results(config, board, 1.0)
    assert json.loads((config.folder / "results.json").read_text())["cost"] is None


def test_an_attempt_leaves_its_files(config: SweepConfig) -> None:
    pad = whole_sweep()
    row = board_of(pad).rows["up", 0]
    write_attempt(config, row, pad.get_blob)
    folder = attempt_folder(config, row)
    assert (folder / "solution.py").read_text() == SCRIPT
    assert (folder / "submission.csv").read_bytes() == SUBMISSION
    assert sorted(path.name for path in folder.iterdir()) == ["solution.py", "submission.csv"]


def test_files_beside_the_script_are_left_beside_it(config: SweepConfig) -> None:
    pad = Scratchpad()
    attempt(pad, "up", 0, 0.9, True, beside={"lib/part.py": b"x = 1\n"})
    row = board_of(pad).rows["up", 0]
    write_attempt(config, row, pad.get_blob)
    assert (attempt_folder(config, row) / "lib" / "part.py").read_text() == "x = 1\n"


@pytest.mark.parametrize(
    ("ending", "graded", "done"),
    [
        ("finished", False, False),
        ("finished", True, True),
        ("timeout", False, False),
        ("cancelled", False, True),
    ],
)
def test_done_waits_for_the_grade_of_what_was_handed_in(ending: str, graded: bool, done: bool) -> None:
    pad = Scratchpad()
    attempt(pad, "up", 0, 0.9, True, ending=ending, graded=graded)
    row = board_of(pad).rows["up", 0]
    assert (row.done, row.ending) == (done, Ending(ending))


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.json"
    write_whole(path, b"old")
    monkeypatch.setattr("os.replace", _refuse)
    with pytest.raises(OSError, match="disk"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]


def _refuse(*_: object) -> None:
    raise OSError("disk")
