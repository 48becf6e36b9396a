"""What was billed for a step that could not be done stays known, over a resume too."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pyarrow.compute as pc
import pytest
from doubles import FakeExecutor, data, services, spec

from actors.contracts import Budget, ChatReply, ChatRequest, Ending
from actors.errors import ModelError, TransientModelError
from actors.host import AttemptHost
from actors.roles import planner
from runners.board import AttemptRow, Board, TaskLine
from runners.report.attempt import attempt_report
from runners.report.story import tell
from scratchpad.client import LocalClient
from scratchpad.queries import of_attempt, totals
from scratchpad.records import Entry, Kind
from scratchpad.schema import to_entries

UNFINISHED = ChatReply("a pl", "m", 100, 10, cost=0.5, finish="length")
EMPTY = ChatReply("", "m", 7, 3, cost=0.25)
PLAN = ChatReply("a plan", "m", 100, 20, cost=1.0)


@dataclass
class Playing:
    """Plays its outcomes in order."""

    outcomes: list[ChatReply | Exception]
    seeds: list[int] = field(default_factory=list)

    async def complete(self, request: ChatRequest) -> ChatReply:
        self.seeds.append(request.seed)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@dataclass
class Attempt:
    """One attempt that measures, asks for a plan and hands in; `dollars` as its ledger has them."""

    model: Playing
    budget: Budget = field(default_factory=Budget)
    client: LocalClient = field(default_factory=LocalClient)
    executor: FakeExecutor = field(default_factory=FakeExecutor)
    dollars: list[float] = field(default_factory=list)

    async def play(self, context: Any) -> None:
        await context.evaluate("SCORE = 1")
        self.dollars.append(context.ledger.dollars)
        await context.ask("planner", planner.Inputs("brief", "script", "block", (), 1.0))
        self.dollars.append(context.ledger.dollars)
        await context.submit_best()

    def run(self) -> Ending:
        host = AttemptHost(services(self.model, self.executor), self.client, {"mle_star": self.play})
        return asyncio.run(host.run(spec(budget=self.budget), data())).ending

    def entries(self) -> list[Entry]:
        return to_entries(self.client.snapshot())

    def row(self) -> AttemptRow:
        board = Board([TaskLine("toy", "r2", "maximize")], 1)
        board.feed(self.entries())
        return board.rows["toy", 0]


def given_up(reply: ChatReply = UNFINISHED) -> list[ChatReply | Exception]:
    return [reply, TransientModelError("500: boom; gave up after 6 tries", (EMPTY,))]


def test_a_resumed_attempt_knows_all_that_it_was_billed() -> None:
    attempt = Attempt(Playing([*given_up(), *given_up(), PLAN]))
    for _ in range(2):
        with pytest.raises(TransientModelError):
            attempt.run()
    failed = [e for e in attempt.entries() if e.kind is Kind.FAILED_ASK]
    assert [(e.cost, e.tokens_in, e.tokens_out, e.error) for e in failed] == [
        (0.75, 107, 13, "500: boom; gave up after 6 tries")
    ] * 2
    assert attempt.run() is Ending.FINISHED
    assert attempt.model.seeds[::2] == [attempt.model.seeds[0]] * 3, "the step was not asked again as it was"
    assert attempt.dollars == [0.0, 0.0, 0.0, 2.5]
    assert pc.sum(attempt.client.snapshot()["cost"]).as_py() == 2.5
    assert attempt.entries()[-1].metrics["used_dollars"] == 2.5
    assert attempt.entries()[-1].metrics["model_calls"] == attempt.row().model_calls == 5
    assert (attempt.row().cost, attempt.row().tokens, attempt.row().unpriced_calls) == (2.5, 360, 0)
    used = totals(of_attempt(attempt.client.snapshot(), "toy", 0))
    assert (used.cost, used.model_calls, used.unpriced_calls) == (2.5, 3, 0)
    assert "2.5 dollars" in attempt_report(tell(attempt.entries()), plot=False)


def test_what_has_no_price_stays_unpriced() -> None:
    attempt = Attempt(Playing([*given_up(ChatReply("a pl", "m", cost=None, finish="length")), PLAN]))
    with pytest.raises(TransientModelError):
        attempt.run()
    attempt.run()
    assert attempt.row().unpriced_calls == 1
    assert totals(of_attempt(attempt.client.snapshot(), "toy", 0)).unpriced_calls == 1
    assert "used_dollars" not in attempt.entries()[-1].metrics


def test_a_budget_counts_what_earlier_starts_were_billed() -> None:
    attempt = Attempt(Playing(given_up()), Budget(dollars=0.7))
    with pytest.raises(TransientModelError):
        attempt.run()
    assert attempt.run() is Ending.BUDGET
    assert len(attempt.executor.runs) == 1


def test_an_attempt_that_a_refusal_ends_says_what_it_was_billed() -> None:
    attempt = Attempt(Playing([UNFINISHED, ModelError("400: too long")]))
    assert attempt.run() is Ending.AGENT_ERROR
    assert attempt.entries()[-1].metrics["used_dollars"] == attempt.row().cost == 0.5


def test_a_fault_that_was_not_billed_leaves_no_entry() -> None:
    attempt = Attempt(Playing([ModelError("400: too long")]))
    attempt.run()
    assert Kind.FAILED_ASK not in {e.kind for e in attempt.entries()}
