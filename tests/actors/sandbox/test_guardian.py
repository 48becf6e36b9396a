"""Nothing of a script outlives its worker, however that dies."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from actors.contracts import ExecutionRequest, ExitStatus, Limits
from actors.sandbox.executor import LocalExecutor
from actors.sandbox.inside import tree
from actors.sandbox.settings import Level

pytestmark = pytest.mark.slow

WORKER = """
import asyncio, pathlib, sys
from actors.contracts import DataBundle, ExecutionRequest, Limits
from actors.sandbox.executor import LocalExecutor
from actors.sandbox.settings import SandboxSettings
settings = SandboxSettings(level=sys.argv[1], warm=False, cache=pathlib.Path(sys.argv[2]))
executor = LocalExecutor(settings, {"d": DataBundle("d", ())})
asyncio.run(executor.run(ExecutionRequest(sys.argv[3], "d", Limits(wall_seconds=60))))
"""
DAEMON = """
import ctypes, os, time
ctypes.CDLL(None).prctl(15, b"%s", 0, 0, 0)
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
time.sleep(60)
"""


def marked(marker: str) -> list[int]:
    """The live processes that gave themselves a name."""
    pids = [int(p) for p in os.listdir("/proc") if p.isdigit()]
    return [p for p in tree.alive(pids) if tree.read(f"/proc/{p}/comm").strip() == marker]


def wait_for(condition: Callable[[], object], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_death_of_a_worker_takes_all_with_it(
    level: Level, tmp_path: Path, number: signal.Signals
) -> None:
    marker = f"fsg-{os.getpid() % 10_000}-{int(number)}"
    command = [sys.executable, "-c", WORKER, level, str(tmp_path / "cache"), DAEMON % marker]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as worker:
        wait_for(lambda: len(marked(marker)) >= 2, 60)
        worker.send_signal(number)
        worker.wait()
    wait_for(lambda: not marked(marker), 30)


def test_the_death_of_a_zygote_is_told_and_takes_all_with_it(warm: LocalExecutor) -> None:
    marker = f"fsz-{os.getpid() % 10_000}"

    def kill() -> None:
        wait_for(lambda: len(marked(marker)) >= 2, 60)
        facts = tree.stat(zygote.pid)
        assert facts is not None
        tree.send([zygote.pid], signal.SIGKILL)

    async def run() -> None:
        killer = asyncio.create_task(asyncio.to_thread(kill))
        result = await warm.run(ExecutionRequest(DAEMON % marker, "d1", Limits(wall_seconds=60)))
        await killer
        assert result.status is ExitStatus.LOST
        assert result.submission is None

    asyncio.run(warm.run(ExecutionRequest("print(1)", "d1", Limits(wall_seconds=60))))
    zygote = warm._idle[-1]._zygote
    assert zygote is not None
    asyncio.run(run())
    wait_for(lambda: not marked(marker), 30)
