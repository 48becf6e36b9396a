"""A whole MLE-STAR attempt: what runs side by side, what can be switched off, resume and budget."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from doubles import FakeExecutor, Killed, cards, fence, script
from scriptedstar import BLOCK, LastScore, answers, replaced, run, stage1, winner

from actors.agents.mle_star import asked_roles
from actors.contracts import (
    AgentSettings,
    Budget,
    ChatReply,
    ChatRequest,
    Ending,
    ExecutionRequest,
)
from actors.models.scripted import ScriptedModel
from scratchpad.client import LocalClient
from scratchpad.records import Kind


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


def test_without_an_initialiser_the_code_of_the_cards_is_what_runs() -> None:
    """A debugger makes a program of what is only an example."""
    shown = {"a": script(0.5, BLOCK, "# card a"), "b": "CRASH = True\n# an example\n"}
    told = json.dumps([{"name": n, "why": "because", "code": code} for n, code in shown.items()])
    model = ScriptedModel(answers(retriever=[told], debugger=[fence(script(0.7, "# made of it"))]))
    end, entries = run(model, stage1(models=2, roles_off=("initialiser", "merger")))
    assert end.ending is Ending.FINISHED, end.fault
    assert not model.asked("initialiser")
    scored = {e.title: e.score for e in entries if e.kind is Kind.EVALUATION and e.score is not None}
    assert scored["a"] == 0.5
    assert scored["b, repair 1"] == 0.7


@pytest.mark.parametrize("effort", [AgentSettings(), stage1(), stage1(models=1)])
def test_the_roles_whose_actors_start_with_the_sweep_are_those_that_are_asked(effort: AgentSettings) -> None:
    _, entries = run(ScriptedModel(answers()), effort)
    asked = {entry.role for entry in entries if entry.kind is Kind.ASK}
    assert asked == set(asked_roles(effort))


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
