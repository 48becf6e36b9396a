"""What an attempt used in all, as the metrics of its ending."""

from __future__ import annotations

from collections.abc import Sequence

from scratchpad.records import Entry, Kind


def usage(entries: Sequence[Entry], seconds: float) -> dict[str, float]:
    """Totals over an attempt's entries; `used_dollars` is left out when a call had no price.

    Seconds are rounded to a tenth and dollars to a hundredth of a cent, so that a report can copy them.
    """
    asks = [entry for entry in entries if entry.kind in (Kind.ASK, Kind.FAILED_ASK)]
    runs = [entry for entry in entries if entry.was_run]
    scripts = [entry for entry in entries if entry.kind is Kind.EVALUATION]
    used = {
        "used_seconds": round(seconds, 1),
        "used_cpu_seconds": round(sum(run.metrics.get("cpu_seconds", 0.0) for run in runs), 1),
        "used_tokens": float(sum(ask.tokens_in + ask.tokens_out for ask in asks)),
        "executions": float(len(runs)),
        "failed_executions": float(sum(run.error is not None for run in runs)),
        "evaluations": float(len(scripts)),
        "failed_evaluations": float(sum(script.error is not None for script in scripts)),
        "model_calls": sum(ask.metrics.get("asks", 1.0) for ask in asks),
    }
    prices = [ask.cost for ask in asks if ask.cost is not None]
    return used | ({"used_dollars": round(sum(prices), 4)} if len(prices) == len(asks) else {})
