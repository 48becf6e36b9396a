"""Sessions as Ray actors: what lasts, what is held, and what is left after every kind of death."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import ray

from actors.contracts import DataBundle, ExitStatus, Limits, SessionRequest
from actors.errors import InputError
from actors.sandbox.inside import tree
from actors.sandbox.ray_executor import RayExecutor
from actors.sandbox.settings import SandboxSettings

pytestmark = [pytest.mark.ray, pytest.mark.timeout(300)]
REQUEST = SessionRequest("d", Limits(wall_seconds=60, memory_bytes=1 << 28))


@pytest.fixture
def executor(cluster: None, tmp_path: Path) -> RayExecutor:
    settings = SandboxSettings(level="limits", cache=tmp_path / "cache")
    return RayExecutor(settings, {"d": DataBundle("d", (("x.csv", b"1"),))})


def marked(marker: str) -> list[int]:
    pids = [int(p) for p in os.listdir("/proc") if p.isdigit()]
    return [p for p in tree.alive(pids) if marker in tree.read(f"/proc/{p}/cmdline")]


def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def free() -> float:
    return ray.available_resources().get("CPU", 0.0)


def test_a_session_lasts_and_holds_its_cpus_until_it_is_closed(executor: RayExecutor) -> None:
    async def play() -> list[str]:
        session = await executor.open(REQUEST)
        outputs = [(await session.run(c, 60.0, 60.0)).output for c in ("A=5; cd input", "echo $A; cat x.csv")]
        await asyncio.to_thread(wait_for, lambda: free() == before - 1)
        await session.close()
        return outputs

    before = ray.cluster_resources()["CPU"]
    wait_for(lambda: free() == before)  # an earlier test's may be on their way back
    assert asyncio.run(play()) == ["", "5\n1"]
    wait_for(lambda: free() == before)


def test_cancelling_leaves_nothing(executor: RayExecutor) -> None:
    async def cancel() -> None:
        session = await executor.open(REQUEST)
        task = asyncio.create_task(session.run("(setsid sleep 6781 &); sleep 6781", 60.0, 60.0))
        await asyncio.to_thread(wait_for, lambda: len(marked("6781")) >= 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    wait_for(lambda: not marked("6781"))


def test_the_death_of_the_actor_is_told_and_leaves_nothing(executor: RayExecutor) -> None:
    async def kill() -> ExitStatus:
        session = await executor.open(REQUEST)
        task = asyncio.create_task(session.run("(setsid sleep 6782 &); sleep 6782", 60.0, 60.0))
        await asyncio.to_thread(wait_for, lambda: len(marked("6782")) >= 2)
        ray.kill(session._actor)  # type: ignore[attr-defined]
        status = (await task).status
        await session.close()
        return status

    assert asyncio.run(kill()) is ExitStatus.LOST
    wait_for(lambda: not marked("6782"))


def test_a_session_that_is_let_go_leaves_nothing(executor: RayExecutor) -> None:
    async def drop() -> None:
        session = await executor.open(REQUEST)
        await session.run("setsid sleep 6783 & sleep 1", 60.0, 60.0)  # it stands still afterwards
        assert marked("6783")

    asyncio.run(drop())  # the handle goes with the coroutine
    wait_for(lambda: not marked("6783"))


def test_our_own_faults_are_raised_as_themselves(executor: RayExecutor) -> None:
    with pytest.raises(InputError, match="nowhere"):
        asyncio.run(executor.open(SessionRequest("nowhere")))
