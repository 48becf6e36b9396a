"""The engineer answers the baselines' roles with the members and edits it has for MLE-STAR's."""

from __future__ import annotations

import asyncio
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from madeup import made_up, run

from actors.briefing import render_brief
from actors.contracts import ChatRequest, Limits, TaskBrief
from actors.models.offline.answers.automl_gpt import naive_and_perfect
from actors.models.offline.composing import candidates
from actors.models.offline.editing import apply_edit, read_edits
from actors.models.offline.engineer import OfflineEngineer
from actors.models.offline.script import Script, read_script, render
from actors.roles.aide_drafter import Proposal
from actors.roles.automl_gpt_planner import Plan
from actors.roles.base import Tried
from actors.roles.registry import ROLES

pytestmark = pytest.mark.slow

BRIEF, FILES = made_up("regression")
KINDS = ("binary", "multiclass", "ordinal", "regression", "count", "quantile", "multioutput", "survival")


def ask(name: str, brief: TaskBrief = BRIEF, seed: int = 5, **inputs: Any) -> Any:
    """Put a role's question to the engineer and read the answer as the role does."""
    role = ROLES[name]
    values = import_module(f"actors.roles.{name}").Inputs(brief=render_brief(brief, Limits(), {}), **inputs)
    request = ChatRequest(name, role.messages(values), seed)
    return role.read(values, asyncio.run(OfflineEngineer().complete(request)).text)


def parts(text: str) -> Script:
    """A program of the engineer's own."""
    script = read_script(text)
    assert script is not None
    return script


def grown(count: int, brief: TaskBrief = BRIEF) -> list[tuple[Proposal, Tried]]:
    """Drafts one after another, each knowing the earlier ones; the second failed."""
    nodes: list[tuple[Proposal, Tried]] = []
    for number in range(count):
        draft = ask("aide_drafter", brief, seed=number, tried=tuple(tried for _, tried in nodes))
        nodes.append((draft, Tried(draft.plan, None if number == 1 else 1.0)))
    return nodes


@pytest.mark.parametrize("kind", KINDS)
def test_drafts_are_of_one_model_each_and_differ(kind: str) -> None:
    brief, _ = made_up(kind)
    members = [parts(draft.script).members for draft, _ in grown(5, brief)]
    assert all(len(m) == 1 for m in members)
    assert len(set(members)) == min(5, len(candidates(brief, "member")))


def test_drafts_differ_by_settings_once_every_model_was_drafted() -> None:
    count = len(candidates(BRIEF, "member"))
    drafts = [draft for draft, _ in grown(count + 2)]
    assert len({draft.plan for draft in drafts}) == count + 2


def test_the_first_draft_is_what_mle_star_starts_from() -> None:
    for seed in range(4):
        card = ask("retriever", seed=seed, notes="", count=1)[0]
        draft = ask("aide_drafter", seed=seed, tried=())
        assert parts(draft.script).members == (card.name,)


def test_improvements_are_one_edit_each_and_not_repeated() -> None:
    base = grown(1)[0]
    tried = [base[1]]
    for number in range(8):
        change = ask("aide_improver", seed=number, script=base[0].script, tried=tuple(tried), score=None)
        (edit,) = read_edits(change.plan)
        assert change.script == render(apply_edit(parts(base[0].script), edit))
        assert change.script != base[0].script
        assert change.plan not in [t.plan for t in tried]
        tried.append(Tried(change.plan, None if number == 2 else 1.0))


def test_an_improvement_does_not_take_back_what_was_kept() -> None:
    script, tried = grown(1)[0][0].script, [Tried("A plain solution.", 1.0)]
    seen = {script}
    for number in range(15):
        change = ask("aide_improver", seed=number, script=script, tried=tuple(tried), score=None)
        assert change.script not in seen
        tried.append(Tried(change.plan, 1.0 + number))
        script = change.script
        seen.add(script)


def test_improved_programs_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = grown(1)[0]
    change = ask("aide_improver", script=base[0].script, tried=(base[1],), score=None)
    assert len(run(change.script, FILES, tmp_path, monkeypatch)) == 40


def test_somebody_elses_script_is_left_as_it_is() -> None:
    mine = "print('mine')\n"
    assert ask("aide_improver", script=mine, tried=(), score=None).script == mine


def planned(brief: TaskBrief = BRIEF, seed: int = 5, count: int = 4) -> Plan:
    plan: Plan = ask("automl_gpt_planner", brief, seed, paragraph="The data set.", count=count)
    return plan


@pytest.mark.parametrize("kind", KINDS)
def test_predicted_logs_lie_between_naive_and_perfect_and_improve(kind: str) -> None:
    brief, _ = made_up(kind)
    naive, perfect = map(brief.oriented, naive_and_perfect(brief))
    for configuration in planned(brief).configurations:
        course = [brief.oriented(line.validation) for line in configuration.log]
        assert course == sorted(course)
        assert all(naive < value < perfect for value in course)
        assert brief.oriented(configuration.log[-1].train) > course[-1]


def test_the_model_is_the_one_that_mle_star_would_retrieve_first() -> None:
    for seed in range(4):
        assert planned(seed=seed).model == ask("retriever", seed=seed, notes="", count=1)[0].name


def test_as_many_configurations_as_asked_for_even_beyond_the_tunables() -> None:
    assert len(planned(count=40).configurations) == 40


def test_predictions_are_fixed_by_the_seed_and_differ_between_seeds() -> None:
    assert planned(seed=1) == planned(seed=1)
    best = {
        max(planned(seed=s).configurations, key=lambda c: BRIEF.oriented(c.predicted)).settings
        for s in range(12)
    }
    assert len(best) > 1


@pytest.mark.parametrize("place", [0, 3])
def test_the_script_has_the_settings_of_the_plan(
    place: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned()
    text = plan.rendered(plan.configurations[place])
    script = ask("automl_gpt_writer", paragraph="The data set.", plan=text)
    written = parts(script)
    assert written.members == (plan.model,)
    for name, value in json.loads(text)["settings"].items():
        assert f"{name}: " in written.definitions[plan.model]
        assert f"= {value}" in written.definitions[plan.model]
    assert len(run(script, FILES, tmp_path, monkeypatch)) == 40


def test_the_reporter_claims_no_comparison_for_a_single_script() -> None:
    one = "steps:\n- {evaluated: only, score: 1.25}\nwinner: {score: 1.25, step: only}\n"
    two = one.replace("winner", "- {evaluated: other, score: 1.5}\nwinner")
    single, several = ask("reporter", digest=one), ask("reporter", digest=two)
    assert "compared with nothing" in single
    assert "chosen by its validation score" not in single
    assert "compared with nothing" not in several
    assert "chosen by its validation score" in several
