"""The referee as a Ray actor on the head node, and the facades around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from actors.contracts import DataBundle, FoldScore, Grade, TaskData
from runners.referee import Referee, TaskSummary
from runners.tasks.registry import TaskSource
from runners.tasks.splitting import FoldRules

_CONCURRENCY = 600  # calls wait in coroutines, so many may be open at once


class RefereeScorer:
    """The half of the referee that attempts hold: public data and fold scores, nothing else."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    async def data(self, task: str) -> TaskData:
        """The brief of a task and the digests of its bundles; raises InputError for a faulty task."""
        data: TaskData = await self._actor.data.remote(task)
        return data

    def bundle(self, digest: str) -> ray.ObjectRef[DataBundle]:
        """The reference of the public files of a digest that `data` has named."""
        ref: ray.ObjectRef[DataBundle] = self._actor.bundle.remote(digest)
        return ref

    async def score_fold(self, task: str, fold: int, submission: bytes) -> FoldScore:
        """Score a script's submission for one fold."""
        score: FoldScore = await self._actor.score_fold.remote(task, fold, submission)
        return score

    async def check(self, task: str, submission: bytes) -> str | None:
        """Say what is wrong with a submission for the true test rows, None when it is valid."""
        fault: str | None = await self._actor.check.remote(task, submission)
        return fault


class RefereeHandle:
    """The driver's half: it also gives task data and grades.

    The actor reads the answers from disk by itself, so they are never in the object store.
    """

    def __init__(self, sources: Sequence[TaskSource], seed: int = 0, rules: FoldRules | None = None) -> None:
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        options = {"num_cpus": 0, "max_concurrency": _CONCURRENCY, "max_restarts": -1, "max_task_retries": 3}
        actor = ray.remote(Referee).options(scheduling_strategy=here, **options)
        self._actor = actor.remote(tuple(sources), seed, rules)

    def scorer(self) -> RefereeScorer:
        """The half for attempts."""
        return RefereeScorer(self._actor)

    async def summary(self, task: str) -> TaskSummary:
        """What the results say of a task."""
        summary: TaskSummary = await self._actor.summary.remote(task)
        return summary

    def grade(self, task: str, submission: bytes | None) -> ray.ObjectRef[Grade]:
        """Start to grade a final submission against the private answers."""
        grade: ray.ObjectRef[Grade] = self._actor.grade.remote(task, submission)
        return grade

    def close(self) -> None:
        """End the actor."""
        ray.kill(self._actor)
