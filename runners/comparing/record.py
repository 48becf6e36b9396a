"""A comparison as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from runners.comparing.comparison import ALPHA, Comparison, Pair, SweepLine
from runners.comparing.machine import Machine
from runners.comparing.statistics import LEVEL


def comparison_json(comparison: Comparison, command: str, machine: Machine) -> str:
    """The text of the JSON document, with a line's end."""
    document = {
        "command": command,
        "machine": asdict(machine),
        "attempts_per_task": comparison.attempts,
        "tasks": list(comparison.tasks),
        "interval_level": LEVEL,
        "alpha": ALPHA,
        "differences": [
            {
                "what": d.what,
                "values": dict(zip(comparison.labels, d.values, strict=True)),
                "unfair": d.unfair,
            }
            for d in comparison.differences
        ],
        "common": dict(comparison.common),
        "sweeps": [_sweep(line) for line in comparison.sweeps],
        "pairs": [_pair(pair, comparison.tasks) for pair in comparison.pairs],
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _sweep(line: SweepLine) -> dict[str, Any]:
    sweep = line.sweep
    return {
        "label": line.label,
        "sweep": sweep.name,
        "agent": sweep.agent,
        "model": sweep.model,
        "profile": sweep.profile,
        "success_at": {str(rate.k): rate.value for rate in line.rates},
        "success_intervals": {str(rate.k): [rate.low, rate.high] for rate in line.rates},
        "successes": line.successes,
        "tasks_solved": line.solved,
        "cpu_seconds": line.cpu_seconds,
        "cpu_seconds_per_success": line.cpu_seconds_per_success,
        "cost": line.cost,
        "cost_per_success": line.cost_per_success,
        "per_task": [
            {
                "task": task.id,
                "metric": task.metric,
                "direction": task.direction,
                "threshold": task.threshold,
                "successes": task.successes,
                "best_score": task.best,
                "mean_score": task.mean,
                "scores": [attempt.score for attempt in task.attempts],
            }
            for task in line.tasks
        ],
    }


def _pair(pair: Pair, tasks: tuple[str, ...]) -> dict[str, Any]:
    return {
        "first": pair.first,
        "second": pair.second,
        "verdict": pair.verdict,
        "findings": [
            {
                "question": finding.question,
                "unit": finding.unit,
                "effect": finding.effect,
                "interval": None if finding.interval is None else list(finding.interval),
                "wins": finding.wins,
                "ties": finding.ties,
                "losses": finding.losses,
                "p": finding.p,
                "p_holm": finding.p_holm,
                "separated": finding.separated,
                "per_task": dict(zip(tasks, finding.values, strict=True)),
            }
            for finding in pair.findings
        ],
    }
