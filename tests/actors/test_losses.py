"""A dead part of the system is no ending of an attempt."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
import ray.exceptions as lost
from doubles import FakeExecutor, FakeScorer, data, services, spec

from actors.contracts import (
    Budget,
    ChatReply,
    ChatRequest,
    Ending,
    ExecutionRequest,
    ExecutionResult,
    ExitStatus,
)
from actors.errors import AgentError, LostError, TransientModelError
from actors.host import AttemptHost
from actors.losses import is_loss
from actors.models.gateway import ModelGateway
from actors.models.scripted import ScriptedModel
from actors.models.settings import ModelSettings
from actors.roles import planner
from actors.trial import LOST_STARTS, PUBLIC, run_trial
from scratchpad.client import LocalClient
from scratchpad.errors import JournalError
from scratchpad.records import Kind
from scratchpad.schema import to_entries


def wrapped(cause: Exception) -> lost.RayTaskError:
    return lost.RayTaskError("f", "traceback", cause)


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (LostError("x"), True),
        (JournalError("x"), True),
        (lost.ActorUnavailableError("x", None), True),
        (wrapped(lost.NodeDiedError("x")), True),
        (wrapped(wrapped(LostError("x"))), True),
        (wrapped(ValueError("x")), False),
        (AgentError("x"), False),
        (None, False),
    ],
)
def test_a_loss_is_known_however_deep_it_is_wrapped(error: Exception | None, verdict: bool) -> None:
    assert is_loss(error) is verdict


class Losing(FakeExecutor):
    """Loses the first executions."""

    losses: int = LOST_STARTS

    async def run(self, request: ExecutionRequest) -> ExecutionResult:
        result = await super().run(request)
        return replace(result, status=ExitStatus.LOST) if len(self.runs) <= self.losses else result


def test_a_lost_execution_is_started_again_and_counted() -> None:
    executor = Losing()
    executor.losses = 2
    trial, _ = asyncio.run(run_trial(ExecutionRequest("SCORE = 1", "b"), PUBLIC, "t", executor, FakeScorer()))
    assert trial.ok
    assert trial.starts == 3


def test_an_attempt_under_which_the_system_dies_has_no_ending() -> None:
    async def agent(context: Any) -> None:
        await context.execute("SCORE = 1")

    client = LocalClient()
    host = AttemptHost(services(ScriptedModel({}), Losing()), client, {"mle_star": agent})
    with pytest.raises(LostError):
        asyncio.run(host.run(spec(), data()))
    kinds = [e.kind for e in to_entries(client.snapshot())]
    assert kinds == [Kind.ATTEMPT]


def test_an_attempt_whose_request_no_try_could_pass_goes_on_from_its_last_step() -> None:
    """A fault of the endpoint says nothing of the attempt, so that a resume may still finish it."""
    down = [True]

    def answer(request: ChatRequest) -> str:
        if down[0]:
            raise TransientModelError("boom; gave up after 6 tries")
        return "plan"

    async def agent(context: Any) -> None:
        await context.evaluate("SCORE = 1")
        await context.ask("planner", planner.Inputs("brief", "script", "block", (), 1.0))
        await context.submit_best()

    client, executor = LocalClient(), FakeExecutor()
    host = AttemptHost(services(ScriptedModel({"planner": [answer]}), executor), client, {"mle_star": agent})
    with pytest.raises(TransientModelError):
        asyncio.run(host.run(spec(), data()))
    entries = to_entries(client.snapshot())
    assert [e.kind for e in entries] == [Kind.ATTEMPT, Kind.EXECUTION, Kind.EVALUATION]
    down[0] = False
    end = asyncio.run(host.run(spec(), data()))
    assert (end.ending, end.starts) == (Ending.FINISHED, 2)
    assert len(executor.runs) == 1, "what was measured before the fault is not measured again"


def test_an_attempt_whose_time_passes_before_a_silent_endpoint_has_no_ending() -> None:
    """A try may take longer than the attempt has, as with a local server's half an hour."""

    class Silent:
        async def complete(self, request: ChatRequest) -> ChatReply:
            await asyncio.sleep(60.0)
            raise AssertionError("unreachable")

    async def agent(context: Any) -> None:
        await context.evaluate("SCORE = 1")
        await context.ask("planner", planner.Inputs("brief", "script", "block", (), 1.0))

    client = LocalClient()
    gateway = ModelGateway(ModelSettings(kind="openai", name="m"), Silent())
    host = AttemptHost(services(gateway, FakeExecutor()), client, {"mle_star": agent})
    with pytest.raises(TransientModelError, match="no answer to any request"):
        asyncio.run(host.run(replace(spec(), budget=Budget(wall_seconds=1.0)), data()))
    entries = to_entries(client.snapshot())
    assert [e.kind for e in entries] == [Kind.ATTEMPT, Kind.EXECUTION, Kind.EVALUATION]
