"""The referee in its actor: answers stay inside, a lost actor comes back, attempts hold one half only."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from taskfolders import write_task

from actors.contracts import Ending
from runners.tasks.registry import folder_tasks

pytestmark = pytest.mark.ray


@pytest.mark.usefixtures("cluster")
def test_a_killed_referee_opens_the_task_again_with_the_same_folds(tmp_path: Path) -> None:
    from runners.referee_actor import RefereeHandle

    write_task("binary", tmp_path)
    handle = RefereeHandle(folder_tasks(tmp_path), seed=3)

    async def main() -> None:
        import ray

        scorer = handle.scorer()
        before = await scorer.data("shop-churn")
        bundle = ray.get(scorer.bundle(before.folds[0]))
        sample = dict(bundle.files)[before.brief.sample_submission]
        first = await scorer.score_fold("shop-churn", 0, sample)
        ray.kill(handle._actor, no_restart=False)
        assert await scorer.score_fold("shop-churn", 0, sample) == first
        assert await scorer.data("shop-churn") == before
        ray.kill(handle._actor, no_restart=False)
        public = dict(ray.get(scorer.bundle(before.public)).files)[before.brief.sample_submission]
        assert await scorer.check("shop-churn", public) is None
        assert ray.get(handle.grade("shop-churn", public)).ending is Ending.FINISHED

    try:
        asyncio.run(main())
    finally:
        handle.close()


@pytest.mark.usefixtures("cluster")
def test_attempts_hold_no_way_to_a_grade(tmp_path: Path) -> None:
    from runners.referee_actor import RefereeHandle, RefereeScorer

    write_task("binary", tmp_path)
    handle = RefereeHandle(folder_tasks(tmp_path))
    try:
        assert isinstance(handle.scorer(), RefereeScorer)
        assert not hasattr(handle.scorer(), "grade")
        assert not hasattr(handle.scorer(), "summary")
    finally:
        handle.close()
