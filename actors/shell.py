"""An attempt's shell: a session whose every command is a recorded step.

Recorded commands return what they returned. When the first one comes that is not recorded, the
session is rebuilt by running the earlier ones again in a fresh sandbox: files and shell are what a
resume needs, and they follow from the commands.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace

from actors.contracts import CommandResult, Executor, ExitStatus, Session, SessionRequest
from actors.errors import LostError
from actors.roles.base import cut
from actors.steps import Work
from actors.trial import LOST_STARTS, OUTPUT_KEPT
from scratchpad.records import Entry, Kind

Step = Callable[[Kind, str, bytes, Work], Awaitable[Entry]]
ENDED_BY_ITSELF = (ExitStatus.OK, ExitStatus.FAILED)


class Shell:
    """A live shell and editor; close it before the next execution, since it holds CPUs."""

    def __init__(
        self, executor: Executor, request: SessionRequest, step: Step, seconds_left: Callable[[], float]
    ) -> None:
        self._executor = executor
        self._request = request
        self._step = step
        self._seconds_left = seconds_left
        self._past: list[str] = []
        self._session: Session | None = None
        self.script: str | None = None  # ./solution.py after the last command

    async def run(self, command: str, title: str) -> CommandResult:
        """Run a command as a step; raises LostError when its session died under every start."""

        async def work(entry: Entry) -> Entry:
            result, rebuilt = await self._run(command)
            return replace(
                entry,
                content=json.dumps({"command": command, **asdict(result)}, ensure_ascii=False),
                metrics={
                    "cpu_seconds": result.cpu_seconds + rebuilt,
                    "peak_bytes": float(result.peak_bytes),
                    "rebuilt_cpu_seconds": rebuilt,
                },
                seconds=result.seconds,
                error=None if result.status in ENDED_BY_ITSELF else result.detail or result.status.value,
            )

        entry = await self._step(Kind.EXECUTION, title, json.dumps(["command", command]).encode(), work)
        value = json.loads(entry.content)
        del value["command"]
        result = CommandResult(**{**value, "status": ExitStatus(value["status"])})
        self._past.append(command)
        self.script = result.script
        return result

    async def close(self) -> None:
        """End the session."""
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

    async def _run(self, command: str) -> tuple[CommandResult, float]:
        """A command's result, and the CPU seconds that rebuilding the session took."""
        rebuilt, lost = 0.0, ""
        for _ in range(LOST_STARTS):
            for earlier in self._past if self._session is None else ():
                result = await self._in_session(earlier)
                rebuilt += result.cpu_seconds
            result = await self._in_session(command)
            if result.status not in (ExitStatus.LOST, ExitStatus.CANCELLED):
                return replace(result, output=cut(result.output, OUTPUT_KEPT, "output")), rebuilt
            lost = result.detail
            await self.close()
        raise LostError(f"a session was lost {LOST_STARTS} times: {lost}")

    async def _in_session(self, command: str) -> CommandResult:
        if self._session is None:
            self._session = await self._executor.open(self._request)
        seconds = min(self._request.limits.wall_seconds, self._seconds_left() or 1.0)
        return await self._session.run(command, seconds)
