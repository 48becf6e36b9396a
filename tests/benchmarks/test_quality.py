"""The comparison with other AutoML libraries: what is compared, ranked, said and kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from actors.errors import InputError
from benchmarks import peers, quality
from benchmarks.peers import Result
from benchmarks.quality import Own
from runners.tasks.registry import builtin_tasks

pytestmark = pytest.mark.slow

PEERS = ("FLAML", "AutoGluon")
ROWS = [
    Own("wdbc-diagnosis", "log_loss", "minimize", 0.1, 20.0),
    Own("anes-party-id", "quadratic_kappa", "maximize", 0.8, 20.0),
    Own("photo-denoise", "rmse", "minimize", 13.0, 20.0),
]
REASON = "AutoML takes tables only: none here"
RESULTS = {
    "wdbc-diagnosis": {"FLAML": Result(20, 0.2, 22), "AutoGluon": Result(20, 0.3, 23)},
    "anes-party-id": {"FLAML": Result(20, 0.8, 22), "AutoGluon": Result(20, 0.9, 23)},
    "photo-denoise": {"FLAML": Result(20, None, 0, REASON), "AutoGluon": Result(20, None, 0, REASON)},
}


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    tasks = [
        {"task": "wdbc-diagnosis", "metric": "log_loss", "direction": "minimize"},
        {"task": "anes-party-id", "metric": "quadratic_kappa", "direction": "maximize"},
    ]
    rows = [
        ("wdbc-diagnosis", "finished", 0.1, 10.0),
        ("wdbc-diagnosis", "finished", 0.3, 20.0),
        ("wdbc-diagnosis", "finished", 0.2, 60.0),
        ("wdbc-diagnosis", None, None, 5.0),
    ]
    names = ("task", "ending", "score", "cpu_seconds")
    (tmp_path / "results.json").write_text(json.dumps({"per_task": tasks}))
    table = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows])
    pq.write_table(table, tmp_path / "attempts.parquet")
    return tmp_path


def test_an_attempt_is_compared_with_the_median_of_those_that_ended(sweep: Path) -> None:
    assert quality.own_results(sweep, "attempt") == [Own("wdbc-diagnosis", "log_loss", "minimize", 0.2, 20.0)]


def test_five_attempts_are_compared_with_the_best_of_them(sweep: Path) -> None:
    assert quality.own_results(sweep, "five") == [Own("wdbc-diagnosis", "log_loss", "minimize", 0.1, 90.0)]


def test_a_folder_without_a_sweep_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no results of a sweep"):
        quality.own_results(tmp_path, "attempt")


def test_an_attempt_without_a_score_is_the_worst() -> None:
    assert quality.median_score([0.5, 0.9], 3, "maximize") == 0.5
    assert quality.median_score([0.5, 0.9], 3, "minimize") == 0.9
    assert quality.median_score([0.5], 3, "maximize") is None
    assert quality.median_score([0.4, 0.6], 2, "minimize") == 0.5


def test_ranks_count_the_tasks_on_which_all_have_a_score() -> None:
    count, ranks = quality.mean_ranks(ROWS, RESULTS, PEERS)
    assert count == 2
    assert ranks == [(1 + 2.5) / 2, (2 + 2.5) / 2, (3 + 1) / 2]


def test_the_table_marks_the_best_and_says_what_no_peer_could_take() -> None:
    text = quality.table(ROWS, RESULTS, PEERS, "ours")
    assert "| wdbc-diagnosis | log_loss ↓ | 20 | **0.1** | 0.2 | 0.3 |" in text
    assert "| anes-party-id | quadratic_kappa ↑ | 20 | 0.8 | 0.8 | **0.9** |" in text
    assert "| photo-denoise | rmse ↓ | 20 | **13** | - | - |" in text
    assert "| **mean rank over 2 tasks** | | | 1.75 | 2.25 | 2.00 |" in text
    used = "used, with imports and last fits: FLAML 44, AutoGluon 46."
    assert f"CPU seconds on the 2 tasks that they ran: 40 given; {used}" in text
    assert f"* photo-denoise: FLAML, AutoGluon: {REASON}" in text


def test_an_interrupted_benchmark_goes_on(sweep: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def measured(task: Any, peer: str, python: Path, seconds: float) -> Result:
        asked.append(peer)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return Result(seconds, 0.5, seconds)

    monkeypatch.setattr(quality, "environment", lambda full: Path("python"))
    monkeypatch.setattr(quality, "measure", measured)
    assert quality.main([str(sweep)]) == 130
    assert quality.main([str(sweep)]) == 0
    assert asked == ["FLAML", "AutoGluon", "AutoGluon"]


def test_an_unknown_peer_is_one_line(sweep: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert quality.main([str(sweep), "--peers", "flam"]) == 2
    assert capsys.readouterr().err == "error: --peers flam: unknown; choose of FLAML, AutoGluon\n"


def test_a_peer_gets_the_public_files_and_one_core_and_its_predictions_are_graded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for a library's Python: it lists what it sees and hands in the sample submission."""
    seen = tmp_path / "seen"
    python = tmp_path / "python"
    python.write_text(
        f"#!/bin/sh\nls input > {seen}\nenv >> {seen}\ncp input/sample_submission.csv submission.csv\n"
    )
    python.chmod(0o755)
    monkeypatch.setenv("SECRET_KEY", "canary")
    (source,) = builtin_tasks(["diabetes-progression"])
    result = peers.measure(source.load(), "FLAML", python, 5.0)
    assert result.fault == ""
    assert result.score is not None
    assert result.score > 70
    text = seen.read_text()
    assert text.split()[:3] == ["sample_submission.csv", "test.xlsx", "train.xlsx"]
    assert "OMP_NUM_THREADS=1" in text
    assert "canary" not in text


def test_a_peer_that_fails_leaves_its_last_line(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'ValueError: no' >&2\nexit 1\n")
    python.chmod(0o755)
    (source,) = builtin_tasks(["diabetes-progression"])
    assert peers.measure(source.load(), "AutoGluon", python, 5.0).fault == "ValueError: no"


def test_a_task_without_tables_costs_nothing() -> None:
    (source,) = builtin_tasks(["photo-denoise"])
    result = peers.measure(source.load(), "AutoGluon", Path("none"), 5.0)
    assert result.cpu_seconds == 0
    assert result.fault.startswith("AutoML takes tables only")


def test_both_programs_share_their_tables() -> None:
    (source,) = builtin_tasks(["diabetes-progression"])
    brief = source.load().brief("harness")
    flaml, autogluon = (peers.program(brief, 5, 50, fit=fit) for fit in peers.PEERS.values())
    compile(autogluon, "solution.py", "exec")
    start, end = "@dataclass(frozen=True)\nclass Task", "Final Validation Performance"
    assert (
        flaml[flaml.index(start) : flaml.index(end)]
        == autogluon[autogluon.index(start) : autogluon.index(end)]
    )
    assert "fit_flaml" not in autogluon
