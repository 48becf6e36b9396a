"""Every role's answer passes that role's own parser and check."""

from __future__ import annotations

import asyncio
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from madeup import execute, made_up, run

from actors.briefing import render_brief
from actors.contracts import ChatRequest, Limits, Message
from actors.errors import ModelError
from actors.models.offline.engineer import OfflineEngineer
from actors.models.offline.script import Script, read_script, render
from actors.roles.base import Tried
from actors.roles.coder import swap
from actors.roles.data_usage_checker import ABLATION
from actors.roles.registry import ROLES

BRIEF, FILES = made_up("regression")


def ask(name: str, seed: int = 5, **inputs: Any) -> Any:
    """Put a role's question to the engineer and read the answer as the role does."""
    role = ROLES[name]
    values = import_module(f"actors.roles.{name}").Inputs(brief=render_brief(BRIEF, Limits(), {}), **inputs)
    request = ChatRequest(name, role.messages(values), seed)
    answer = role.parse(asyncio.run(OfflineEngineer().complete(request)).text)
    if role.check is not None:
        role.check(values, answer)
    return answer


def first_script(seed: int = 5) -> str:
    """The script of the first card."""
    notes = ask("data_profiler").bullets()
    card = ask("retriever", seed, notes=notes, count=1)[0]
    return str(ask("initialiser", seed, notes=notes, card=card.rendered()))


def parts(text: str) -> Script:
    """A program of the engineer's own."""
    script = read_script(text)
    assert script is not None
    return script


def test_the_profiler_names_what_test_rows_lack() -> None:
    assert any("later" in trap for trap in ask("data_profiler").traps)


def test_cards_are_as_many_as_asked_and_differ_by_seed() -> None:
    orders = {tuple(c.name for c in ask("retriever", seed, notes="", count=4)) for seed in range(5)}
    assert {len(names) for names in orders} == {4}
    assert len(orders) > 1


def test_more_cards_than_members_still_have_their_own_names() -> None:
    names = [c.name for c in ask("retriever", notes="", count=30)]
    assert len(set(names)) == 30


def test_merging_keeps_both_models() -> None:
    notes = ask("data_profiler").bullets()
    cards = ask("retriever", notes=notes, count=2)
    base, other = (ask("initialiser", notes=notes, card=c.rendered()) for c in cards)
    merged = parts(ask("merger", base=base, other=other, base_score=0.5, other_score=None))
    assert len(merged.members) == 2


def test_merging_a_script_with_other_settings_of_the_same_model_renames_it() -> None:
    base = first_script()
    member = parts(base).members[0]
    card = ask("retriever", notes="", count=30)
    other_card = next(c for c in card if c.name.split()[0] == member and "=" in c.name)
    other = ask("initialiser", notes="", card=other_card.rendered())
    assert parts(ask("merger", base=base, other=other, base_score=0.5, other_score=None)).members == (
        member,
        f"{member}_2",
    )


def without_dates(script: str) -> str:
    """The script as if whoever wrote it had overlooked the date."""
    left = tuple(name for name in parts(script).steps if name != "expand_dates")
    assert left != parts(script).steps
    return render(parts(script).with_part("STEPS", left))


def test_what_a_script_overlooks_is_put_back() -> None:
    script = first_script()
    assert ask("data_usage_checker", script=script, lineage=("a card",)) is None
    revised = ask("data_usage_checker", script=without_dates(script), lineage=("a card", "merge"))
    assert parts(revised).steps == parts(script).steps


@pytest.mark.parametrize(
    "step",
    [
        "refined: Drop the step `expand_dates`. The ablation measured that this helps.",
        "a card; repaired after status: failed; ValueError: NaN",
        "repaired after status: failed; ValueError: NaN",
        ABLATION,
    ],
)
def test_what_was_left_out_on_purpose_stays_out(step: str) -> None:
    script = without_dates(first_script())
    assert ask("data_usage_checker", script=script, lineage=("a card", step)) is None
    assert ask("data_usage_checker", script=script, lineage=("a card", step, "ensemble: mix")) is None


@pytest.mark.slow
def test_refinement_changes_the_block_and_only_the_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = first_script()
    study = ask("ablator", script=script, earlier=())
    execute(study, FILES, tmp_path, monkeypatch)
    output = capsys.readouterr().out
    assert output.count("ablation: ") >= 2
    summary = ask("summariser", ablation=study, output=output)
    assert summary.count("- ") >= 2
    target = ask("extractor", script=script, summary=summary, refined=())
    second = ask("extractor", script=script, summary=summary, refined=(target.block,))
    assert second.block != target.block
    block = ask("coder", script=script, block=target.block, plan=target.plan)
    changed = swap(script, target.block, block)
    assert changed != script
    run(changed, FILES, tmp_path, monkeypatch)
    assert (tmp_path / "submission.csv").exists()


def test_planners_do_not_repeat_themselves() -> None:
    script = first_script()
    block = script[script.index("LOAD = ") : script.index('if __name__ == "__main__"')].strip()
    tried: list[Tried] = []
    for number in range(5):
        plan = ask("planner", script=script, block=block, tried=tuple(tried), score=0.5)
        assert plan not in [t.plan for t in tried]
        tried.append(Tried(plan, None if number == 1 else 1.0 + number))


def test_ensembles_differ_from_round_to_round() -> None:
    scripts = ((first_script(), 1.0), (first_script(8), 1.1))
    first = ask("ensemble_planner", scripts=scripts, tried=())
    second = ask("ensemble_planner", scripts=scripts, tried=(Tried(first, 0.9),))
    assert first != second
    assert len(parts(ask("ensembler", scripts=scripts, plan=first)).members) > 1


@pytest.mark.parametrize("part", ["MEMBERS", "STEPS"])
def test_the_debugger_takes_out_what_the_traceback_names(part: str) -> None:
    script = first_script()
    name = parts(script).parts[part][0]
    failure = f'status: failed\nFile "solution.py", line 9, in {name}\nValueError: NaN'
    assert name not in parts(ask("debugger", script=script, failure=failure)).parts[part]


def test_the_debugger_makes_a_slow_script_cheaper() -> None:
    script = first_script()
    assert ask("debugger", script=script, failure="status: wall_limit\n") != script


def test_the_reporter_writes_its_sections() -> None:
    digest = "steps:\n- {evaluated: base, score: 1.25}\nwinner: {score: 1.25, step: base, printed: 1.5}\n"
    report = ask("reporter", digest=digest)
    assert "### Risks" in report
    assert "1.25" in report


def test_somebody_elses_request_is_refused() -> None:
    request = ChatRequest("planner", (Message("system", "You are a poet."), Message("user", "Sing.")), 1)
    with pytest.raises(ModelError, match="Role: <name>"):
        asyncio.run(OfflineEngineer().complete(request))
