"""Folders of made-up sweeps as `bench` leaves them, for the tests of what compares them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from omegaconf import OmegaConf
from sweepentries import TASKS, attempt

from runners.board import Board, TaskLine
from runners.config import load_config
from runners.files import write_whole
from runners.results import write_results
from runners.schema import BenchConf, TasksConf
from scratchpad.schema import to_entries
from scratchpad.store import Scratchpad

Scores = Mapping[str, Sequence[float | None]]


def configured(runs: Path, name: str, agent: str, attempts: int) -> BenchConf:
    """A configuration that a test may still change."""
    conf = BenchConf(tasks=TasksConf({"quick": True}), runs=str(runs), name=name, attempts=attempts)
    conf.agent.name, conf.profile.name = agent, "fast"
    conf.model.kind = conf.model.name = "offline"
    conf.budget.cpu_seconds = 3600.0
    return conf


def make_sweep(
    runs: Path,
    name: str,
    scores: Scores,
    *,
    agent: str = "mle_star",
    tasks: Sequence[TaskLine] = TASKS,
    conf: BenchConf | None = None,
    attempts: int | None = None,
) -> Path:
    """Write a sweep of these scores by task and attempt; None is an invalid submission.

    Success follows from the task's threshold. Attempts beyond the scores have not started.
    """
    count = attempts or max(len(own) for own in scores.values())
    conf = conf or configured(runs, name, agent, count)
    config = load_config(OmegaConf.structured(conf))
    pad, board = Scratchpad(), Board([t for t in tasks if t.id in scores], count)
    for task in board.tasks:
        for number, score in enumerate(scores[task.id]):
            ending = "finished" if score is not None else "invalid_submission"
            attempt(pad, task.id, number, score, _succeeds(task, score), ending=ending)
    board.feed(to_entries(pad.snapshot()))
    write_whole(config.folder / "config.yaml", config.recorded.encode())
    write_results(config, board, 1.0)
    return config.folder


def _succeeds(task: TaskLine, score: float | None) -> bool:
    if score is None or task.threshold is None:
        return score is not None
    return score >= task.threshold if task.direction == "maximize" else score <= task.threshold
