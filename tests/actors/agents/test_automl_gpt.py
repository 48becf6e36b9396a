"""AutoML-GPT: configured by predicted logs, one script, at most one repair."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from doubles import BRIEF, FakeExecutor, Killed, data, fence, script, services, spec
from madeup import made_up

import runners.tasks
from actors.agents.automl_gpt import compose
from actors.agents.automl_gpt.data_card import data_card
from actors.agents.automl_gpt.model_cards import BANK, most_similar
from actors.agents.registry import AGENTS
from actors.contracts import AgentSettings, Ending, TaskBrief
from actors.host import AttemptEnd, AttemptHost
from actors.models.scripted import ScriptedModel
from scratchpad.client import LocalClient
from scratchpad.records import Entry, Kind
from scratchpad.schema import to_entries

BROKEN = fence(script(0.9, "# broken", crash=True))


def plan(*predicted: float, **more: Any) -> str:
    """A plan whose configurations, named by their place, are predicted to end so."""
    rows = [
        {
            "settings": [{"name": "depth", "value": str(place)}],
            "predicted_log": [
                {"epoch": 1, "train": 0.9, "validation": 1 - value},
                {"epoch": 2, "train": 0.9, "validation": value},
            ],
        }
        for place, value in enumerate(predicted)
    ]
    base = {"processing": "scale", "model": "forest", "why": "robust", "configurations": rows}
    return json.dumps(base | more)


def run(
    answers: dict[str, list[Any]],
    brief: TaskBrief = BRIEF,
    executor: FakeExecutor | None = None,
    client: LocalClient | None = None,
    **options: float,
) -> tuple[ScriptedModel, AttemptEnd, list[Entry]]:
    client = client or LocalClient()
    usual: dict[str, list[Any]] = {
        "automl_gpt_planner": [plan(0.1, 0.4, 0.2, 0.3)],
        "automl_gpt_writer": [fence(script(0.5, "# written"))],
        "debugger": [fence(script(0.45, "# repaired"))],
        "reporter": ["### Why the winner won\nIt did."],
    }
    model = ScriptedModel(usual | answers)
    host = AttemptHost(services(model, executor), client, AGENTS)
    attempt = spec(AgentSettings(options=options), agent="automl_gpt")
    end = asyncio.run(host.run(attempt, data(brief)))
    return model, end, to_entries(client.snapshot())


def kinds(entries: list[Entry], kind: Kind) -> list[Entry]:
    return [e for e in entries if e.kind is kind]


def test_one_script_is_written_executed_once_and_handed_in() -> None:
    executor = FakeExecutor()
    model, end, entries = run({}, executor=executor)
    assert [r.role for r in model.requests] == ["automl_gpt_planner", "automl_gpt_writer", "reporter"]
    assert len(kinds(entries, Kind.EVALUATION)) == 1
    assert [r.bundle for r in executor.runs] == ["fold0", "public"]
    assert "# written" in kinds(entries, Kind.SUBMISSION)[0].content
    assert end.ending is Ending.FINISHED


@pytest.mark.parametrize(("direction", "chosen"), [("maximize", "1"), ("minimize", "0")])
def test_the_best_predicted_configuration_is_written(direction: Any, chosen: str) -> None:
    model, _, entries = run({}, replace(BRIEF, direction=direction))
    prompt = model.asked("automl_gpt_writer")[0]
    assert f'"settings": {{\n  "depth": "{chosen}"\n }}' in prompt
    decision = next(e for e in kinds(entries, Kind.DECISION) if e.title == "configuration")
    assert f"depth={chosen}" in decision.content


def test_the_first_of_equal_predictions_is_taken() -> None:
    model, _, _ = run({"automl_gpt_planner": [plan(0.2, 0.4, 0.4, 0.1)]})
    assert '"depth": "1"' in model.asked("automl_gpt_writer")[0]


def test_a_broken_script_is_repaired_once() -> None:
    model, end, entries = run({"automl_gpt_writer": [BROKEN]})
    assert len(model.asked("debugger")) == 1
    assert "Traceback: boom" in model.asked("debugger")[0]
    assert "# repaired" in kinds(entries, Kind.SUBMISSION)[0].content
    first, second = kinds(entries, Kind.EVALUATION)
    assert second.parents == (first.key,)
    assert end.ending is Ending.FINISHED


def test_a_second_failure_ends_the_attempt() -> None:
    model, end, entries = run({"automl_gpt_writer": [BROKEN], "debugger": [BROKEN]})
    assert len(model.asked("debugger")) == 1
    assert len(kinds(entries, Kind.EVALUATION)) == 2
    assert end.ending is Ending.AGENT_ERROR
    assert "did not run" in end.fault
    model, _, _ = run({"automl_gpt_writer": [BROKEN]}, repairs=0)
    assert not model.asked("debugger")


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ("A forest, I suppose.", "not valid JSON"),
        (plan(0.1, 0.2), "2 configurations; give exactly 4"),
        (plan(0.1, 0.2, 0.3, float("nan")), "configuration 4: each line of the log"),
        (plan(model=" "), 'the strings "processing", "model" and "why"'),
        (plan(configurations=[{"settings": [], "predicted_log": []}]), "must be a non-empty list"),
        (plan(configurations=[{"settings": [{"name": "a"}]}]), "configuration 1: each setting"),
        (plan(configurations=2 * json.loads(plan(0.1))["configurations"]), "the same settings"),
    ],
)
def test_an_unreadable_plan_is_asked_again_with_the_complaint(answer: str, complaint: str) -> None:
    model, end, _ = run({"automl_gpt_planner": [answer, plan(0.1, 0.2, 0.3, 0.4)]})
    assert complaint in model.requests[1].messages[-1].content
    assert end.ending is Ending.FINISHED
    _, end, _ = run({"automl_gpt_planner": [answer]})
    assert end.ending is Ending.AGENT_ERROR
    assert "automl_gpt_planner" in end.fault


def test_the_paragraph_holds_the_data_card_and_as_many_model_cards_as_asked() -> None:
    model, _, _ = run({"automl_gpt_planner": [plan(0.1, 0.2)]}, configurations=2, cards=2)
    prompt = model.asked("automl_gpt_planner")[0]
    assert "The data set toy has" in prompt
    assert sum(card.name in prompt for card in BANK) == 2
    assert prompt.endswith("## Count\n\n2")
    assert "No model card is known" in compose(BRIEF, 0)


def test_cards_are_chosen_by_what_they_share_with_the_data() -> None:
    survival, _ = made_up("survival")
    ordinal, _ = made_up("ordinal")
    assert "Cox" in most_similar(data_card(survival), 1)[0].name
    assert "cut points" in most_similar(data_card(ordinal), 1)[0].name


def test_cards_for_another_problem_come_last() -> None:
    for kind in ("binary", "multiclass", "regression"):
        brief, _ = made_up(kind)
        assert all(kind in card.suits for card in most_similar(data_card(brief), 3))


def test_the_bank_knows_no_task() -> None:
    builtin = Path(runners.tasks.__file__).parent / "builtin"
    tasks = [folder.parent for folder in builtin.glob("*/task.yaml")]
    assert len(tasks) >= 20
    bank = " ".join(card.rendered() for card in BANK).casefold()
    for task in tasks:
        title = (task / "description.md").read_text().splitlines()[0].lstrip("# ").casefold()
        assert task.name not in bank
        assert title not in bank


def test_an_attempt_resumed_at_any_execution_repeats_nothing() -> None:
    answers = {"automl_gpt_writer": [BROKEN]}
    whole = FakeExecutor()
    _, _, undisturbed = run(answers, executor=whole)
    for stop in range(len(whole.runs)):
        client = LocalClient()
        first, second = FakeExecutor(die_at=stop), FakeExecutor()
        with pytest.raises(Killed):
            run(answers, executor=first, client=client)
        _, end, entries = run(answers, executor=second, client=client)
        assert end.starts == 2
        assert len(first.runs) + len(second.runs) == len(whole.runs)
        steps = [(e.key, e.score) for e in entries if e.is_step]
        assert steps == [(e.key, e.score) for e in undisturbed if e.is_step]
