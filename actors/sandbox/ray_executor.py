"""Runs scripts as Ray tasks, wherever the cluster has room."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import cache
from typing import Any

import ray
from ray.exceptions import (
    LocalRayletDiedError,
    NodeDiedError,
    ObjectLostError,
    OutOfMemoryError,
    RayTaskError,
    TaskCancelledError,
    WorkerCrashedError,
)

from actors.contracts import (
    DataBundle,
    ExecutionRequest,
    ExecutionResult,
    ExitStatus,
    Session,
    SessionRequest,
)
from actors.errors import InputError
from actors.sandbox.probe import choose_level
from actors.sandbox.ray_session import RaySession
from actors.sandbox.sandbox import Sandbox
from actors.sandbox.settings import SandboxSettings

GRACE = 10.0  # seconds that a cancelled task has for killing its tree before its worker is killed
CRASHES = (WorkerCrashedError, NodeDiedError, ObjectLostError, LocalRayletDiedError)


class RayExecutor:
    """An Executor over a Ray cluster; small to pickle, so that every attempt host may hold one."""

    def __init__(
        self,
        settings: SandboxSettings | None = None,
        bundles: Mapping[str, DataBundle | ray.ObjectRef[DataBundle]] | None = None,
    ) -> None:
        self._settings = settings or SandboxSettings()
        self._task = ray.remote(max_retries=0)(_execute)  # retries are the caller's decisions
        self._bundles: dict[str, ray.ObjectRef[DataBundle]] = {}
        for digest, bundle in (bundles or {}).items():
            self.add_bundle(digest, bundle)

    def add_bundle(self, digest: str, bundle: DataBundle | ray.ObjectRef[DataBundle]) -> None:
        """Make a bundle known; a node fetches it once, whatever number of scripts read it there."""
        self._bundles[digest] = ray.put(bundle) if isinstance(bundle, DataBundle) else bundle

    async def run(self, request: ExecutionRequest) -> ExecutionResult:
        """Run a script to its end; cancelling the coroutine kills its whole process tree."""
        bundle = self._bundle(request.bundle)
        limits = request.limits
        task = self._task.options(num_cpus=limits.cpus, memory=limits.memory_bytes).remote(
            self._settings, request, [bundle]
        )
        try:
            result: ExecutionResult = await task
        except asyncio.CancelledError:
            await _cancel(task)
            raise
        except RayTaskError as error:  # our own code raised on the node
            raise error.as_instanceof_cause() from None
        except TaskCancelledError:
            return _unfinished(ExitStatus.CANCELLED, "the task was cancelled")
        except OutOfMemoryError:  # the node ran out and Ray chose this worker
            return _unfinished(ExitStatus.MEMORY, "the node ran out of memory")
        except CRASHES as error:  # the worker or its node died, not our code
            return _unfinished(ExitStatus.LOST, type(error).__name__)
        return result

    async def open(self, request: SessionRequest) -> Session:
        """Open a shell in an actor of its own."""
        return RaySession(self._settings, request, self._bundle(request.bundle))

    def _bundle(self, digest: str) -> ray.ObjectRef[DataBundle]:
        if digest not in self._bundles:
            raise InputError(f"bundle {digest!r} is unknown to the executor: add_bundle it first")
        return self._bundles[digest]


def _execute(
    settings: SandboxSettings, request: ExecutionRequest, bundle: list[ray.ObjectRef[DataBundle]]
) -> ExecutionResult:
    """One execution; the bundle comes in a list so that Ray does not fetch it unasked."""
    return _sandbox(settings).run(request, lambda: ray.get(bundle[0]))


@cache
def _sandbox(settings: SandboxSettings) -> Sandbox:
    """The sandbox of this worker process, which runs one task at a time: it keeps the zygote warm."""
    return Sandbox(settings, choose_level(settings))


async def _cancel(task: ray.ObjectRef[Any]) -> None:
    """Interrupt a task, which then kills its tree; kill its worker if it does not come to an end."""
    ray.cancel(task, force=False)
    done, _ = await asyncio.to_thread(ray.wait, [task], timeout=GRACE)
    if not done:
        ray.cancel(task, force=True)


def _unfinished(status: ExitStatus, detail: str) -> ExecutionResult:
    return ExecutionResult(status, None, "", "", None, 0.0, 0.0, 0, "unknown", detail)
