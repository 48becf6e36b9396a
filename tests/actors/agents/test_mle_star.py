"""MLE-STAR step by step, against a scripted model."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from doubles import BRIEF, FakeExecutor, Killed, cards, data, fence, script, services, spec

from actors.agents.registry import AGENTS
from actors.contracts import (
    AgentSettings,
    AttemptSpec,
    Budget,
    ChatReply,
    ChatRequest,
    Ending,
    ExecutionRequest,
    ExitStatus,
    TaskData,
)
from actors.host import AttemptEnd, AttemptHost
from actors.models.scripted import ScriptedModel
from scratchpad.client import LocalClient
from scratchpad.records import Entry, Kind
from scratchpad.schema import to_entries

CLEAN = json.dumps({"leaky": False, "why": "", "block": "", "repaired": ""})
USED = "All the provided information is used."
BLOCK = "model = 'old'"
RESTARTED = (ExitStatus.LOST, ExitStatus.CANCELLED)  # they say nothing of the script


def answers(**more: list[Any]) -> dict[str, list[Any]]:
    base: dict[str, list[Any]] = {
        "data_profiler": [json.dumps({"traps": ["a trap"], "advice": []})],
        "retriever": [cards("a", "b", "c")],
        "initialiser": [by_card({"a": 0.5, "b": 0.4, "c": 0.3})],
        "merger": [fence(script(0.1, "# merged"))],
        "data_usage_checker": [USED],
        "leakage_checker": [CLEAN],
        "ablator": [fence("print('ablation')\n")],
        "summariser": ["- model: matters"],
        "extractor": [json.dumps({"block": BLOCK, "plan": "plan 0"})],
        "planner": ["plan 1", "plan 2", "plan 3"],
        "coder": [fence("model = 'new'\n")],
        "ensemble_planner": ["mix A", "mix B", "mix C"],
        "ensembler": [fence(script(0.2, "# ensemble"))],
        "debugger": [fence(script(0.45, BLOCK, "# debugged"))],
        "submitter": [lambda r: fence(section(r, "Script"))],
        "reporter": ["### Why the winner won\nIt did."],
    }
    return base | more


def section(request: Any, title: str) -> str:
    found = re.search(rf"## {title}\n\n```python\n(.*?)```", request.messages[-1].content, re.DOTALL)
    assert found
    return found[1]


def by_card(scores: Mapping[str, float | str]) -> Any:
    def answer(request: Any) -> str:
        name = re.search(r'"name": "([^"]+)"', request.messages[-1].content)
        assert name
        return fence(script(scores.get(name[1], 0.35), BLOCK, f"# card {name[1]}"))

    return answer


def run(
    model: ScriptedModel,
    settings: AgentSettings | None = None,
    executor: FakeExecutor | None = None,
    *,
    budget: Budget | None = None,
    client: LocalClient | None = None,
    task: TaskData | None = None,
    **more: Any,
) -> tuple[AttemptEnd, list[Entry]]:
    client = client or LocalClient()
    attempt: AttemptSpec = spec(settings, budget, **more)
    host = AttemptHost(services(model, executor), client, AGENTS)
    end = asyncio.run(host.run(attempt, task or data()))
    return end, to_entries(client.snapshot())


def stage1(**more: Any) -> AgentSettings:
    return AgentSettings(outer_steps=0, ensemble_rounds=0, **more)


def winner(entries: list[Entry]) -> float | None:
    return next(e.score for e in reversed(entries) if e.kind is Kind.SUBMISSION)


def test_merging_goes_from_the_best_and_stops_at_the_first_that_does_not_improve() -> None:
    merges = [fence(script(0.6, "# ab")), fence(script(0.59, "# abc")), fence(script(0.9, "# never"))]
    names = ("a", "b", "c", "d")
    scores = by_card({"a": 0.3, "b": 0.5, "c": 0.2, "d": 0.4})
    model = ScriptedModel(answers(retriever=[cards(*names)], initialiser=[scores], merger=merges))
    end, entries = run(model, stage1(models=4))
    asked = model.asked("merger")
    assert len(asked) == 2
    assert "# card b" in asked[0].split("## Other script")[0]
    assert "# card d" in asked[0].split("## Other script")[1]
    assert "# ab" in asked[1].split("## Other script")[0]
    assert "# card a" in asked[1].split("## Other script")[1]
    assert winner(entries) == 0.6
    assert end.ending is Ending.FINISHED


def test_a_merge_that_ties_is_accepted() -> None:
    model = ScriptedModel(answers(merger=[fence(script(0.5, "# tie")), fence(script(0.4, "# worse"))]))
    _, entries = run(model, stage1())
    submitted = next(e for e in entries if e.kind is Kind.SUBMISSION)
    assert "# tie" in submitted.content


def test_data_usage_revision_is_kept_only_if_it_runs() -> None:
    revised = fence(script(0.55, "# revised", crash=True))
    broken = ScriptedModel(answers(data_usage_checker=[revised], debugger=[revised]))
    _, entries = run(broken, stage1())
    assert winner(entries) == 0.5
    for score in (0.55, 0.45):  # more data is kept even where it scores less
        works = ScriptedModel(answers(data_usage_checker=[fence(script(score, "# revised"))]))
        _, entries = run(works, stage1())
        assert winner(entries) == score


def replaced(*scores: float | str | None) -> list[str]:
    """Coder's answers: blocks that bring the script to these scores, None for a crash."""
    return [fence("CRASH = True\n" if s is None else f"model = 'new'\nSCORE = {s}\n") for s in scores]


