"""What was predicted is told apart from what was measured."""

from __future__ import annotations

import asyncio
import json

import pytest
from doubles import data, fence, script, services, spec
from playedattempts import configuration

from actors.agents.registry import AGENTS
from actors.contracts import AgentSettings
from actors.host import AttemptHost
from actors.models.scripted import ScriptedModel
from runners.report.attempt import attempt_report
from runners.report.story import tell
from scratchpad.client import LocalClient
from scratchpad.schema import to_entries


def report(plan: str) -> str:
    model = ScriptedModel(
        {
            "automl_gpt_planner": [plan],
            "automl_gpt_writer": [fence(script(0.375))],
            "reporter": ["### Risks\nNone."],
        }
    )
    client = LocalClient()
    host = AttemptHost(services(model), client, AGENTS)
    settings = AgentSettings(options={"configurations": 2})
    asyncio.run(host.run(spec(settings, agent="automl_gpt"), data()))
    return attempt_report(tell(to_entries(client.snapshot())))


@pytest.mark.parametrize("best", [0, 1])
def test_the_chosen_configuration_is_marked_and_measured_beside(best: int) -> None:
    scores = [0.625, 0.25] if best == 0 else [0.25, 0.625]
    rows = [configuration(n, value) for n, value in enumerate(scores)]
    plan = {"processing": "scale", "model": "forest", "why": "robust", "configurations": rows}
    text = report(json.dumps(plan))
    table = text.split("## What was predicted")[1].split("\n## ")[0]
    marked = [row for row in table.splitlines() if "**chosen**" in row]
    assert marked == [f"| depth \\| &lt;b>={best} | 3 | 0.875 | 0.625 | **chosen** |"]
    assert "0.375" in text.split("## What was tried")[1].split("\n## ")[0]


def test_an_attempt_without_a_readable_plan_has_no_such_section() -> None:
    assert "## What was predicted" not in report("no idea")
