"""Executions as Ray tasks: what comes back, what is fetched, and what is left after every kind of death."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from actors.contracts import DataBundle, ExecutionRequest, ExecutionResult, ExitStatus, Limits
from actors.errors import InputError
from actors.sandbox.inside import tree
from actors.sandbox.ray_executor import RayExecutor
from actors.sandbox.settings import SandboxSettings

pytestmark = [pytest.mark.ray, pytest.mark.timeout(300)]
SMALL = Limits(wall_seconds=60, memory_bytes=1 << 28)


@pytest.fixture
def executor(cluster: None, tmp_path: Path) -> RayExecutor:
    settings = SandboxSettings(level="limits", warm=False, cache=tmp_path / "cache")
    return RayExecutor(settings, {"d": DataBundle("d", (("x.csv", b"1"),))})


def marked(marker: str) -> list[int]:
    """The live processes that run a script which set its name to a marker."""
    pids = [int(p) for p in os.listdir("/proc") if p.isdigit()]
    return [p for p in tree.alive(pids) if tree.read(f"/proc/{p}/comm").strip() == marker]


def sleeper(marker: str) -> str:
    """A script that leaves a daemon, and sleeps."""
    return f"""
import ctypes, os, time
ctypes.CDLL(None).prctl(15, b"{marker}", 0, 0, 0)
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
time.sleep(120)
"""


def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def test_scripts_run_side_by_side(executor: RayExecutor) -> None:
    async def both() -> list[ExecutionResult]:
        requests = [ExecutionRequest(f"print({n}, open('input/x.csv').read())", "d", SMALL) for n in range(3)]
        return await asyncio.gather(*map(executor.run, requests))

    results = asyncio.run(both())
    assert [r.stdout for r in results] == ["0 1\n", "1 1\n", "2 1\n"]
    assert all(r.isolation == "limits" for r in results)


def test_our_own_faults_are_raised_as_themselves(executor: RayExecutor) -> None:
    with pytest.raises(InputError, match="nowhere"):
        asyncio.run(executor.run(ExecutionRequest("", "nowhere", SMALL)))
    with pytest.raises(InputError, match="inside the work folder"):
        asyncio.run(executor.run(ExecutionRequest("", "d", SMALL, (("../x", ""),))))


def test_cancelling_leaves_nothing(executor: RayExecutor) -> None:
    async def cancel() -> None:
        task = asyncio.create_task(executor.run(ExecutionRequest(sleeper("fs-cancel"), "d", SMALL)))
        await asyncio.to_thread(wait_for, lambda: len(marked("fs-cancel")) >= 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    wait_for(lambda: not marked("fs-cancel"))


def test_the_death_of_a_worker_is_told_and_leaves_nothing(executor: RayExecutor) -> None:
    async def kill() -> ExecutionResult:
        task = asyncio.create_task(executor.run(ExecutionRequest(sleeper("fs-kill"), "d", SMALL)))
        await asyncio.to_thread(wait_for, lambda: len(marked("fs-kill")) >= 2)
        tree.send([worker_of(marked("fs-kill"))], 9)  # type: ignore[list-item]
        return await task

    result = asyncio.run(kill())
    assert result.status is ExitStatus.LOST
    assert result.submission is None
    wait_for(lambda: not marked("fs-kill"))


def worker_of(pids: list[int]) -> int:
    """The Ray worker above some processes."""
    for pid in pids:
        above = pid
        while above > 1:
            if tree.read(f"/proc/{above}/cmdline").startswith("ray::"):
                return above
            facts = tree.stat(above)
            above = facts.parent if facts else 0
    raise AssertionError("no worker found")
