"""Queries over a table of known entries."""

from __future__ import annotations

import pyarrow as pa
import pytest

from scratchpad import queries
from scratchpad.records import Entry, Kind
from scratchpad.schema import SCHEMA, to_batch
from scratchpad.store import Scratchpad


def entry(
    kind: Kind, key: str = "", attempt: int = 0, parents: tuple[str, ...] = (), **more: object
) -> Entry:
    return Entry("s", "iris", kind, attempt, key, parents=parents, **more)  # type: ignore[arg-type]


@pytest.fixture
def table() -> pa.Table:
    pad = Scratchpad()
    pad.append(
        [
            Entry("s", "", Kind.SWEEP),
            entry(Kind.ATTEMPT, attempt=0),
            entry(Kind.ATTEMPT, attempt=1),
            entry(Kind.ASK, "first", role="initialiser", tokens_in=10, tokens_out=5, cost=0.5, seconds=1),
            entry(Kind.EXECUTION, "run1", parents=("first",), seconds=2, metrics={"cpu_seconds": 3}),
            entry(Kind.EVALUATION, "eval1", parents=("first", "run1"), score=0.5, seconds=2),
            entry(Kind.ASK, "plan1", role="planner", parents=("eval1",), content="deeper", cost=None),
            entry(Kind.ASK, "code1", role="coder", parents=("plan1",), tokens_in=1, cost=0.25),
            entry(Kind.EXECUTION, "run2", parents=("code1",), error="failed", metrics={"cpu_seconds": 1}),
            entry(Kind.EVALUATION, "eval2", parents=("code1", "run2"), error="failed"),
            entry(Kind.ASK, "plan2", role="planner", parents=("eval2", "plan1"), content="wider"),
            entry(Kind.ASK, "code2", role="coder", parents=("plan2",)),
            entry(Kind.EVALUATION, "eval3", parents=("code2",), score=0.75),
            entry(Kind.EVALUATION, "eval4", parents=("code2",), score=0.75),
            entry(Kind.EVALUATION, "eval5", parents=("code2",), score=0.25),
            entry(Kind.ASK, "plan3", role="planner", content="never tried"),
            entry(Kind.EVALUATION, "eval1", attempt=1, score=99.0),
            entry(Kind.ENDING, attempt=0, content="finished"),
            entry(Kind.GRADE, attempt=0, score=0.7),
        ]
    )
    return pad.snapshot()


def test_steps_are_those_of_one_attempt_in_order(table: pa.Table) -> None:
    found = queries.steps(table, "iris", 0)
    assert [e.key for e in found[:3]] == ["first", "run1", "eval1"]
    assert len(found) == 13
    assert [e.score for e in queries.steps(table, "iris", 1)] == [99.0]
    assert queries.steps(table, "wine", 0) == []


def test_the_best_evaluation_follows_the_direction_and_skips_failures(table: pa.Table) -> None:
    best = queries.best_evaluation(table, "iris", 0, "maximize")
    assert best is not None
    assert best.key == "eval4", "the latest of equals"
    lowest = queries.best_evaluation(table, "iris", 0, "minimize")
    assert lowest is not None
    assert lowest.key == "eval5"
    assert queries.best_evaluation(table, "iris", 2, "maximize") is None


def test_lineage_reaches_back_to_the_first_ask(table: pa.Table) -> None:
    assert [e.key for e in queries.lineage(table, "iris", 0, "code1")] == [
        "first", "run1", "eval1", "plan1", "code1"
    ]  # fmt: skip
    assert [e.key for e in queries.lineage(table, "iris", 1, "eval1")] == ["eval1"]
    assert queries.lineage(table, "iris", 0, "nothing") == []


def test_lineage_ends_on_a_circle() -> None:
    circle = [entry(Kind.ASK, "a", parents=("b",)), entry(Kind.ASK, "b", parents=("a", "a"))]
    table = pa.Table.from_batches([to_batch(circle)], SCHEMA)
    assert len(queries.lineage(table, "iris", 0, "a")) == 2


@pytest.mark.parametrize("ended", [("a", "b"), ("b", "a")])
def test_ancestry_follows_the_parents_and_not_who_ended_first(ended: tuple[str, str]) -> None:
    asks = [entry(Kind.ASK, key, parents=("root",)) for key in ended]
    merge = entry(Kind.ASK, "merge", parents=("a", "b", "gone"))
    steps = {e.key: e for e in [entry(Kind.ASK, "root"), *asks, merge]}
    assert [e.key for e in queries.ancestry(steps, ["merge"])] == ["root", "a", "b", "merge"]
    assert [e.key for e in queries.ancestry(steps, ["b", "a"])] == ["root", "b", "a"]


def test_plans_come_with_the_score_they_led_to(table: pa.Table) -> None:
    tried = queries.plans_tried(table, "iris", 0, {"planner"})
    assert [(p.entry.content, p.score) for p in tried] == [
        ("deeper", None), ("wider", 0.75), ("never tried", None)
    ]  # fmt: skip


def test_totals_add_up_and_never_call_an_unpriced_model_free(table: pa.Table) -> None:
    used = queries.totals(queries.of_attempt(table, "iris", 0))
    assert (used.model_calls, used.unpriced_calls, used.executions) == (6, 1, 2)
    assert (used.tokens_in, used.tokens_out) == (11, 5)
    assert used.cost == pytest.approx(0.75)
    assert (used.seconds, used.cpu_seconds) == (3.0, 4.0)
    assert used.failures == {"execution": 1, "evaluation": 1}
    assert queries.totals(table.slice(0, 0)) == queries.Totals()


def test_attempts_are_open_until_their_ending(table: pa.Table) -> None:
    assert queries.attempts(table) == [("iris", 0), ("iris", 1)]
    assert queries.open_attempts(table) == [("iris", 1)]
    assert {k: e.content for k, e in queries.endings(table).items()} == {("iris", 0): "finished"}
    assert {k: e.score for k, e in queries.grades(table).items()} == {("iris", 0): 0.7}


def test_repeated_steps_are_counted(table: pa.Table) -> None:
    assert queries.repeated_steps(table) == {}
    twice = pa.concat_tables([table, table])
    assert queries.repeated_steps(twice)["iris", 0, "eval1"] == 2
