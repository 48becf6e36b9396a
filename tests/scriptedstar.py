"""MLE-STAR against a scripted model: its usual answers, and a run of one attempt."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from doubles import FakeExecutor, cards, data, fence, script, services, spec

from actors.agents.registry import AGENTS
from actors.contracts import (
    AgentSettings,
    AttemptSpec,
    Budget,
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


def replaced(*scores: float | str | None) -> list[str]:
    """Coder's answers: blocks that bring the script to these scores, None for a crash."""
    return [fence("CRASH = True\n" if s is None else f"model = 'new'\nSCORE = {s}\n") for s in scores]


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
