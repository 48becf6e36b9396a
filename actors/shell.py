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
LEAST = 1.0  # wall and CPU seconds of a command that is begun
ENDED_BY_ITSELF = (ExitStatus.OK, ExitStatus.FAILED)


class Shell:
    """A live shell and editor; close it before the next execution, since it holds CPUs."""

    def __init__(
        self, executor: Executor, request: SessionRequest, step: Step, left: Callable[[], tuple[float, float]]
    ) -> None:
        """`left` says how many wall and CPU seconds commands may still take."""
        self._executor = executor
        self._request = request
        self._step = step
        self._left = left
        self._past: list[str] = []
        self._session: Session | None = None
        self.script: str | None = None  # ./solution.py after the last command that was allowed
        self.script_fault = ""  # why it cannot be handed in

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
        if result.status is not ExitStatus.FORBIDDEN:
            self.script, self.script_fault = result.script, result.script_fault
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
                limits = self._request.limits  # what it once had, however little is left now
                result = await self._in_session(earlier, limits.wall_seconds, limits.cpu_seconds)
                rebuilt += result.cpu_seconds
            result = await self._in_session(command, *(max(left, LEAST) for left in self._left()))
            if result.status not in (ExitStatus.LOST, ExitStatus.CANCELLED):
                return replace(result, output=cut(result.output, OUTPUT_KEPT, "output")), rebuilt
            lost = result.detail
            await self.close()
        raise LostError(f"a session was lost {LOST_STARTS} times: {lost}")

    async def _in_session(self, command: str, seconds: float, cpu_seconds: float) -> CommandResult:
        if self._session is None:
            self._session = await self._executor.open(self._request)
        return await self._session.run(command, seconds, cpu_seconds)
