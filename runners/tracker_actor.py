"""The tracker in a process of its own, and its facade."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from runners.board import TaskLine
from runners.secrets import without_password
from runners.settings import SweepConfig
from runners.tracker import Tracker, TrackingPlan, store_of
from scratchpad.client import Client
from scratchpad.schema import to_entries

log = logging.getLogger(__name__)
POLL_SECONDS = 2.0
FINISH_SECONDS = 60.0
UI = "http://127.0.0.1:5000"


class TrackerActor:
    """Ray's side: one thread follows the scratchpad, another answers `finish`.

    It is made without arguments: Ray warns on the screen about an actor whose restart would need some.
    """

    def __init__(self) -> None:
        os.nice(10)  # attempts first: what is tracked can wait, and importing mlflow takes seconds
        self._begun = threading.Event()
        self._stop = threading.Event()
        self._tracker: Tracker

    def follow(self, plan: TrackingPlan, client: Client) -> None:
        """Track until `finish` is called; Ray calls it again in an actor that was lost."""
        self._tracker = Tracker(plan, lambda after: to_entries(client.tail(after)), client.get_blob)
        self._begun.set()
        while not self._stop.wait(POLL_SECONDS):
            self._tracker.step()

    def finish(self, seconds: float) -> tuple[bool, str, list[str]]:
        """Whether all is tracked, the experiment's id, run ids to compare."""
        self._begun.wait()
        self._stop.set()
        whole = self._tracker.finish(seconds)
        return whole, *self._tracker.links()


class RemoteTracker:
    """The facade of a tracker held by an actor; nothing that fails there reaches the sweep."""

    def __init__(self, actor: Any, plan: TrackingPlan, client: Client) -> None:
        self._actor = actor
        self._plan = plan
        self._lines: list[str] = []
        actor.follow.remote(plan, client)

    def finish(self) -> None:
        """Wait until all is tracked, for a while."""
        import ray
        from ray.exceptions import GetTimeoutError, RayError

        try:
            whole, experiment, runs = ray.get(
                self._actor.finish.remote(FINISH_SECONDS), timeout=FINISH_SECONDS + 30.0
            )
        except (RayError, GetTimeoutError) as error:
            log.warning("the tracker was lost: %s", error)
            whole, experiment, runs = False, "", []
        self._lines = lines_of(self._plan, whole, experiment, runs)
        ray.kill(self._actor)

    def closing_lines(self) -> list[str]:
        """How to open MLflow, and a link that compares attempts."""
        return self._lines


def start_tracker(config: SweepConfig, tasks: Sequence[TaskLine], client: Client) -> RemoteTracker:
    """Start the actor; a lost one starts again and goes on from what MLflow has."""
    import ray

    plan = plan_of(config, tasks)
    actor = (
        ray.remote(TrackerActor)
        .options(num_cpus=0, max_restarts=-1, max_task_retries=-1, max_concurrency=2)
        .remote()
    )
    return RemoteTracker(actor, plan, client)


def plan_of(config: SweepConfig, tasks: Sequence[TaskLine]) -> TrackingPlan:
    """What to track and where to: without a URI a database and artifacts beside the runs."""
    uri, artifacts = store_of(config.runs, config.tracker.uri)
    return TrackingPlan(
        sweep=config.name,
        folder=str(config.folder.resolve()),
        agent=config.agent,
        model=config.model.name,
        profile=config.profile,
        seed=config.seed,
        attempts=config.attempts,
        tasks=tuple(tasks),
        uri=uri,
        experiment=config.tracker.experiment,
        artifacts=artifacts,
    )


def lines_of(plan: TrackingPlan, whole: bool, experiment: str, runs: Sequence[str]) -> list[str]:
    """The closing lines about MLflow."""
    shown = without_password(plan.uri)
    if not whole and not runs:
        return [f"mlflow    could not be told: {shown}; the scratchpad has all, a resume catches up"]
    served = plan.uri.startswith(("http://", "https://"))
    program = Path(sys.executable).with_name("mlflow")
    base = shown.rstrip("/") if served else UI
    ids, experiments = (quote(json.dumps(x, separators=(",", ":"))) for x in (list(runs), [experiment]))
    query = f"runs={ids}&experiments={experiments}"
    lines = [f"mlflow    {base}" if served else f"mlflow    {program} ui --backend-store-uri {shown}"]
    if runs:
        lines.append(f"compare   {base}/#/compare-runs?{query}")
    if not whole:
        lines.append("mlflow    is behind: the scratchpad has all, a resume catches up")
    return lines
