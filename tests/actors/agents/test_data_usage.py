"""The data-usage checker around every script: what it is told, and what becomes of its revisions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from doubles import cards, fence, script
from scriptedstar import BLOCK, CLEAN, USED, LastScore, answers, replaced, run, section, stage1, winner

from actors.contracts import AgentSettings, ChatReply, ChatRequest
from actors.models.scripted import ScriptedModel
from actors.roles.data_usage_checker import ABLATION
from scratchpad.records import Entry, Kind

SHORT = AgentSettings(models=1, outer_steps=1, inner_steps=1, ensemble_rounds=1)


def revising(mark: str, addition: str) -> Callable[[ChatRequest], str]:
    """A checker that finds something ignored in the scripts with a mark, once."""

    def answer(request: ChatRequest) -> str:
        text = section(request, "Script")
        return fence(text + addition) if mark in text and addition not in text else USED

    return answer


def told(model: ScriptedModel) -> list[str]:
    """How each script that the checker saw came about."""
    return [p.partition("## How it came about\n\n")[2].strip() for p in model.asked("data_usage_checker")]


def decided(entries: list[Entry]) -> list[str]:
    return [e.content for e in entries if e.kind is Kind.DECISION and e.title.startswith("data usage")]


@pytest.mark.parametrize("score", [0.55, 0.45])
def test_a_revision_that_runs_is_kept_whatever_it_scores(score: float) -> None:
    model = ScriptedModel(answers(data_usage_checker=[revising("", f"SCORE = {score}\n# revised\n")]))
    _, entries = run(model, stage1(), LastScore())
    assert winner(entries) == score
    assert decided(entries) == []


@pytest.mark.parametrize("mark", ["# card a", "# merged", "'new'", "# ensemble"])
def test_a_revision_that_does_not_run_leaves_the_script_as_it_was(mark: str) -> None:
    model = ScriptedModel(
        answers(
            initialiser=[fence(script(0.5, BLOCK, "# card a"))],
            merger=[fence(script(0.6, BLOCK, "# merged"))],
            coder=replaced(0.7),
            ensembler=[fence(script(0.8, "# ensemble"))],
            data_usage_checker=[revising(mark, "CRASH = True\n")],
            debugger=["no"],
        )
    )
    _, entries = run(model, AgentSettings(outer_steps=1, inner_steps=1, ensemble_rounds=1), LastScore())
    assert winner(entries) == 0.8
    assert set(decided(entries)) == {"the revised script does not run; the script as it was counts"}
    crashed = [e for e in entries if e.kind is Kind.EVALUATION and "CRASH" in e.content]
    assert crashed
    assert all(e.score is None for e in crashed)


def test_so_do_revisions_of_the_ablation_study_and_of_the_final_script() -> None:
    def final(request: ChatRequest) -> str:
        return fence(section(request, "Script") + "# final\n")

    for mark in ("'ablation'", "# final"):
        model = ScriptedModel(
            answers(data_usage_checker=[revising(mark, "CRASH = True\n")], submitter=[final], debugger=["no"])
        )
        _, entries = run(model, AgentSettings(outer_steps=1, inner_steps=1, ensemble_rounds=0), LastScore())
        assert len(decided(entries)) == 1
        assert "Traceback" not in model.asked("summariser")[0]
        assert [e.content.rstrip().endswith("# final") for e in entries if e.kind is Kind.SUBMISSION] == [
            True
        ]


def test_a_revision_is_debugged_before_it_is_given_up() -> None:
    def mended(request: ChatRequest) -> str:
        return fence(section(request, "Script").replace("CRASH = True", "SCORE = 0.9"))

    model = ScriptedModel(
        answers(data_usage_checker=[revising("# card a", "CRASH = True\n"), USED], debugger=[mended])
    )
    _, entries = run(model, stage1(models=1), LastScore())
    assert winner(entries) == 0.9
    assert decided(entries) == []


def test_a_repair_whose_revision_does_not_run_is_kept_as_it_was() -> None:
    def spoilt(request: ChatRequest) -> str:
        text = section(request, "Script")
        return fence(text + "CRASH = True\n") if "# debugged" in text else USED

    for tries in (1, 3):
        model = ScriptedModel(
            answers(
                retriever=[cards("a")],
                initialiser=[fence(script(0.3, BLOCK, crash=True))],
                data_usage_checker=[spoilt],
            )
        )
        _, entries = run(model, stage1(models=1, debug_tries=tries), LastScore())
        assert winner(entries) == 0.45
        assert len(model.asked("debugger")) == 1


@pytest.mark.parametrize("end", ["", "\n\n"])
def test_the_script_itself_is_no_revision(end: str) -> None:
    """Some models answer with the whole script where a line would do."""

    def echo(request: ChatRequest) -> str:
        return fence(section(request, "Script") + end)

    model = ScriptedModel(
        answers(
            retriever=[cards("a")],
            initialiser=[fence(script(0.3, crash=True))],
            data_usage_checker=[echo],
            debugger=["no"],
        )
    )
    executor = LastScore()
    run(model, stage1(models=1), executor)
    assert len(executor.whole) == 1


def test_a_leak_that_a_revision_brings_in_is_repaired_before_it_runs() -> None:
    leak = '{"leaky": true, "why": "w", "block": "# revised", "repaired": "# safe"}'

    def judge(request: ChatRequest) -> str:
        return leak if "# revised" in section(request, "Script") else CLEAN

    model = ScriptedModel(
        answers(data_usage_checker=[revising("# card a", "# revised\n")], leakage_checker=[judge])
    )
    executor = LastScore()
    run(model, stage1(models=1), executor)
    assert executor.whole
    assert all("# safe" in request.script and "# revised" not in request.script for request in executor.whole)


def test_the_two_checkers_read_a_script_beside_each_other() -> None:
    """Neither answers before the other was asked."""
    both = asyncio.Barrier(2)

    class Waiting(ScriptedModel):
        async def complete(self, request: ChatRequest) -> ChatReply:
            if request.role in ("data_usage_checker", "leakage_checker"):
                async with asyncio.timeout(10):
                    await both.wait()
            return await super().complete(request)

    model = Waiting(answers(retriever=[cards("a")], coder=replaced(0.6)))
    _, entries = run(model, SHORT, LastScore())
    assert winner(entries) == 0.6
    assert len(model.asked("data_usage_checker")) == len(model.asked("leakage_checker")) == 4


def test_the_checker_is_told_what_was_left_out_on_purpose() -> None:
    """Plans that led here, an ablation, failures that a repair took out; nothing of other scripts."""
    model = ScriptedModel(
        answers(
            retriever=[cards("a")],
            initialiser=[fence(script(0.5, BLOCK, "# card a", crash=True))],
            coder=replaced(0.6),
            planner=["a plan that lost"],
        )
    )
    run(model, SHORT, LastScore())
    first, repair, study, refined, ensemble = told(model)
    assert first == "### Step 1\na"
    assert repair == "### Step 1\na\n\n### Step 2\nrepaired after status: failed; Traceback: boom"
    lineage = "### Step 1\na; repaired after status: failed; Traceback: boom\n\n### Step 2\na, repair 1"
    assert study == f"{lineage}\n\n### Step 3\n{ABLATION}"
    assert refined == f"{lineage}\n\n### Step 3\nrefined: plan 0"
    assert ensemble == f"{lineage}\n\n### Step 3\nrefined: plan 0\n\n### Step 4\nensemble: mix A"


def test_a_merge_is_told_with_both_of_its_scripts() -> None:
    model = ScriptedModel(answers(retriever=[cards("a", "b")]))
    run(model, stage1(models=2), LastScore())
    assert told(model)[-1] == "### Step 1\na\n\n### Step 2\nb\n\n### Step 3\nmerge"


def test_a_script_that_the_evidence_had_repaired_says_why() -> None:
    boast = script(0.2, "# boast", printed=0.99)
    repair = '{"leaky": true, "why": "it reads the label", "block": "# boast", "repaired": "PRINTED = 0.2"}'
    model = ScriptedModel(
        answers(retriever=[cards("a")], initialiser=[fence(boast)], leakage_checker=[CLEAN, repair, CLEAN])
    )
    run(model, stage1(models=1))
    assert "the leakage checker found: it reads the label" in told(model)[-1]
    assert told(model)[-1].endswith("a, leak repaired")


def test_switched_off_it_is_never_asked_and_an_unusable_answer_changes_nothing() -> None:
    off = ScriptedModel(answers())
    run(off, AgentSettings(roles_off=("data_usage_checker",)), LastScore())
    assert off.asked("data_usage_checker") == []
    mute = ScriptedModel(answers(data_usage_checker=["I cannot say."]))
    _, entries = run(mute, stage1(), LastScore())
    assert winner(entries) == 0.5
    assert all(words.startswith("no usable answer") for words in decided(entries))
    assert decided(entries)
