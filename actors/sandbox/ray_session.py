"""A session as a Ray actor, wherever the cluster has room."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayError, RayTaskError

from actors.contracts import CommandResult, DataBundle, ExitStatus, SessionRequest
from actors.sandbox.probe import choose_level
from actors.sandbox.session import SessionSandbox
from actors.sandbox.settings import SandboxSettings

GRACE = 10.0  # seconds that a session has for ending its tree before its process is killed


class SessionHost:
    """One session in the process of one actor."""

    def __init__(
        self, settings: SandboxSettings, request: SessionRequest, bundle: list[ray.ObjectRef[DataBundle]]
    ) -> None:
        self._cancel = threading.Event()
        self._lock = threading.Lock()  # held while a command runs
        self._sandbox = SessionSandbox(settings, choose_level(settings), request, lambda: ray.get(bundle[0]))

    def run(self, command: str, seconds: float, cpu_seconds: float) -> CommandResult:
        """Run a command to its end or to these limits."""
        with self._lock:
            return self._sandbox.command(command, seconds, cpu_seconds, self._cancel)

    def close(self) -> None:
        """Stop the command under way and end the session."""
        self._cancel.set()
        with self._lock:
            self._sandbox.close()


class RaySession:
    """A Session over an actor, which holds its CPUs and memory until it is closed."""

    def __init__(
        self, settings: SandboxSettings, request: SessionRequest, bundle: ray.ObjectRef[DataBundle]
    ) -> None:
        limits = request.limits
        actor = ray.remote(SessionHost).options(
            num_cpus=limits.cpus, memory=limits.memory_bytes, max_restarts=0, max_concurrency=2
        )
        self._actor: Any = actor.remote(settings, request, [bundle])  # in a list: fetched where it is missing

    async def run(self, command: str, seconds: float, cpu_seconds: float) -> CommandResult:
        """Run a command to its end or to these limits; cancelling the coroutine ends the session."""
        try:
            result: CommandResult = await self._actor.run.remote(command, seconds, cpu_seconds)
        except asyncio.CancelledError:
            await self.close()
            raise
        except RayTaskError as error:  # our own code raised on the node
            raise error.as_instanceof_cause() from None
        except RayError as error:  # the actor or its node died, not our code
            return CommandResult(ExitStatus.LOST, None, "", 0.0, 0.0, 0, "unknown", type(error).__name__)
        return result

    async def close(self) -> None:
        """End every process of the session; the guardian sees to it if the actor cannot."""
        if self._actor is None:
            return
        actor, self._actor = self._actor, None
        with contextlib.suppress(RayError, GetTimeoutError):
            await asyncio.to_thread(ray.get, actor.close.remote(), timeout=GRACE)
        ray.kill(actor)
