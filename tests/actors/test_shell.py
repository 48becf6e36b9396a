"""An attempt's shell in a real sandbox: what a resume and a lost session rebuild."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from doubles import FakeScorer, data, spec

from actors.attempt import AttemptContext, Services
from actors.contracts import CommandResult, DataBundle, ExitStatus, SessionRequest
from actors.errors import LostError
from actors.models.scripted import ScriptedModel
from actors.roles.desk import LocalDesk
from actors.sandbox.executor import LocalExecutor
from actors.sandbox.settings import SandboxSettings
from actors.shell import Shell
from scratchpad.client import LocalClient

COMMANDS = (
    "A=5; f() { echo got $1; }; mkdir sub; cd sub",
    "echo $RANDOM > drawn; echo 'x = 1' > ../solution.py",
)
LATER = "pwd | grep -o '[^/]*$'; echo $A; f x; ls; cat ../solution.py"


@pytest.fixture
def executor(tmp_path: Path) -> Iterator[LocalExecutor]:
    settings = SandboxSettings(allow_weak=True, cache=tmp_path / "cache")
    executor = LocalExecutor(settings, {"public": DataBundle("public", (("x.csv", b"1"),))})
    yield executor
    executor.close()


async def shell_of(executor: object, client: LocalClient) -> tuple[Shell, AttemptContext]:
    services = Services(LocalDesk(ScriptedModel({})), executor, FakeScorer(), {})  # type: ignore[arg-type]
    context = await AttemptContext.open(spec(), data(), services, client.namespace("toy", 0))
    return context.shell(), context


async def run(shell: Shell, *commands: str) -> list[CommandResult]:
    try:
        return [await shell.run(command, "command") for command in commands]
    finally:
        await shell.close()


def test_a_resume_returns_what_was_recorded_and_rebuilds_files_and_shell(executor: LocalExecutor) -> None:
    async def play() -> None:
        client = LocalClient()
        shell, _ = await shell_of(executor, client)
        first = await run(shell, *COMMANDS)
        again, context = await shell_of(executor, client)
        results = await run(again, *COMMANDS, LATER)
        assert results[:2] == first
        assert context.replayed == 2
        assert results[2].output == "sub\n5\ngot x\ndrawn\nx = 1\n"
        assert again.script == "x = 1\n"

    asyncio.run(play())


def test_a_session_that_dies_is_rebuilt_and_one_that_always_dies_is_a_loss(executor: LocalExecutor) -> None:
    class Dying:
        """Sessions of which the first `deaths` die at their next command."""

        def __init__(self, deaths: int) -> None:
            self.deaths, self.opened = deaths, 0

        async def open(self, request: SessionRequest) -> object:
            self.opened += 1
            return _Mortal(self, await executor.open(request))

    class _Mortal:
        def __init__(self, owner: Dying, session: object) -> None:
            self._owner, self._session = owner, session

        async def run(self, command: str, seconds: float, cpu_seconds: float) -> CommandResult:
            if command == LATER and self._owner.deaths:
                self._owner.deaths -= 1
                return CommandResult(ExitStatus.LOST, None, "", 0.0, 0.0, 0, "none", "it died")
            return await self._session.run(command, seconds, cpu_seconds)  # type: ignore[attr-defined,no-any-return]

        async def close(self) -> None:
            await self._session.close()  # type: ignore[attr-defined]

    async def play(deaths: int) -> CommandResult:
        shell, _ = await shell_of(Dying(deaths), LocalClient())
        return (await run(shell, *COMMANDS, LATER))[-1]

    assert asyncio.run(play(2)).output == "sub\n5\ngot x\ndrawn\nx = 1\n"
    with pytest.raises(LostError, match="lost 3 times: it died"):
        asyncio.run(play(3))
