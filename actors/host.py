"""Runs attempts to their typed ending; many at once, since they mostly wait."""

from __future__ import annotations

import asyncio
import json
import math
import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from actors.attempt import AttemptContext, Services
from actors.briefing import render_brief
from actors.contracts import Agent, AttemptSpec, Ending, TaskData
from actors.errors import (
    AgentError,
    AnswerError,
    BudgetExhausted,
    FatalModelError,
    ModelError,
    TransientModelError,
)
from actors.losses import is_loss
from actors.usage import usage
from scratchpad.client import AttemptClient, Client
from scratchpad.records import Entry, Kind
from scratchpad.schema import to_entries


@dataclass(frozen=True)
class AttemptEnd:
    """How an attempt ended: what its `ending` entry holds as JSON."""

    ending: Ending
    seed: int
    agent: str
    starts: int  # 1, and one more for each resume
    validation: str  # harness | printed
    validation_score: float | None  # of the winner
    validation_spread: float | None = None  # standard deviation over its folds
    submission: str = ""  # digest of its blob, "" when nothing was handed in
    fault: str = ""

    def dumps(self) -> str:
        """The ending as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def loads(cls, text: str) -> AttemptEnd:
        """The inverse of `dumps`."""
        value = json.loads(text)
        return cls(**{**value, "ending": Ending(value["ending"])})


class AttemptHost:
    """Attempts as coroutines over shared services."""

    def __init__(self, services: Services, client: Client, agents: Mapping[str, Agent]) -> None:
        self._services = services
        self._client = client
        self._agents = agents

    async def run(self, spec: AttemptSpec, data: TaskData) -> AttemptEnd:
        """Run one attempt, or go on with it; an attempt that has ended is not run again.

        Raises, without an ending, FatalModelError when no model call can succeed any more,
        TransientModelError when one did not in all its tries, and what `is_loss` says of a part of the
        system that died: then the attempt can be gone on with from its last step.
        """
        pad = self._client.namespace(spec.task, spec.attempt)
        entries = to_entries(await pad.snapshot())
        for entry in entries:
            if entry.kind is Kind.ENDING:
                return AttemptEnd.loads(entry.content)
        starts = 1 + sum(e.kind is Kind.ATTEMPT for e in entries)
        await pad.append([_entry(spec, Kind.ATTEMPT, self._opening(spec, data, starts))])
        context = await AttemptContext.open(spec, data, self._services, pad)
        ending, fault = await self._play(context)
        winner = context.winner
        end = AttemptEnd(
            ending=ending,
            seed=spec.seed,
            agent=spec.agent,
            starts=starts,
            validation=data.brief.validation,
            validation_score=winner.score if winner is not None else None,
            validation_spread=winner.spread if winner is not None else None,
            submission=context.submission,
            fault=fault,
        )
        await self._end(pad, context, end)
        return end

    def _opening(self, spec: AttemptSpec, data: TaskData, starts: int) -> str:
        """What an attempt starts from, as JSON: all that its report says of task and settings."""
        brief = render_brief(data.brief, spec.limits, dict(self._services.libraries))
        facts = {
            "seed": spec.seed,
            "start": starts,
            "agent": spec.agent,
            "settings": asdict(spec.settings),
            "budget": {name: limit for name, limit in asdict(spec.budget).items() if math.isfinite(limit)},
            "brief": brief,
        }
        return json.dumps(facts, ensure_ascii=False)

    async def _play(self, context: AttemptContext) -> tuple[Ending, str]:
        """Run the agent; the one place that catches everything an attempt can raise."""
        left = context.ledger.seconds_left
        deadline = asyncio.timeout(left if math.isfinite(left) else None)
        ending, fault = Ending.FINISHED, ""
        try:
            async with deadline:
                await self._agents[context.spec.agent](context)
        except (FatalModelError, TransientModelError):
            raise
        except BudgetExhausted as error:
            ending = Ending.TIMEOUT if "wall seconds" in str(error) else Ending.BUDGET
            fault = str(error)
        except TimeoutError:
            if not deadline.expired():
                ending, fault = Ending.AGENT_ERROR, traceback.format_exc()
            else:
                ending, fault = Ending.TIMEOUT, f"the attempt's {left:.6g} wall seconds are over"
        except (AgentError, AnswerError, ModelError) as error:
            ending, fault = Ending.AGENT_ERROR, f"{type(error).__name__}: {error}"
        except Exception as error:
            if is_loss(error):
                raise
            ending, fault = Ending.AGENT_ERROR, traceback.format_exc()
        if context.submitted is None and not await context.submit_best() and ending is Ending.FINISHED:
            ending, fault = Ending.AGENT_ERROR, "the agent ended without a submission"
        return ending, fault

    async def _end(self, pad: AttemptClient, context: AttemptContext, end: AttemptEnd) -> None:
        entry = _entry(context.spec, Kind.ENDING, end.dumps(), end.fault or None)
        used = usage(await context.history(), context.ledger.seconds)
        await pad.append([replace(entry, metrics=used)])


def _entry(spec: AttemptSpec, kind: Kind, content: str, error: str | None = None) -> Entry:
    return Entry(
        sweep=spec.sweep, task=spec.task, attempt=spec.attempt, kind=kind, content=content, error=error
    )
