"""No number of a report.md is made up or computed: each stands in an entry of its attempt.

The pictures are held to it as far as they name entries. The labels of their axes divide a scale, and the
scores under a tree's nodes are shortened to four digits, which report.md says; the exact ones stand in
its table.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from doubles import fence, script
from playedattempts import model, play
from reportnumbers import known, numbers, strays

from actors.contracts import Budget, Ending
from runners.report.attempt import attempt_report
from runners.report.story import tell
from runners.report.tree import tree_plot
from scratchpad.records import Entry, Kind

OPTIONS: dict[str, dict[str, float]] = {
    "mle_star": {},
    "aide": {"steps": 4, "drafts": 2, "debug_probability": 0},
    "automl": {},
    "automl_gpt": {"configurations": 2},
    "gpt_engineer": {},
    "swe_agent": {"reserve": 0},
}
CPU_SECONDS = {"mle_star": 5.0, "aide": 3.0, "swe_agent": 3.0, "automl": 0.4}


def ending(entries: list[Entry]) -> Ending:
    end = next(e for e in entries if e.kind is Kind.ENDING)
    return Ending(json.loads(end.content)["ending"])


def winner_of(report: str) -> str:
    return report.split("### Why the winner won\n")[1].split("\n## ", maxsplit=1)[0]


@pytest.mark.parametrize("agent", OPTIONS)
def test_every_number_is_in_an_entry(agent: str) -> None:
    entries = play(agent, **OPTIONS[agent])
    report = attempt_report(tell(entries))
    assert ending(entries) is Ending.FINISHED
    assert len(numbers(report)) > 30
    assert strays(report, entries) == []
    assert "scripts were evaluated" in winner_of(report) or "1 script was evaluated" in winner_of(report)


@pytest.mark.parametrize("agent", OPTIONS)
def test_every_number_is_in_an_entry_when_the_budget_is_used_up(agent: str) -> None:
    entries = play(agent, budget=Budget(cpu_seconds=CPU_SECONDS.get(agent, 1.4)), **OPTIONS[agent])
    report = attempt_report(tell(entries))
    assert ending(entries) is Ending.BUDGET
    assert strays(report, entries) == []
    assert "the predictions for the test rows that it made when it was scored" in winner_of(report)


@pytest.mark.parametrize(
    "more",
    [
        {"budget": Budget(wall_seconds=0.0)},
        {"chat": model(initialiser=[fence(script(0.1, crash=True))])},
        {"chat": model(reporter=["### Why the winner won\nIt was 0.99 right."])},
        {"folds": 1},
    ],
)
def test_every_number_is_in_an_entry_whatever_happens(more: dict[str, Any]) -> None:
    entries = play(**more)
    assert strays(attempt_report(tell(entries)), entries) == []


def test_the_numbers_in_a_tree_are_entries_or_their_scores() -> None:
    entries = play("aide", **OPTIONS["aide"])
    picture = (tree_plot(tell(entries)) or b"").decode()
    scored = [e for e in entries if e.kind is Kind.EVALUATION]
    allowed = {str(e.seq) for e in scored} | {f"{e.score:.4g}" for e in scored if e.score is not None}
    shown = re.findall(r">(-?\d[^<>]*)</", picture.replace("\N{MINUS SIGN}", "-"))
    assert shown
    assert set(shown) <= allowed


@pytest.mark.parametrize(
    ("made_up", "named"),
    [
        ("It reached 0.51.", ["0.51"]),
        ("It lost -0.5123456789.", ["-0.5123456789"]),
        ("88 rows, -1e-05", ["88", "-1e-05"]),
        ("0.5123456789 of 12,345", ["345"]),
    ],
)
def test_a_number_of_no_entry_is_found(made_up: str, named: list[str]) -> None:
    entries = play()
    assert strays(f"{attempt_report(tell(entries))}\n{made_up}", entries) == named


def test_a_score_in_the_row_of_another_entry_is_found() -> None:
    entries = play()
    report = attempt_report(tell(entries))
    place = re.search(r"\| (\d+) \| forest \| 0.5123456789", report)
    assert place
    moved = report.replace("| forest | 0.5123456789 |", "| forest | 0.25 |")
    assert strays(moved, entries) == [f"0.25 in the row of {place[1]}"]


def test_hashes_programs_times_and_the_reporter_prove_nothing() -> None:
    digest = "deadbeef" * 3 + "12345678"
    entry = Entry("s", "t", Kind.ASK, 0, key="70", seq=3, time=71.0, path="72/0", content=f"{digest} -8")
    entry_of_script = Entry(
        "s", "t", Kind.EVALUATION, 0, seq=4, content="SCORE = 73", metrics={"elapsed": 74}
    )
    said = Entry("s", "t", Kind.ASK, 0, seq=5, title="report", content="75")
    assert known([entry, entry_of_script, said]) == {0.0, 3.0, 4.0, -8.0}
