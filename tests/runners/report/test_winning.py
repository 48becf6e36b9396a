"""Why the winner won is told from the entries, whoever was asked and however the attempt ended."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from doubles import BRIEF, fence, script
from playedattempts import improved, model, play

from actors.briefing import render_brief
from actors.contracts import Budget, Limits
from runners.report.attempt import attempt_report
from runners.report.story import tell
from runners.report.winning import why_it_won
from scratchpad.records import Entry, Kind


def evaluation(name: str, *folds: float) -> Entry:
    metrics = {f"fold_{k}": score for k, score in enumerate(folds)}
    if len(folds) > 1:
        metrics["spread"] = 0.0625
    return Entry(
        "s",
        "toy",
        Kind.EVALUATION,
        0,
        key=name,
        title=name,
        content=name,
        score=sum(folds) / len(folds) if folds else None,
        metrics=metrics,
        error=None if folds else "failed",
    )


def told(
    *scripts: Entry,
    winner: str = "a",
    title: str = "submission",
    script: str = "",
    direction: str = "maximize",
) -> str:
    brief = render_brief(replace(BRIEF, direction=direction), Limits(), {})
    opening = Entry("s", "toy", Kind.ATTEMPT, 0, content=json.dumps({"brief": brief}))
    handed = Entry(
        "s", "toy", Kind.SUBMISSION, 0, key="x", title=title, content=script or winner, parents=(winner,)
    )
    counts = {"evaluations": float(len(scripts)), "failed_evaluations": sum(e.score is None for e in scripts)}
    end = Entry("s", "toy", Kind.ENDING, 0, content='{"ending": "finished"}', metrics=counts)
    entries = [replace(e, seq=n) for n, e in enumerate((opening, *scripts, handed, end))]
    return why_it_won(tell(entries))


def test_the_best_is_told_with_the_next_best_and_the_count() -> None:
    text = told(
        evaluation("b", 0.25, 0.5), evaluation("a", 0.5, 0.75), evaluation("c"), evaluation("d", 0, 0)
    )
    assert text == (
        "4 scripts were evaluated, 1 failed. “a” (entry 2) has the best score, 0.625. The next best, “b” "
        "(entry 1), has 0.375: the difference is more than the spread over the folds explains. The same "
        "script was run once more, on all rows, and its predictions were handed in."
    )


def test_lower_is_better_where_the_metric_says_so() -> None:
    text = told(evaluation("b", 0.75), evaluation("a", 0.5), evaluation("c", 1.0), direction="minimize")
    assert "“a” (entry 2) has the best score, 0.5. The next best, “b” (entry 1), has 0.75" in text
    assert "with a single split nothing says whether the difference is chance" in text


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (evaluation("b", 0.5, 0.625), "has 0.5625: the difference is within the spread over the folds"),
        (evaluation("b", 0.5, 0.75), "has the best score, 0.625, and “b” (entry 2) has the same."),
        (
            evaluation("b", 0.75, 1.0),
            "“a” (entry 1) was chosen with 0.625; the best score is that of “b” (entry 2), 0.875: the "
            "difference is more than the spread",
        ),
        (evaluation("b"), "“a” (entry 1) is the only one with a score, 0.625."),
    ],
)
def test_what_the_folds_say_of_the_difference(other: Entry, words: str) -> None:
    assert words in told(evaluation("a", 0.5, 0.75), other)


def test_how_it_was_handed_in() -> None:
    scored = evaluation("a", 0.5)
    assert "1 script was evaluated" in told(scored)
    assert "The same script was run once more, on all rows" in told(scored)
    assert "Another version of its script, for all rows," in told(scored, script="other")
    assert "no run on all rows was handed in" in told(scored, title="best so far")
    assert "it failed on the validation rows" in told(evaluation("a"))


def test_an_older_scratchpad_gives_no_count() -> None:
    entries = [e for e in play() if e.kind is not Kind.ENDING]
    text = why_it_won(tell(entries))
    assert "evaluated" not in text
    assert "“forest”" in text


@pytest.mark.parametrize("agent", ["mle_star", "automl"])
def test_it_is_told_without_prose(agent: str) -> None:
    entries = play(agent, budget=Budget(cpu_seconds=5.0 if agent == "mle_star" else 0.4))
    won = attempt_report(tell(entries)).split("### Why the winner won\n")[1].split("\n## ")[0]
    assert "No prose: the reporter was not asked." in won
    assert "no run on all rows was handed in" in won


def test_titles_of_models_stay_text() -> None:
    chat = model(aide_drafter=[improved("![a](b) <i>", 0.5)], aide_improver=[fence(script(0.25))])
    text = why_it_won(tell(play("aide", chat, steps=2, drafts=1)))
    assert "<i" not in text
    assert "![" not in text
    assert "draft: " in text
