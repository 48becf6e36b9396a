"""report.md: all its sections."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from doubles import fence, script
from playedattempts import HOUSES, model, play

from actors.contracts import Budget, Ending
from runners.report.attempt import attempt_report
from runners.report.files import write_report
from runners.report.plot import score_plot
from runners.report.story import tell
from runners.report.trials import why_failed
from scratchpad.records import Entry, Kind


def part(report: str, heading: str) -> str:
    return report.split(f"## {heading}\n")[1].split("\n## ", maxsplit=1)[0]


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    return play()


@pytest.fixture(scope="module")
def report(entries: list[Entry]) -> str:
    return attempt_report(tell(entries))


def test_what_was_done_at_a_shell_is_told_command_by_command(report: str) -> None:
    rows = part(attempt_report(tell(play("swe_agent"))), "At the shell").splitlines()
    assert [row.split(" | ")[1:4] for row in rows if "SCORE" not in row][3:] == [
        ["I look \\| around.", "ls", "ok"],
        ["Wait.", "slow", "its wall seconds are over"],
    ]
    assert "## At the shell" not in report


def test_every_section_says_what_happened(report: str) -> None:
    assert "`finished`" in report.split("## ", maxsplit=1)[0]
    assert "r2, higher is better" in part(report, "The task")
    assert "> Predict 1,234 prices." in part(report, "The task")
    assert "file `train.csv`: csv, 917 rows" in part(report, "The task")
    assert "312 rows lack y" in part(report, "The data's traps")
    tried = part(report, "What was tried")
    assert "| forest | 0.5123456789 | 0 | 0.5123456789 | best so far |" in tried
    assert re.search(r"\| broken \| failed \| – \| 0.125 \| failed; Traceback: boom \|", tried)
    assert "**printed far better than measured**" in tried
    assert "> - the model: 0.0625 lost" in part(report, "What ablation showed")
    won = part(report, "The winner")
    assert "score of each fold: 0.5123456789, 0.5123456789, 0.5123456789" in won
    assert "It scored 0.5123456789" in won
    assert "Much." in part(report, "What was learnt")
    assert "The shift." in part(report, "Risks")
    leakage = part(report, "Leakage")
    assert 'before "forest" ran: uses all 77 rows' in leakage
    assert "printed 0.875, measured 0.25" in leakage
    assert "nothing useful ignored" in part(report, "Data usage")
    again = part(report, "How to reproduce")
    assert "seed 7" in again
    assert "python solution.py" in again
    assert "libraries: numpy 2" in again
    assert "limits of a script: 120 wall seconds, 4 GiB" in again


def test_a_script_that_ignored_data_is_named() -> None:
    revised = ["All the provided information is used."] * 3 + [fence(script(0.4375))]
    entries = play(chat=model(data_usage_checker=revised))
    usage = part(attempt_report(tell(entries)), "Data usage")
    asked = [e for e in entries if e.role == "data_usage_checker"]
    assert f"- entry {asked[3].seq}, before " in usage
    assert usage.count("- entry ") == len(asked) - 3


def test_the_winner_is_marked_once(report: str) -> None:
    rows = [row for row in report.splitlines() if "**winner**" in row]
    assert len(rows) == 1
    assert "0.5123456789" in rows[0]


def test_text_of_models_stays_text(report: str) -> None:
    assert "<img" not in report
    assert "<b>" not in report
    assert "boost \\| &lt;img src=x>" in report
    assert "\n# not a heading" not in report


def test_a_printed_validation_is_called_so() -> None:
    report = attempt_report(tell(play(folds=0, brief=replace(HOUSES, validation="printed"))))
    assert "`validation: printed`" in report
    assert "not what the harness measured" in part(report, "Risks")


@pytest.mark.parametrize(
    ("more", "ending"),
    [
        ({"budget": Budget(cpu_seconds=1.4)}, Ending.BUDGET),
        ({"budget": Budget(wall_seconds=0.0)}, Ending.TIMEOUT),
        ({"chat": model(initialiser=[fence(script(0.1, crash=True))])}, Ending.AGENT_ERROR),
    ],
)
def test_every_other_ending_is_reported_too(more: dict[str, Any], ending: Ending) -> None:
    entries = play(**more)
    report = attempt_report(tell(entries))
    assert f"`{ending}`" in report
    assert "What went wrong" in report
    assert "did not end by itself" in part(report, "Risks")


def test_an_invented_number_leaves_the_report_without_prose() -> None:
    report = attempt_report(tell(play(chat=model(reporter=["### Why the winner won\nIt was 0.99 right."]))))
    assert "0.99" not in report
    assert "gave no usable answer" in part(report, "The winner")


def test_entries_of_older_scratchpads_still_make_a_report(entries: list[Entry]) -> None:
    bare = [replace(e, content='{"seed": 7, "start": 1}') if e.kind is Kind.ATTEMPT else e for e in entries]
    report = attempt_report(tell(bare))
    assert "does not hold the task's brief" in report
    assert "seed 7" in report
    lost = Entry("s", "toy", Kind.ENDING, 0, content='{"ending": "actor_lost"}', error="node died")
    assert "`actor_lost`" in attempt_report(tell([lost]))


def test_the_plot_is_the_same_every_time(entries: list[Entry], tmp_path: Path) -> None:
    write_report(tmp_path, entries)
    picture = (tmp_path / "scores.svg").read_bytes()
    assert picture == score_plot(tell(entries))
    assert b"<svg" in picture
    for word in (b"winner", b"failed", b"best so far", b"validation r2"):
        assert word in picture
    assert "![validation score over steps](scores.svg)" in (tmp_path / "report.md").read_text()
    assert "scores.svg" not in attempt_report(tell(entries), plot=False)


def test_no_plot_without_a_score(tmp_path: Path) -> None:
    write_report(tmp_path, play(budget=Budget(wall_seconds=0.0)))
    assert [path.name for path in tmp_path.iterdir()] == ["report.md"]
    assert "scores.svg" not in (tmp_path / "report.md").read_text()


def test_a_failure_is_told_in_its_last_words() -> None:
    failure = "status: failed\nexit code: 1\n--- stdout\nhello\n--- stderr\nTraceback\nKeyError: 'y'"
    assert why_failed(failure) == "failed; KeyError: 'y'"
    refused = "status: ok\nsubmission refused: 3 ids are missing\n--- stdout\nx\n--- stderr\n"
    assert why_failed(refused) == "ok; submission refused: 3 ids are missing"