def scored_last(request: Any) -> str:
    return section(request, "Script")


class LastScore(FakeExecutor):
    """A refined script sets SCORE again: the last assignment counts."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.whole: list[ExecutionRequest] = []  # as they came

    async def run(self, request: Any) -> Any:
        self.whole.append(request)
        found = re.findall(r"^SCORE = (\S+)", request.script, re.MULTILINE)
        text = re.sub(r"^(SCORE|PRINTED) = .*\n", "", request.script, flags=re.MULTILINE)
        head = f"SCORE = {found[-1]}\nPRINTED = {found[-1]}\n" if found else ""
        return await super().run(replace(request, script=head + text))


def test_the_last_inner_plan_counts_and_the_coder_starts_from_the_original_block() -> None:
    model = ScriptedModel(answers(coder=replaced(0.2, 0.3, 0.95), debugger=["no"]))
    settings = AgentSettings(outer_steps=1, inner_steps=3, ensemble_rounds=0)
    _, entries = run(model, settings, LastScore())
    assert winner(entries) == 0.95
    for prompt in model.asked("coder"):
        assert f"## Block\n\n```python\n{BLOCK}\n```" in prompt
        assert "model = 'new'" not in prompt


def test_planners_see_every_earlier_plan_and_score_failures_included() -> None:
    model = ScriptedModel(answers(coder=replaced(0.2, None, 0.3), debugger=["no"]))
    settings = AgentSettings(outer_steps=1, inner_steps=3, ensemble_rounds=0)
    run(model, settings, LastScore())
    first, second = model.asked("planner")
    assert "plan: plan 0\n  score: 0.2" in first
    assert "plan: plan 0\n  score: 0.2" in second
    assert "plan: plan 1\n  score: failed" in second


def test_a_tied_refinement_is_accepted_and_a_worse_one_is_not() -> None:
    settings = AgentSettings(outer_steps=1, inner_steps=1, ensemble_rounds=0)
    for score, kept in ((0.5, True), (0.49, False)):
        model = ScriptedModel(answers(coder=replaced(score)))
        _, entries = run(model, settings, LastScore())
        submitted = next(e for e in entries if e.kind is Kind.SUBMISSION)
        assert ("model = 'new'" in submitted.content) is kept


def test_a_block_is_not_refined_twice() -> None:
    model = ScriptedModel(answers(coder=replaced(0.1)))
    settings = AgentSettings(outer_steps=2, inner_steps=1, ensemble_rounds=0)
    _, entries = run(model, settings, LastScore())
    assert len(model.asked("coder")) == 1
    assert "refined before" in model.asked("extractor")[-1]
    assert any("refined before" in (e.error or "") for e in entries)


def test_the_next_outer_step_starts_from_the_refined_script() -> None:
    picks = [json.dumps({"block": b, "plan": "p"}) for b in (BLOCK, "model = 'new'\nSCORE = 0.6")]
    model = ScriptedModel(
        answers(extractor=picks, coder=[*replaced(0.6), fence("model = 'newer'\nSCORE = 0.7\n")])
    )
    settings = AgentSettings(outer_steps=2, inner_steps=1, ensemble_rounds=0)
    _, entries = run(model, settings, LastScore())
    assert winner(entries) == 0.7
    assert "### Ablation 1" in model.asked("ablator")[1]


def test_ensembling_makes_r_rounds_and_a_better_final_is_kept() -> None:
    model = ScriptedModel(answers())
    _, entries = run(model, AgentSettings(outer_steps=0, ensemble_rounds=3, solutions=2))
    asked = model.asked("ensemble_planner")
    assert len(asked) == 3
    assert "none yet" in asked[0]
    assert "plan: mix A\n  score: 0.2" in asked[2]
    assert "plan: mix B\n  score: 0.2" in asked[2]
    assert winner(entries) == 0.5
    better = ScriptedModel(answers(ensembler=[fence(script(0.2)), fence(script(0.8)), fence(script(0.7))]))
    _, entries = run(better, AgentSettings(outer_steps=0, ensemble_rounds=3))
    assert winner(entries) == 0.8


def test_an_ensemble_that_ties_is_accepted_and_one_that_fails_is_told_to_the_planner() -> None:
    tie = ScriptedModel(answers(ensembler=[fence(script(0.5, "# tie"))]))
    _, entries = run(tie, AgentSettings(outer_steps=0, ensemble_rounds=1))
    assert "# tie" in next(e for e in entries if e.kind is Kind.SUBMISSION).content
    fails = fence(script(0.9, crash=True))
    model = ScriptedModel(answers(ensembler=[fails, "no code"], debugger=["no"]))
    run(model, AgentSettings(outer_steps=0, ensemble_rounds=3))
    assert "plan: mix A\n  score: failed" in model.asked("ensemble_planner")[1]
    assert "plan: mix B\n  score: failed" in model.asked("ensemble_planner")[2]


def test_where_less_is_better_the_least_score_wins() -> None:
    scores = by_card({"a": 0.3, "b": 0.5, "c": 0.4})
    merges = [fence(script(0.25, BLOCK, "# better")), fence(script(0.26, "# worse"))]
    model = ScriptedModel(answers(initialiser=[scores], merger=merges, coder=replaced(0.25, 0.24)))
    settings = AgentSettings(outer_steps=1, inner_steps=2, ensemble_rounds=0)
    loss = data(replace(BRIEF, metric="rmse", direction="minimize"))
    _, entries = run(model, settings, LastScore(), task=loss)
    assert "# card a" in model.asked("merger")[0].split("## Other script")[0]
    assert "base: 0.3, other: 0.4" in model.asked("merger")[0]
    assert winner(entries) == 0.24


def test_a_script_that_fails_on_any_fold_has_no_score() -> None:
    uneven = by_card({"a": "0.9/bad/0.9", "b": "0.1/0.2/0.3", "c": "0.1/0.1/0.1"})
    model = ScriptedModel(answers(initialiser=[uneven], merger=[fence(script(0.0))], debugger=["no"]))
    _, entries = run(model, stage1(), task=data(folds=3))
    assert winner(entries) == pytest.approx(0.2)
    failed = next(e for e in entries if e.kind is Kind.EVALUATION and e.error)
    assert failed.score is None
    assert "row 3 has no prediction" in (failed.error or "")


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


def test_planners_are_told_what_the_spread_of_the_folds_explains() -> None:
    clear, chance, worse = "0.6/0.8", "0.9/0.5", "0.4/0.6"
    model = ScriptedModel(
        answers(retriever=[cards("a")], initialiser=[fence(script("0.5/0.7", BLOCK))])
        | {"coder": replaced(clear, chance, worse, "0.1/0.1")}
    )
    settings = AgentSettings(models=1, outer_steps=1, inner_steps=4, ensemble_rounds=0)
    run(model, settings, LastScore(), task=data(folds=2))
    last = model.asked("planner")[-1]
    assert "## Score of the script\n\n0.6" in last
    told = re.findall(r"plan: (.*)\n  score: .*\n  against_the_script: (.*)", last)
    assert told == [("plan 0", "better"), ("plan 1", "within the spread"), ("plan 2", "worse")]


def test_a_crash_never_beats_a_negative_score() -> None:
    scores = by_card({"a": -2.0, "b": -1.0, "c": -3.0})

    def first_crashes(request: Any) -> str:
        text = scores(request)
        return text.replace("# card a", "# card a\nCRASH = True") if "# card a" in text else text

    model = ScriptedModel(
        answers(initialiser=[first_crashes], debugger=["no code"], merger=[fence(script(-9))])
    )
    _, entries = run(model, stage1())
    assert winner(entries) == -1.0
    failed = [e for e in entries if e.kind is Kind.EVALUATION and e.error]
    assert failed
    assert all(e.score is None for e in failed)


def test_every_script_is_checked_for_leakage_before_it_runs() -> None:
    """Candidates, merges, revisions, ablations, refinements, ensembles, the final one, repairs of all."""

    def crash_once(request: ChatRequest) -> str:
        return fence(section(request, "Script").replace("CRASH = True", "# debugged"))

    def final(request: ChatRequest) -> str:
        return fence(section(request, "Script") + "# final\nCRASH = True\n")

    model = ScriptedModel(
        answers(
            initialiser=[fence(script(0.3, BLOCK, "# initial", crash=True))],
            data_usage_checker=[fence(script(0.5, BLOCK, "# revised"))],
            ablator=[fence("print('ablation')\nCRASH = True\n")],
            coder=replaced(0.6),
            debugger=[crash_once],
            submitter=[final],
        )
    )
    executor = LastScore()
    run(model, AgentSettings(outer_steps=1, inner_steps=1, ensemble_rounds=1), executor)
    seen = [section(r, "Script") for r in model.requests if r.role == "leakage_checker"]
    ran = {request.script.rstrip() for request in executor.whole}
    assert ran <= {text.rstrip() for text in seen}
    whole = "\n".join(seen)
    marks = (
        "# initial",
        "# merged",
        "# revised",
        "'ablation'",
        "'new'",
        "# ensemble",
        "# final",
        "# debugged",
    )
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


def test_without_a_usable_retriever_each_script_chooses_its_model() -> None:
    model = ScriptedModel(answers(retriever=["no idea"]))
    end, entries = run(model, stage1())
    assert end.ending is Ending.FINISHED
    assert len(model.asked("initialiser")) == 3
    assert any("chosen by each script" in e.content for e in entries if e.kind is Kind.DECISION)
    few = ScriptedModel(answers(retriever=[cards("a", "b")]))
    _, entries = run(few, stage1())
    assert any("2 instead of 3" in e.content for e in entries if e.kind is Kind.DECISION)


def test_a_solution_without_a_script_that_runs_does_not_end_the_others() -> None:
    crash = fence(script(0.9, crash=True))
    model = ScriptedModel(
        answers(retriever=[cards("a")], initialiser=[crash, fence(script(0.4))], debugger=["no"])
    )
    end, entries = run(model, stage1(models=1, solutions=2))
    assert end.ending is Ending.FINISHED
    assert winner(entries) == 0.4
    assert any(e.title == "solution" and "given up" in e.content for e in entries)


def test_a_solution_goes_on_while_another_still_starts() -> None:
    """Solution 0 is refined while solution 1 has not scored its first script yet."""

    class Uneven(LastScore):
        async def run(self, request: ExecutionRequest) -> Any:
            if "# slow" in request.script:
                await asyncio.sleep(1.0)
            return await super().run(request)

    drafts = [fence(script(0.5, BLOCK)), fence(script(0.4, BLOCK, "# slow"))]
    model = ScriptedModel(answers(retriever=[cards("a")], initialiser=drafts, coder=replaced(0.6)))
    settings = AgentSettings(models=1, solutions=2, outer_steps=1, inner_steps=1, ensemble_rounds=0)
    _, entries = run(model, settings, Uneven())
    scored = [e.content for e in entries if e.kind is Kind.EVALUATION]
    assert "'new'" in scored[1]
    assert "# slow" in scored[2]


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


def test_candidates_and_solutions_run_beside_each_other() -> None:
    executor = FakeExecutor(delay=0.05)
    run(ScriptedModel(answers()), stage1(solutions=2), executor)
    assert executor.most_running == 6


def test_configured_plans_run_beside_each_other() -> None:
    executor = LastScore(delay=0.05)
    model = ScriptedModel(answers(coder=replaced(0.2, 0.3, 0.6), retriever=[cards("a")]))
    settings = AgentSettings(models=1, outer_steps=1, inner_steps=3, ensemble_rounds=0, parallel_plans=True)
    _, entries = run(model, settings, executor)
    assert executor.most_running == 3
    assert "plan: plan 0\n  score: pending" in model.asked("planner")[0]
    assert winner(entries) == 0.6


def test_a_configured_plans_script_runs_while_the_next_plan_is_made() -> None:
    executor = LastScore()
    running_then: list[int] = []

    class Slow(ScriptedModel):
        async def complete(self, request: ChatRequest) -> ChatReply:
            if request.role == "planner":
                await asyncio.sleep(0.3)
                running_then.append(len(executor.runs))
            return await super().complete(request)

    model = Slow(answers(coder=replaced(0.2, 0.3, 0.6), retriever=[cards("a")]))
    settings = AgentSettings(models=1, outer_steps=1, inner_steps=3, ensemble_rounds=0, parallel_plans=True)
    run(model, settings, executor)
    before = 2  # the initial script and the ablation
    assert running_then == [before + 1, before + 2]


@pytest.mark.parametrize(
    "role",
    [r for r in answers() if r != "initialiser"],
)
def test_every_role_can_be_switched_off(role: str) -> None:
    model = ScriptedModel(answers(coder=replaced(0.6)))
    settings = AgentSettings(outer_steps=1, inner_steps=2, ensemble_rounds=1, roles_off=(role,))
    end, _ = run(model, settings, LastScore())
    assert end.ending is Ending.FINISHED, end.fault
    assert not model.asked(role)


def test_an_attempt_resumed_at_any_execution_repeats_nothing() -> None:
    settings = AgentSettings(outer_steps=1, inner_steps=2, ensemble_rounds=1)
    whole = LastScore()
    _, undisturbed = run(ScriptedModel(answers(coder=replaced(0.6, 0.7))), settings, whole)
    for stop in range(0, len(whole.runs), 2):
        client = LocalClient()
        model = ScriptedModel(answers(coder=replaced(0.6, 0.7)))
        first = LastScore(die_at=stop)
        with pytest.raises(Killed):
            run(model, settings, first, client=client)
        second = LastScore()
        end, entries = run(model, settings, second, client=client)
        assert end.starts == 2
        assert len(first.runs) + len(second.runs) == len(whole.runs)
        assert winner(entries) == winner(undisturbed)
        steps = [e.key for e in entries if e.is_step]
        assert len(set(steps)) == len(steps)
        assert set(steps) == {e.key for e in undisturbed if e.is_step}


@pytest.mark.parametrize(
    ("budget", "ending"),
    [
        (Budget(cpu_seconds=2.0), Ending.BUDGET),
        (Budget(tokens=200), Ending.BUDGET),
        (Budget(dollars=0.0125), Ending.BUDGET),
        (Budget(wall_seconds=0.6), Ending.TIMEOUT),
    ],
)
def test_a_spent_budget_ends_with_the_best_submission_so_far(budget: Budget, ending: Ending) -> None:
    model = ScriptedModel(answers())
    executor = FakeExecutor(delay=0.25)
    end, entries = run(model, None, executor, budget=budget)
    assert end.ending is ending
    assert end.submission
    assert winner(entries) is not None
    assert entries[-1].kind is Kind.ENDING
