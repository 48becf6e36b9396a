"""The attempts of a sweep, in a fixed order with fixed seeds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from actors.contracts import AttemptSpec
from runners.settings import SweepConfig


def attempt_specs(config: SweepConfig, tasks: Sequence[str]) -> list[AttemptSpec]:
    """Every attempt to make: all first attempts, then all second ones, and so on.

    So a sweep that is cut short has tried every task, and each seed depends on the sweep's seed, the
    task and the attempt's number alone: more attempts or other tasks change nobody's seed.
    """
    return [
        AttemptSpec(
            sweep=config.name,
            task=task,
            attempt=number,
            seed=attempt_seed(config.seed, task, number),
            agent=config.agent,
            settings=config.settings,
            budget=config.budget,
            limits=config.limits,
            web_search=config.model.web_search,
        )
        for number in range(config.attempts)
        for task in tasks
    ]


def attempt_seed(seed: int, task: str, attempt: int) -> int:
    """A seed below 2**31."""
    digest = hashlib.sha256(f"{seed}/{task}/{attempt}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
