"""AIDE's search policy, against a scripted model."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from doubles import BRIEF, FakeExecutor, Killed, data, fence, script, services, spec

from actors.agents.registry import AGENTS
from actors.contracts import AgentSettings, Budget, Ending, TaskBrief
from actors.host import AttemptEnd, AttemptHost
from actors.models.scripted import ScriptedModel
from scratchpad.client import LocalClient
from scratchpad.records import Entry, Kind
from scratchpad.schema import to_entries

PROSE = "### Why the winner won\nIt did."


def draft(number: int, score: float, **more: Any) -> str:
    return f"Plan of draft {number}.\n\n{fence(script(score, f'# draft {number}', **more))}"


def drafts(*scores: float | None) -> list[str]:
    """Drafts with these scores, None for one that crashes."""
    return [draft(n, s or 0.0, crash=s is None) for n, s in enumerate(scores)]


def change(*scores: float | None) -> list[Any]:
    """Improvements of the script they are shown, None for one that crashes."""

    def one(number: int, score: float | None) -> Any:
        def answer(request: Any) -> str:
            base = shown(request.messages[-1].content)
            marks = "".join(f"{m}\n" for m in re.findall(r"^# .*", base, re.MULTILINE))
            text = script(score or 0.0, marks + f"# change {number}", crash=score is None)
            return f"Change {number}.\n\n{fence(text)}"

        return answer

    return [one(n, s) for n, s in enumerate(scores)]


def shown(prompt: str) -> str:
    found = re.search(r"## Script\n\n```python\n(.*?)```", prompt, re.DOTALL)
    assert found
    return found[1]


def run(
    answers: dict[str, list[Any]] | ScriptedModel,
    *,
    executor: FakeExecutor | None = None,
    client: LocalClient | None = None,
    budget: Budget | None = None,
    seed: int = 7,
    brief: TaskBrief = BRIEF,
    off: tuple[str, ...] = (),
    **options: float,
) -> tuple[ScriptedModel, AttemptEnd, list[Entry]]:
    client = client or LocalClient()
    model = answers if isinstance(answers, ScriptedModel) else ScriptedModel({"reporter": [PROSE]} | answers)
    settings = AgentSettings(options=options, roles_off=off)
    host = AttemptHost(services(model, executor), client, AGENTS)
    end = asyncio.run(host.run(spec(settings, budget, agent="aide", seed=seed), data(brief)))
    return model, end, to_entries(client.snapshot())


def nodes(entries: list[Entry]) -> list[Entry]:
    return [e for e in entries if e.kind is Kind.EVALUATION]


def asked(model: ScriptedModel) -> list[str]:
    return [r.role for r in model.requests if r.role != "reporter"]


def submitted(entries: list[Entry]) -> Entry:
    return next(e for e in reversed(entries) if e.kind is Kind.SUBMISSION)


def test_five_drafts_come_first_and_each_sees_the_earlier_ones() -> None:
    answers = {"aide_drafter": drafts(0.1, 0.5, 0.2, None, 0.3), "aide_improver": change(0.6)}
    model, end, entries = run(answers, steps=8, debug_probability=0)
    assert asked(model) == ["aide_drafter"] * 5 + ["aide_improver"] * 3
    assert [e.parents for e in nodes(entries)[:5]] == [()] * 5
    fifth = model.asked("aide_drafter")[4]
    assert "plan: Plan of draft 1.\n  score: 0.5" in fifth
    assert "plan: Plan of draft 3.\n  score: failed" in fifth
    assert "none yet" in model.asked("aide_drafter")[0]
    assert end.ending is Ending.FINISHED


def test_fewer_steps_or_less_budget_make_fewer_drafts() -> None:
    model, _, entries = run({"aide_drafter": drafts(0.1, 0.3, 0.2)}, steps=3)
    assert len(nodes(entries)) == 3
    assert "# draft 1" in submitted(entries).content
    model, end, entries = run({"aide_drafter": drafts(0.1, 0.3, 0.2)}, budget=Budget(cpu_seconds=0.9))
    assert len(nodes(entries)) == 2
    assert asked(model) == ["aide_drafter"] * 2
    assert end.ending is Ending.BUDGET
    assert "# draft 1" in submitted(entries).content


def test_the_best_node_is_improved_greedily_one_step_at_a_time() -> None:
    model, _, entries = run(
        {"aide_drafter": drafts(0.3, 0.5), "aide_improver": change(0.4, 0.6, 0.55)},
        drafts=2, steps=5, debug_probability=0,
    )  # fmt: skip
    bases = [shown(prompt) for prompt in model.asked("aide_improver")]
    assert ["# draft 1" in b for b in bases] == [True] * 3
    assert ["# change 1" in b for b in bases] == [False, False, True]
    assert ["# change 0" in b for b in bases] == [False] * 3
    keys = [e.key for e in nodes(entries)]
    assert [e.parents for e in nodes(entries)] == [(), (), (keys[1],), (keys[1],), (keys[3],)]
    assert "plan: Change 0.\n  score: 0.4" in model.asked("aide_improver")[1]
    assert "# change 1" in submitted(entries).content
    assert submitted(entries).parents == (keys[3],)


def test_of_equal_nodes_the_earliest_is_kept() -> None:
    _, _, entries = run({"aide_drafter": drafts(0.5, 0.5)}, drafts=2, steps=2)
    assert submitted(entries).parents == (nodes(entries)[0].key,)


def test_the_smaller_score_is_better_where_the_metric_says_so() -> None:
    brief = replace(BRIEF, metric="rmse", direction="minimize")
    _, _, entries = run({"aide_drafter": drafts(0.5, 0.2, 0.4)}, drafts=3, steps=3, brief=brief)
    assert "# draft 1" in submitted(entries).content


def test_a_failed_node_is_never_the_best() -> None:
    _, _, entries = run(
        {"aide_drafter": drafts(-4.0, None, -5.0), "aide_improver": change(None)},
        drafts=3, steps=5, debug_probability=0,
    )  # fmt: skip
    assert "# draft 0" in submitted(entries).content
    crashed = [e for e in nodes(entries) if e.error]
    assert len(crashed) == 3
    assert all(e.score is None for e in crashed)


def test_only_broken_leaves_are_repaired_and_not_too_often_in_a_row() -> None:
    broken = fence(script(0.0, "# still broken", crash=True))
    model, _, entries = run(
        {"aide_drafter": drafts(0.3, None), "debugger": [broken], "aide_improver": change(0.1)},
        drafts=2, steps=8, debug_probability=1, max_debug_depth=3,
    )  # fmt: skip
    assert asked(model)[2:] == ["debugger"] * 3 + ["aide_improver"] * 3
    tree = nodes(entries)
    assert [e.parents for e in tree[2:5]] == [(tree[1].key,), (tree[2].key,), (tree[3].key,)]
    first = model.asked("debugger")[0]
    assert "# draft 1" in first
    assert "Traceback: boom" in first


def test_a_repaired_node_is_no_longer_a_leaf_and_can_win() -> None:
    fixed = fence(script(0.9, "# fixed"))
    model, _, entries = run(
        {"aide_drafter": drafts(0.3, None), "debugger": [fixed], "aide_improver": change(0.1)},
        drafts=2, steps=5, debug_probability=1,
    )  # fmt: skip
    assert asked(model)[2:] == ["debugger"] + ["aide_improver"] * 2
    assert "# fixed" in shown(model.asked("aide_improver")[0])
    assert "plan: Plan of draft 1.\n  score: 0.9" in model.asked("aide_improver")[0]
    assert "# fixed" in submitted(entries).content


@pytest.mark.parametrize(("probability", "role"), [(0.0, "aide_improver"), (1.0, "debugger")])
def test_the_ends_of_the_debug_probability(probability: float, role: str) -> None:
    for seed in range(5):
        model, _, _ = run(
            {
                "aide_drafter": drafts(0.3, None),
                "aide_improver": change(0.1),
                "debugger": [fence(script(0.1))],
            },
            seed=seed, drafts=2, steps=3, debug_probability=probability,
        )  # fmt: skip
        assert asked(model)[2] == role


def test_the_debug_probability_is_respected_between_its_ends() -> None:
    first: Counter[str] = Counter()
    for seed in range(60):
        model, _, _ = run(
            {
                "aide_drafter": drafts(0.3, None),
                "aide_improver": change(0.1),
                "debugger": [fence(script(0.1))],
            },
            seed=seed, drafts=2, steps=3, debug_probability=0.25,
        )  # fmt: skip
        first[asked(model)[2]] += 1
    assert 5 <= first["debugger"] <= 25


def test_it_drafts_anew_while_nothing_works() -> None:
    model, end, _ = run(
        {"aide_drafter": drafts(None, None, None, 0.4)}, drafts=2, steps=4, debug_probability=0
    )
    assert asked(model) == ["aide_drafter"] * 4
    assert end.ending is Ending.FINISHED
    _, end, _ = run({"aide_drafter": drafts(None)}, steps=3, debug_probability=0)
    assert end.ending is Ending.AGENT_ERROR
    assert "none of 3 scripts" in end.fault


def test_an_unreadable_proposal_is_asked_again_twice_and_then_costs_its_step() -> None:
    no_plan = fence(script(0.9, "# no plan"))
    answers = {"aide_drafter": [no_plan, no_plan, "Only talk.", *drafts(0.1, 0.2)]}
    model, end, entries = run(answers, drafts=2, steps=3)
    assert asked(model) == ["aide_drafter"] * 5
    assert len(nodes(entries)) == 2
    lost = [e for e in entries if e.kind is Kind.DECISION and e.title == "step lost"]
    assert len(lost) == 1
    assert "no ```python block" in lost[0].content
    complaint = model.requests[1].messages[-1].content
    assert "has no plan" in complaint
    assert end.ending is Ending.FINISHED


@pytest.mark.parametrize("role", ["aide_improver", "debugger", "reporter"])
def test_roles_can_be_switched_off(role: str) -> None:
    model, end, _ = run(
        {"aide_drafter": drafts(0.3, None), "aide_improver": change(0.1), "debugger": [fence(script(0.1))]},
        off=(role,), drafts=2, steps=6,
    )  # fmt: skip
    assert end.ending is Ending.FINISHED
    assert not model.asked(role)


def test_nobody_readies_or_checks_what_aide_hands_in() -> None:
    model, _, entries = run({"aide_drafter": drafts(0.3)}, drafts=1, steps=1)
    assert {r.role for r in model.requests} == {"aide_drafter", "reporter"}
    assert submitted(entries).content == nodes(entries)[0].content


def test_an_attempt_resumed_at_any_execution_repeats_nothing() -> None:
    answers: dict[str, list[Any]] = {
        "aide_drafter": drafts(0.3, None, 0.2),
        "aide_improver": change(0.4, None, 0.5, 0.45, 0.6),
        "debugger": [fence(script(0.35, "# fixed", crash=True))],
    }
    options = {"drafts": 3, "steps": 10}
    whole = FakeExecutor()
    _, _, undisturbed = run(answers, executor=whole, **options)
    assert {"aide_improver", "debugger"} <= {e.role for e in undisturbed}
    for stop in range(len(whole.runs)):
        client = LocalClient()
        first, second = FakeExecutor(die_at=stop), FakeExecutor()
        model = ScriptedModel({"reporter": [PROSE]} | answers)
        with pytest.raises(Killed):
            run(model, executor=first, client=client, **options)
        _, end, entries = run(model, executor=second, client=client, **options)
        assert end.starts == 2
        assert len(first.runs) + len(second.runs) == len(whole.runs)
        steps = [(e.key, e.score) for e in entries if e.is_step]
        assert steps == [(e.key, e.score) for e in undisturbed if e.is_step]
