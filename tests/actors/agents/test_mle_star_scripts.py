"""What surrounds every script of MLE-STAR: its checks, debugging, the way it is handed in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from doubles import FakeExecutor, cards, fence, script
from scriptedstar import (
    BLOCK,
    CLEAN,
    RESTARTED,
    USED,
    LastScore,
    answers,
    replaced,
    run,
    section,
    stage1,
    winner,
)

from actors.contracts import (
    AgentSettings,
    ChatRequest,
    Ending,
    ExitStatus,
)
from actors.models.scripted import ScriptedModel
from scratchpad.records import Kind


@pytest.mark.parametrize("status", [s for s in ExitStatus if s not in (ExitStatus.OK, *RESTARTED)])
def test_no_ending_but_a_good_one_gives_a_score_and_the_debugger_sees_the_output(status: ExitStatus) -> None:
    """The submission that stands there when a limit ends a script does not count."""
    stopped = fence(f"STATUS = {status}\n" + script(0.9))
    model = ScriptedModel(answers(retriever=[cards("a")], initialiser=[stopped]))
    _, entries = run(model, stage1(models=1))
    first = next(e for e in entries if e.kind is Kind.EVALUATION)
    assert first.score is None
    seen = model.asked("debugger")[0]
    assert f"status: {status}" in seen
    assert "Final Validation Performance: 0.9" in seen
    assert winner(entries) == 0.45


@pytest.mark.parametrize("checker", ["leakage_checker", "data_usage_checker"])
def test_every_script_is_checked_before_it_runs(checker: str) -> None:
    """Candidates, merges, ablations, refinements, ensembles, the final one, repairs and revisions of all."""

    def crash_once(request: ChatRequest) -> str:
        return fence(section(request, "Script").replace("CRASH = True", "# debugged"))

    def final(request: ChatRequest) -> str:
        return fence(section(request, "Script") + "# final\nCRASH = True\n")

    def revised(request: ChatRequest) -> str:
        text = section(request, "Script")
        return USED if "# revised" in text else fence(text + "# revised\n")

    model = ScriptedModel(
        answers(
            initialiser=[fence(script(0.3, BLOCK, "# initial", crash=True))],
            data_usage_checker=[USED if checker == "data_usage_checker" else revised],
            ablator=[fence("print('ablation')\nCRASH = True\n")],
            coder=replaced(0.6),
            debugger=[crash_once],
            submitter=[final],
        )
    )
    executor = LastScore()
    run(model, AgentSettings(outer_steps=1, inner_steps=1, ensemble_rounds=1), executor)
    seen = [section(r, "Script") for r in model.requests if r.role == checker]
    ran = {request.script.rstrip() for request in executor.whole}
    assert ran <= {text.rstrip() for text in seen}
    whole = "\n".join(seen)
    marks = ["# initial", "# merged", "'ablation'", "'new'", "# ensemble", "# final", "# debugged"]
    marks += ["# revised"] if checker == "leakage_checker" else []
    assert [mark for mark in marks if mark not in whole] == []


def test_a_leak_is_repaired_before_the_script_runs() -> None:
    leak = json.dumps({"leaky": True, "why": "scaler", "block": "# card a", "repaired": "# fixed"})

    def judge(request: Any) -> str:
        return leak if "# card a\n" in section(request, "Script") else CLEAN

    model = ScriptedModel(answers(leakage_checker=[judge]))
    executor = FakeExecutor()
    run(model, stage1(), executor)
    assert not any("# card a" in r.script for r in executor.runs)
    assert any("# fixed" in r.script for r in executor.runs)


def test_a_printed_score_far_above_the_measured_one_is_evidence() -> None:
    boast = script(0.2, "# boast", printed=0.99)

    def judge(request: Any) -> str:
        text = request.messages[-1].content
        if "## Evidence" in text:
            assert "0.99" in text
            assert "0.2" in text
            return json.dumps(
                {"leaky": True, "why": "fitted on it", "block": "# boast", "repaired": "PRINTED = 0.2"}
            )
        return CLEAN

    model = ScriptedModel(
        answers(retriever=[cards("a")], initialiser=[fence(boast)], leakage_checker=[judge])
    )
    _, entries = run(model, stage1(models=1))
    repaired = [e for e in entries if e.kind is Kind.EVALUATION and "leak repaired" in e.title]
    assert [e.score for e in repaired] == [0.2]


@pytest.mark.parametrize(
    ("judge", "off", "words"),
    [
        ([CLEAN], (), "No leak was found"),
        (["I cannot say."], (), "gave no verdict"),
        ([CLEAN], ("leakage_checker",), "gave no verdict"),
        (
            [json.dumps({"leaky": True, "why": "w", "block": "# boast", "repaired": "CRASH = True"})],
            (),
            "repair does not run",
        ),
    ],
)
def test_what_became_of_the_evidence_is_told_as_it_is(
    judge: list[str], off: tuple[str, ...], words: str
) -> None:
    """Whatever the checker makes of it, the measured score counts."""
    boast = fence(script(0.2, "# boast", printed=0.99))
    verdicts = [CLEAN, *judge] if judge != [CLEAN] else judge
    model = ScriptedModel(
        answers(retriever=[cards("a")], initialiser=[boast], leakage_checker=verdicts, debugger=["no"])
    )
    _, entries = run(model, stage1(models=1, roles_off=off))
    told = [e.content for e in entries if e.kind is Kind.DECISION and e.title == "leakage evidence"]
    assert len(told) == 1
    assert words in told[0]
    assert winner(entries) == 0.2


def test_debugging_stops_at_the_limit_and_sees_output_and_traceback() -> None:
    crash = fence(script(0.9, crash=True))
    model = ScriptedModel(answers(retriever=[cards("a")], initialiser=[crash], debugger=[crash]))
    end, _ = run(model, stage1(models=1, debug_tries=3))
    assert len(model.asked("debugger")) == 3
    assert "Traceback: boom" in model.asked("debugger")[0]
    assert "Final Validation Performance" in model.asked("debugger")[0]
    assert end.ending is Ending.AGENT_ERROR
    assert "none of 1 initial scripts" in end.fault


def test_the_debugger_sees_how_earlier_versions_failed() -> None:
    crash = fence(script(0.9, crash=True))
    model = ScriptedModel(answers(retriever=[cards("a")], initialiser=[crash], debugger=[crash]))
    run(model, stage1(models=1, debug_tries=3))
    first, second, third = model.asked("debugger")
    assert "## Earlier failures" not in first
    assert "### Failure 1\nstatus: failed; Traceback: boom" in second
    assert "### Failure 2\nstatus: failed; Traceback: boom" in third


def test_the_submitters_script_is_handed_in_repaired_or_as_the_winner_was() -> None:
    def changed(request: ChatRequest) -> str:
        return fence(section(request, "Script") + "# all rows\n")

    def broken(request: ChatRequest) -> str:
        return fence(section(request, "Script") + "# all rows\nCRASH = True\n")

    def mended(request: ChatRequest) -> str:
        return fence(section(request, "Script").replace("CRASH = True", "# mended"))

    for submitter, debugger, handed_in in (
        (changed, "no", "# all rows"),
        (broken, mended, "# mended"),
        (broken, "no", "# merged"),
    ):
        model = ScriptedModel(
            answers(submitter=[submitter], debugger=[debugger], merger=[fence(script(0.6, "# merged"))])
        )
        end, entries = run(model, stage1())
        assert end.ending is Ending.FINISHED
        submitted = [e.content for e in entries if e.kind is Kind.SUBMISSION]
        assert len(submitted) == 1
        assert submitted[0].rstrip().endswith(handed_in)
