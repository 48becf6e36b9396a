"""What an attempt used in all."""

from __future__ import annotations

from actors.usage import usage
from scratchpad.records import Entry, Kind


def test_totals_of_asks_and_executions() -> None:
    entries = [
        Entry("s", "t", Kind.ASK, 0, tokens_in=10, tokens_out=5, cost=0.25, metrics={"asks": 2.0}),
        Entry("s", "t", Kind.EXECUTION, 0, metrics={"cpu_seconds": 1.26}),
        Entry("s", "t", Kind.EXECUTION, 0, metrics={"cpu_seconds": 2.0}, error="failed"),
        Entry("s", "t", Kind.EVALUATION, 0, error="failed"),
    ]
    assert usage(entries, 12.34) == {
        "used_seconds": 12.3,
        "used_cpu_seconds": 3.3,
        "used_tokens": 15.0,
        "executions": 2.0,
        "failed_executions": 1.0,
        "evaluations": 1.0,
        "failed_evaluations": 1.0,
        "model_calls": 2.0,
        "used_dollars": 0.25,
    }


def test_an_unpriced_call_leaves_the_dollars_unknown() -> None:
    asks = [Entry("s", "t", Kind.ASK, 0, cost=0.25), Entry("s", "t", Kind.ASK, 0, cost=None)]
    assert "used_dollars" not in usage(asks, 1.0)
