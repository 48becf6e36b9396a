"""A session: a shell and an editor that live in one sandbox from command to command."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from actors.contracts import CommandResult, DataBundle, ExitStatus, SessionRequest
from actors.sandbox.inside import tree
from actors.sandbox.listener import Listener
from actors.sandbox.output import Capture
from actors.sandbox.sandbox import NO_SUBMISSION, Sandbox
from actors.sandbox.settings import Level, SandboxSettings
from actors.sandbox.shared_memory import OwnSharedMemory, SharedMemory
from actors.sandbox.submission import read_submission
from actors.sandbox.supervise import PERIOD, REPORT_BYTES
from actors.sandbox.watch import Watch
from actors.sandbox.zygote import Exited, Zygote, ZygoteLost

GRACE = 2.0  # seconds for the shell to come back once what it ran is killed
SCRIPT, SCRIPT_BYTES = "solution.py", 1 << 20
ANSWER_BYTES = 1 << 16
ENDED = "the shell ended ({how}); the next command gets a new one, files are kept"

SPENT = {
    ExitStatus.WALL: "its wall seconds are over: it was killed",
    ExitStatus.CPU: "its CPU seconds are used up: it was killed",
}


@dataclass
class _Shell:
    """The process inside, our end of its socket, and what it said so far."""

    control: socket.socket
    said: bytes = b""
    exited: Exited | None = None
    deaf: bool = False  # it closed its end
    listener: Listener | None = None  # where the kernel asks us

    @property
    def refused(self) -> tuple[ExitStatus, str] | None:
        """What it may not do and is waiting for: it must be ended."""
        if self.listener is not None and self.listener.hidden:
            return ExitStatus.FORBIDDEN, f"it opened {self.listener.hidden}"
        if self.listener is not None and self.listener.full:
            return ExitStatus.PROCESSES, "too many processes"
        return None

    def answer(self) -> dict[str, Any] | None:
        """Its answer to the command at hand, once it is whole."""
        line, newline, _ = self.said.partition(b"\n")
        return json.loads(line) if newline else None


class SessionSandbox(Sandbox):
    """A sandbox with a shell instead of scripts; not for two threads at once."""

    def __init__(
        self,
        settings: SandboxSettings,
        level: Level,
        request: SessionRequest,
        fetch: Callable[[], DataBundle],
    ) -> None:
        super().__init__(replace(settings, warm=False), level)  # its programs start in the shell, cold
        self._request = request
        bundle = self._bundles.path(request.bundle, fetch)
        uid = self._isolation.uid
        self._shared = None
        if level != "namespaces":
            self._shared = SharedMemory(os.geteuid() if uid is None else uid, exclusive=uid is not None)
        self._work = os.open(
            self._furnish(request.bundle, bundle, ()), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
        )
        self._out, self._report = Capture(request.limits.output_bytes), Capture(REPORT_BYTES)
        self._watch: Watch | None = None
        self._shell: _Shell | None = None

    def command(
        self, command: str, seconds: float, cpu_seconds: float, cancel: threading.Event
    ) -> CommandResult:
        """Run a command; what it leaves running stands still until the next one."""
        try:
            return self._command(command, seconds, cpu_seconds, cancel)
        except ZygoteLost as error:
            self._forget_shell()
            self._drop_zygote()
            return CommandResult(ExitStatus.LOST, None, "", 0.0, 0.0, 0, self.level, str(error))

    def close(self) -> None:
        """End every process of the session, remove its files, give the slot back."""
        self._forget_shell()
        self._drop_zygote()
        self._out.close()
        self._report.close()
        os.close(self._work)
        if self._shared is not None:
            self._shared.sweep()
        super().close()

    def _command(
        self, command: str, seconds: float, cpu_seconds: float, cancel: threading.Event
    ) -> CommandResult:
        zygote = self._ready(self._request.limits.cpus)
        if self._watch is None:
            shared = self._shared or OwnSharedMemory(zygote.pid)
            self._watch = Watch(zygote.pid, self._work, self._request.limits, shared)
        watch = self._watch
        started, charged = watch.seconds, watch.cpu
        watch.renew(
            replace(
                self._request.limits,
                wall_seconds=started + min(seconds, self._request.limits.wall_seconds),
                cpu_seconds=charged + min(cpu_seconds, self._request.limits.cpu_seconds),
            )
        )
        shell = self._shell = self._shell or self._started(zygote, watch)
        tree.send(tree.descendants(zygote.pid), signal.SIGCONT)
        shell.said = b""
        with contextlib.suppress(OSError):  # it is gone: its exit tells
            shell.control.sendall(json.dumps(command).encode() + b"\n")
        self._follow(zygote, shell, watch, cancel)
        watch.look_at_disk()
        if watch.breach is not None:
            self._stop(zygote, shell)
        elif shell.exited is not None:
            zygote.clean()
        elif not cancel.is_set():
            self._freeze(zygote)
        result = self._told(shell, watch, cancel.is_set())
        return replace(result, seconds=watch.seconds - started, cpu_seconds=watch.cpu - charged)

    def _started(self, zygote: Zygote, watch: Watch) -> _Shell:
        ours, theirs = socket.socketpair()
        ours.settimeout(PERIOD)
        hiding = self._hiding()
        listener = None if hiding is None else Listener(hiding, watch.room)
        fds: tuple[int, ...] = (self._out.writer, self._out.writer, self._report.writer, theirs.fileno())
        fds += () if listener is None else (listener.writer,)
        request = self._request
        try:
            zygote.run(self._job(request.bundle, request.limits, request.seed, session=True), fds)
        finally:
            theirs.close()
            if listener is not None:
                listener.close_writer()
        ours.settimeout(GRACE)
        return _Shell(ours, listener=listener)

    def _follow(self, zygote: Zygote, shell: _Shell, watch: Watch, cancel: threading.Event) -> None:
        """Read, look and wait until the shell answers, ends, or must be stopped."""
        while watch.breach is None and not cancel.is_set():
            if not self._turn(zygote, shell):
                return
            watch.look_if_due(PERIOD)
            watch.breach = watch.breach or shell.refused
            if self._out.flooded:
                watch.breach = ExitStatus.OUTPUT, f"{self._out.total >> 20} MiB of output"

    def _turn(self, zygote: Zygote, shell: _Shell) -> bool:
        """Take what comes within a moment; False when the shell has answered or ended."""
        sources: list[Any] = [zygote, self._out.reader, self._report.reader]
        if shell.listener is not None and shell.listener.fileno() >= 0 and shell.refused is None:
            sources.append(shell.listener)
        ready, _, _ = select.select(sources if shell.deaf else [*sources, shell.control], [], [], PERIOD)
        self._out.pump()
        self._report.pump()
        if shell.control in ready:
            heard = b""
            with contextlib.suppress(OSError):
                heard = shell.control.recv(ANSWER_BYTES)
            shell.said += heard
            shell.deaf = not heard or len(shell.said) > ANSWER_BYTES
        if shell.listener is not None and shell.listener in ready:
            shell.listener.pump()
        if zygote in ready:
            shell.exited = zygote.receive(PERIOD) or shell.exited
        return shell.exited is None and shell.answer() is None

    def _stop(self, zygote: Zygote, shell: _Shell) -> None:
        """Kill what the command started; the shell too, if it does not come back from that."""
        deadline = time.monotonic() + GRACE
        while (
            shell.refused is None
            and shell.answer() is None
            and shell.exited is None
            and time.monotonic() < deadline
        ):
            tree.send(self._started_by_commands(zygote), signal.SIGKILL)
            self._turn(zygote, shell)
        tree.send(self._started_by_commands(zygote), signal.SIGKILL)
        if shell.answer() is None or shell.refused is not None:
            shell.said = b""  # what waits for our leave never gets it
            zygote.clean()

    def _freeze(self, zygote: Zygote) -> None:
        """Let nothing compute or grow between commands, when nobody looks."""
        tree.send(self._started_by_commands(zygote), signal.SIGSTOP)
        tree.send(self._started_by_commands(zygote), signal.SIGSTOP)  # those born at the first

    @staticmethod
    def _started_by_commands(zygote: Zygote) -> list[int]:
        """All processes but the session's own two, the first child of the zygote and its shell."""
        children = tree.families()
        first = min(children.get(zygote.pid, [0]), key=_age)
        own = {first, *children.get(first, [])[:1]}
        return [pid for pid in tree.descendants(zygote.pid) if pid not in own]

    def _told(self, shell: _Shell, watch: Watch, cancelled: bool) -> CommandResult:
        """How the command ended, what it printed and where it left things; its use is for the caller."""
        answer = shell.answer()
        hidden = [n for n in self._report.take().split("\n") if n.startswith("hidden ")]
        status, detail, code = ExitStatus.OK, "", None
        if answer is not None:
            code = int(answer["code"])
            status = ExitStatus.OK if code == 0 else ExitStatus.FAILED
        elif shell.exited is not None:
            code = os.waitstatus_to_exitcode(shell.exited.status)
            status = ExitStatus.FAILED if code >= 0 else ExitStatus.SIGNAL
            detail = ENDED.format(how=f"exit code {code}" if code >= 0 else f"signal {-code}")
        if watch.breach is not None:
            status, limit = watch.breach
            limit = SPENT.get(status, limit)
            detail = "; ".join([limit, *([] if answer is not None else [ENDED.format(how="killed")])])
        if cancelled:
            status = ExitStatus.CANCELLED
        elif hidden:
            status, detail = ExitStatus.FORBIDDEN, f"it opened {hidden[0].removeprefix('hidden ')}"
        if answer is None:
            self._forget_shell()
        script, fault = None, ""
        if status not in NO_SUBMISSION:
            data, fault = read_submission(self._work, SCRIPT_BYTES, SCRIPT)
            script = None if data is None else data.decode("utf-8", errors="replace")
        return CommandResult(
            status=status,
            exit_code=code,
            output=self._out.take(),
            seconds=0.0,
            cpu_seconds=0.0,
            peak_bytes=watch.peak,
            isolation=self.level,
            detail=detail,
            file=str(answer["file"]) if answer else "",
            folder=str(answer["folder"]) if answer else ".",
            script=script,
            script_fault=fault,
        )

    def _forget_shell(self) -> None:
        if self._shell is not None:
            self._shell.control.close()
            if self._shell.listener is not None:
                self._shell.listener.close()
            self._shell = None


class LocalSession:
    """A Session of this process's own machine."""

    def __init__(self, sandbox: SessionSandbox) -> None:
        self._sandbox: SessionSandbox | None = sandbox

    async def run(self, command: str, seconds: float, cpu_seconds: float) -> CommandResult:
        """Run a command to its end or to these limits; cancelling the coroutine ends the session."""
        assert self._sandbox is not None, "the session is closed"
        cancel = threading.Event()
        work = asyncio.to_thread(self._sandbox.command, command, seconds, cpu_seconds, cancel)
        thread = asyncio.ensure_future(work)
        try:
            return await asyncio.shield(thread)
        except asyncio.CancelledError:
            cancel.set()
            await asyncio.wait([thread])
            await self.close()
            raise

    async def close(self) -> None:
        """End every process of the session and remove its files."""
        if self._sandbox is not None:
            sandbox, self._sandbox = self._sandbox, None
            await asyncio.to_thread(sandbox.close)


def _age(pid: int) -> int:
    facts = tree.stat(pid)
    return facts.started if facts else 1 << 62
