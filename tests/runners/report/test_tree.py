"""The picture of a search, derived from the parents of its evaluations."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from doubles import data, fence, script, services, spec

from actors.agents.registry import AGENTS
from actors.contracts import AgentSettings
from actors.host import AttemptHost
from actors.models.scripted import ScriptedModel
from runners.report.files import write_report
from runners.report.story import tell
from runners.report.tree import lineage, tree_plot
from scratchpad.client import LocalClient
from scratchpad.records import Entry, Kind
from scratchpad.schema import to_entries


def evaluations(*parents: tuple[int, ...]) -> list[Entry]:
    """Evaluations by the numbers of those that they were made from."""
    return [
        Entry("s", "toy", Kind.EVALUATION, 0, key=f"k{n}", parents=tuple(f"k{p}" for p in above), score=0.5)
        for n, above in enumerate(parents)
    ]


def placed(*parents: tuple[int, ...]) -> list[tuple[float, int]]:
    return [(p.x, p.depth) for p in lineage(tell(evaluations(*parents)).tried)]


def test_a_parent_stands_in_the_middle_above_its_children() -> None:
    assert placed((), (0,), (0,), (1,)) == [(0.5, 0), (0, 1), (1, 1), (0, 2)]


def test_drafts_stand_beside_each_other_and_nothing_overlaps() -> None:
    places = placed((), (), (0,), (), (0,), (2,), (2,), (3,))
    assert [depth for _, depth in places] == [0, 0, 1, 0, 1, 2, 2, 1]
    assert len(set(places)) == len(places)


def test_a_merge_hangs_from_its_first_parent_and_keeps_the_other() -> None:
    places = lineage(tell(evaluations((), (), (1, 0))).tried)
    assert [p.parents for p in places] == [(), (), (1, 0)]
    assert places[2].x == places[1].x


def test_a_parent_that_is_no_evaluation_makes_a_root() -> None:
    assert placed((7,)) == [(0, 0)]


def played(agent: str = "aide") -> list[Entry]:
    def plan(name: str, score: float, crash: bool = False) -> str:
        return f"{name}.\n\n{fence(script(score, crash=crash))}"

    model = ScriptedModel(
        {
            "aide_drafter": [plan("One", 0.25), plan("Two", 0.0, crash=True)],
            "debugger": [fence(script(0.375))],
            "aide_improver": [plan("More", 0.5)],
            "reporter": ["### Risks\nNone."],
        }
    )
    client = LocalClient()
    host = AttemptHost(services(model), client, AGENTS)
    options = {"drafts": 2, "steps": 4, "debug_probability": 1}
    asyncio.run(host.run(spec(AgentSettings(options=options), agent=agent), data()))
    return to_entries(client.snapshot())


def test_the_tree_of_aide_is_in_its_report(tmp_path: Path) -> None:
    entries = played()
    write_report(tmp_path, entries)
    report = (tmp_path / "report.md").read_text()
    assert "![every script under the one that it was made from](tree.svg)" in report
    picture = (tmp_path / "tree.svg").read_text()
    scored = [e for e in entries if e.kind is Kind.EVALUATION]
    assert [len(e.parents) for e in scored] == [0, 0, 1, 1]
    words = re.findall(r">([^<>]+)</", picture)
    for entry in scored:
        assert str(entry.seq) in words
        assert ("failed" if entry.score is None else f"{entry.score:.4g}") in words
    assert "winner" in words
    assert tree_plot(tell(entries)) == picture.encode()


def test_sections_of_roles_that_an_agent_has_not_are_left_out(tmp_path: Path) -> None:
    write_report(tmp_path, played())
    report = (tmp_path / "report.md").read_text()
    assert "## The data's traps" not in report
    assert "## What ablation showed" not in report
    assert "The leakage checker was not asked." in report


def test_other_agents_have_no_tree(tmp_path: Path) -> None:
    write_report(tmp_path, played("automl_gpt"))
    assert not (tmp_path / "tree.svg").exists()
    assert "tree.svg" not in (tmp_path / "report.md").read_text()
