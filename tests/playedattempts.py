"""Whole attempts of every agent against scripted models, for the tests of what is told of them."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

from doubles import BRIEF, FakeExecutor, cards, data, fence, script, services, spec

from actors.agents.registry import AGENTS
from actors.contracts import (
    AgentSettings,
    Budget,
    ColumnFacts,
    ExecutionRequest,
    ExecutionResult,
    FileFacts,
    TaskBrief,
)
from actors.host import AttemptHost
from actors.models.scripted import ScriptedModel
from scratchpad.client import LocalClient
from scratchpad.records import Entry
from scratchpad.schema import to_entries

CLEAN = json.dumps({"leaky": False, "why": "", "block": "", "repaired": ""})
LEAKY = json.dumps({"leaky": True, "why": "uses all 77 rows", "block": "SCALE = 1", "repaired": "SCALE = 2"})
PROSE = (
    "### Why the winner won\nIt scored 0.5123456789 <b>well</b>.\n\n"
    "### What was learnt\nMuch.\n\n### Risks\nThe shift."
)
HOUSES = replace(
    BRIEF,
    description="# Houses\n\nPredict 1,234 prices.",
    files=tuple(
        FileFacts(name, "csv", 4096, rows, (ColumnFacts("y", "real"),), reader=f'pd.read_csv("input/{name}")')
        for name, rows in (("train.csv", 917), ("test.csv", 303), ("sample_submission.csv", 303))
    ),
)


def judge(request: Any) -> str:
    """Finds the leak of one script."""
    return LEAKY if "SCALE = 1" in request.messages[-1].content.split("## Script")[1] else CLEAN


def improved(name: str, score: float, crash: bool = False) -> str:
    return f"{name}.\n\n{fence(script(score, crash=crash))}"


def configuration(depth: int, validation: float) -> object:
    """A setting of AutoML-GPT's plan and how its training log is predicted to end."""
    return {
        "settings": [{"name": "depth | <b>", "value": str(depth)}],
        "predicted_log": [{"epoch": 3, "train": 0.875, "validation": validation}],
    }


def model(**more: list[Any]) -> ScriptedModel:
    """Answers every role of every agent; the scores stand in the scripts."""
    scripts = [
        fence(script(0.5123456789, "SCALE = 1")),
        fence(script(0.25, printed=0.875)),
        fence(script(0.125, crash=True)),
    ]
    plan = {"processing": "scale", "model": "forest", "why": "robust"}
    answers: dict[str, list[Any]] = {
        "data_profiler": [json.dumps({"traps": ["312 rows lack y | all"], "advice": ["drop 31"]})],
        "retriever": [cards("forest", "boost | <img src=x>", "broken")],
        "initialiser": scripts,
        "merger": [fence(script(0.375))],
        "data_usage_checker": ["All the provided information is used."],
        "leakage_checker": [judge],
        "ablator": [fence("print('ablation')\n")],
        "summariser": ["- the model: 0.0625 lost\n# not a heading"],
        "extractor": [json.dumps({"block": "SCALE = 2", "plan": "plan 900"})],
        "coder": [fence("SCALE = 3\n")],
        "planner": ["another"],
        "ensemble_planner": ["mix"],
        "ensembler": [fence(script(0.1875))],
        "debugger": [fence(script(0.125, crash=True))],
        "submitter": [fence(script(0.5123456789))],
        "aide_drafter": [improved("Lags of 3", -0.25), improved("Two", 0.0, crash=True)],
        "aide_improver": [improved("Lags of 9", 0.5)],
        "automl_gpt_planner": [
            json.dumps(plan | {"configurations": [configuration(0, 0.625), configuration(1, 0.25)]})
        ],
        "automl_gpt_writer": [fence(script(-0.375))],
        "file_writer": ["### model.py\n\n```python\nSTATE = 1\n```"],
        "entry_writer": [fence(script(0.5, "import model"))],
        "shell_operator": [
            "I look | around.\n\n```\nls\n```",
            f"Now.\n\n```\nwrite {script(0.5).strip()}\n```",
            "Wait.\n\n```\nslow\n```",
            "Done.\n\n```\nsubmit\n```",
        ],
        "reporter": [PROSE],
    }
    return ScriptedModel(answers | more)


class Searches(FakeExecutor):
    """Runs AutoML's own programs, which say nothing of their score."""

    async def run(self, request: ExecutionRequest) -> ExecutionResult:
        result = await super().run(request)
        return replace(result, submission=b"0.4375") if "fit_flaml" in request.script else result


def play(
    agent: str = "mle_star",
    chat: ScriptedModel | None = None,
    folds: int = 3,
    brief: TaskBrief = HOUSES,
    budget: Budget | None = None,
    **options: float,
) -> list[Entry]:
    """The entries of one attempt, short and the same every time but for its times."""
    client = LocalClient()
    host = AttemptHost(services(chat or model(), Searches()), client, AGENTS)
    settings = AgentSettings(outer_steps=1, inner_steps=1, ensemble_rounds=1, debug_tries=1, options=options)
    asyncio.run(host.run(spec(settings, budget, agent=agent), data(brief, folds)))
    return to_entries(client.snapshot())
