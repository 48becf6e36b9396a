"""Runs scripts in sandboxes of this process's own machine."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping

from actors.contracts import DataBundle, ExecutionRequest, ExecutionResult, Session, SessionRequest
from actors.errors import InputError
from actors.sandbox.probe import choose_level
from actors.sandbox.sandbox import Sandbox
from actors.sandbox.session import LocalSession, SessionSandbox
from actors.sandbox.settings import Level, SandboxSettings


class LocalExecutor:
    """An Executor with `slots` sandboxes, started when first needed."""

    def __init__(
        self,
        settings: SandboxSettings | None = None,
        bundles: Mapping[str, DataBundle] | None = None,
        slots: int = 1,
    ) -> None:
        self._settings = settings or SandboxSettings()
        self.level: Level = choose_level(self._settings)
        self._bundles = dict(bundles or {})
        self._free = asyncio.Semaphore(slots)
        self._idle: list[Sandbox] = []

    def add_bundle(self, digest: str, bundle: DataBundle) -> None:
        """Make a bundle known."""
        self._bundles[digest] = bundle

    async def run(self, request: ExecutionRequest) -> ExecutionResult:
        """Run a script to its end; cancelling the coroutine kills its whole process tree."""
        bundle = self._bundle(request.bundle)
        async with self._free:
            cancel = threading.Event()
            thread = asyncio.ensure_future(asyncio.to_thread(self._run, request, bundle, cancel))
            try:
                return await asyncio.shield(thread)
            except asyncio.CancelledError:
                cancel.set()
                await asyncio.wait([thread])
                raise

    async def open(self, request: SessionRequest) -> Session:
        """Open a shell in a sandbox of its own, which is beside the slots."""
        bundle = self._bundle(request.bundle)
        return LocalSession(
            await asyncio.to_thread(SessionSandbox, self._settings, self.level, request, lambda: bundle)
        )

    def close(self) -> None:
        """End all sandboxes; no run may be under way."""
        while self._idle:
            self._idle.pop().close()

    def _bundle(self, digest: str) -> DataBundle:
        if digest not in self._bundles:
            raise InputError(f"bundle {digest!r} is unknown to the executor: add_bundle it first")
        return self._bundles[digest]

    def _run(self, request: ExecutionRequest, bundle: DataBundle, cancel: threading.Event) -> ExecutionResult:
        sandbox = self._idle.pop() if self._idle else Sandbox(self._settings, self.level)
        try:
            return sandbox.run(request, lambda: bundle, cancel)
        finally:
            self._idle.append(sandbox)
