"""The sweep's tracker in a process of its own, or none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from runners.board import TaskLine
from runners.settings import SweepConfig
from scratchpad.client import Client


class Tracking(Protocol):
    """What the sweep needs of its tracker."""

    def closing_lines(self) -> list[str]:
        """How to look at what was tracked."""


class NoTracking:
    """The choice `tracker=none`."""

    def closing_lines(self) -> list[str]:
        """Nothing to say."""
        return []


@contextmanager
def tracking(config: SweepConfig, tasks: Sequence[TaskLine], client: Client) -> Iterator[Tracking]:
    """Track the sweep while the block lasts, as configuration says."""
    if config.tracker.kind == "none":
        yield NoTracking()
        return
    from runners.tracker_actor import start_tracker

    tracker = start_tracker(config, tasks, client)
    try:
        yield tracker
    finally:
        tracker.finish()
