"""One sandbox: runs scripts one after the other, warm or cold, at one isolation level."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from actors.contracts import DataBundle, ExecutionRequest, ExecutionResult, ExitStatus, Limits
from actors.errors import InputError
from actors.sandbox.bundles import BundleCache
from actors.sandbox.ending import ending, exit_code
from actors.sandbox.environment import script_environment
from actors.sandbox.inside import tree
from actors.sandbox.inside.hiding import Hiding
from actors.sandbox.isolation import isolate
from actors.sandbox.settings import Level, SandboxSettings
from actors.sandbox.shared_memory import OwnSharedMemory, SharedMemory
from actors.sandbox.slots import WORK, Slot, make_own_folder
from actors.sandbox.submission import read_submission
from actors.sandbox.supervise import Run, Supervisor
from actors.sandbox.watch import THREADS
from actors.sandbox.zygote import PRELOAD, Zygote, ZygoteLost

FOLDER_MODE = 0o755
SPARE_TASKS = 8  # the zygote and what surrounds it
NO_SUBMISSION = (ExitStatus.FORBIDDEN, ExitStatus.CANCELLED, ExitStatus.LOST)
DATA_HEADROOM = 300 << 20  # of RLIMIT_DATA: mapped by imports, never touched


class Sandbox:
    """A slot of this node with its zygote; not for two threads at once."""

    def __init__(self, settings: SandboxSettings, level: Level) -> None:
        self.level = level
        self._settings = settings
        make_own_folder(settings.cache)
        self._bundles = BundleCache(settings.cache / "bundles")
        self._slot = Slot(settings.cache)
        self._isolation = isolate(level, self._slot, self._bundles.folder, settings.hidden_paths)
        self._zygote: Zygote | None = None
        self._cpus = 0
        self._preload = PRELOAD if settings.warm else ()

    def run(
        self,
        request: ExecutionRequest,
        fetch: Callable[[], DataBundle],
        cancel: threading.Event | None = None,
    ) -> ExecutionResult:
        """Run a script to its end; nothing of it is left alive, whatever is raised here."""
        bundle = self._bundles.path(request.bundle, fetch)
        uid = self._isolation.uid
        shared = None  # at namespaces it is the sandbox's own, which nobody need sweep
        if self.level != "namespaces":
            shared = SharedMemory(os.geteuid() if uid is None else uid, exclusive=uid is not None)
        try:
            files = (*request.extra_files, ("solution.py", request.script))
            folder = self._furnish(request.bundle, bundle, files)
            work = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                run = self._start(request, work, shared, cancel).finish()
                if run.lost:
                    self._drop_zygote()
                return self._result(run, work)
            finally:
                os.close(work)
        except BaseException:
            self._drop_zygote()
            raise
        finally:
            self._settle()
            if shared is not None:
                shared.sweep()

    def close(self) -> None:
        """End the zygote and give the slot back."""
        self._drop_zygote()
        self._slot.release()

    def _furnish(self, digest: str, bundle: Path, files: Sequence[tuple[str, str]]) -> Path:
        """A fresh work folder with files and the input."""
        self._slot.empty()  # an interrupted run may have left something
        work = self._slot.work
        work.mkdir(mode=0o700)
        (work / ".tmp").mkdir()
        if self._isolation.bundles is not None:
            (work / "input").symlink_to(self._isolation.bundles / digest)
        else:
            _copy(bundle, work / "input")
        for name, content in files:
            path = work / name
            if not path.is_relative_to(work) or ".." in path.parts:
                raise InputError(f"extra file {name!r}: give a path inside the work folder")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        if self._isolation.uid is not None:
            _give(work, self._isolation.uid)
        return work

    def _start(
        self,
        request: ExecutionRequest,
        work: int,
        shared: SharedMemory | None,
        cancel: threading.Event | None,
    ) -> Supervisor:
        """The execution under way, in a new zygote where the present one fails."""
        for last_try in (False, True):
            zygote = self._ready(request.limits.cpus)
            supervisor = Supervisor(
                zygote,
                work,
                request.limits,
                shared=shared or OwnSharedMemory(zygote.pid),
                hiding=self._hiding(),
                cancel=cancel,
            )
            try:
                supervisor.start(self._job(request.bundle, request.limits, request.seed))
                break
            except ZygoteLost:
                self._drop_zygote()
                if last_try:
                    raise
        return supervisor

    def _hiding(self) -> Hiding | None:
        """What to forbid where the kernel asks us; None where it needs not to."""
        plan = self._isolation.confine
        if not plan["seccomp"] or not (plan.get("hidden") or plan["forks"]):
            return None
        return Hiding(plan.get("hidden", ()), [*plan.get("needed", ()), str(self._slot.work)])

    def _ready(self, cpus: int) -> Zygote:
        """The zygote, started or renewed when there is no healthy one of this many CPUs."""
        if self._zygote is not None and not (self._cpus == cpus and self._zygote.healthy):
            self._drop_zygote()
        if self._zygote is None:
            try:
                self._zygote = self._new_zygote(cpus)
            except ZygoteLost:
                if not self._preload:
                    raise
                self._preload = ()  # a library that breaks when it is imported does so again: stay cold
                self._zygote = self._new_zygote(cpus)
            self._cpus = cpus
        return self._zygote

    def _new_zygote(self, cpus: int) -> Zygote:
        return Zygote(
            prefix=self._isolation.prefix,
            inside=self._isolation.inside,
            environment=script_environment(self._isolation.slot / WORK, cpus),
            confine=self._isolation.confine,
            uid=self._isolation.uid,
            scratch=self._isolation.scratch,
            preload=self._preload,
        )

    def _job(self, digest: str, limits: Limits, seed: int, session: bool = False) -> dict[str, Any]:
        cpu = int(limits.cpu_seconds) + 2
        return {
            "work": str(self._isolation.slot / WORK),
            "bundle": str(self._isolation.bundles / digest) if self._isolation.bundles else None,
            "seed": seed,
            "session": session,
            "rlimits": {
                "RLIMIT_CPU": cpu,
                "RLIMIT_DATA": limits.memory_bytes + DATA_HEADROOM,
                "RLIMIT_FSIZE": limits.file_bytes,
                "RLIMIT_NOFILE": 1024,
                "RLIMIT_CORE": 0,
                "RLIMIT_NPROC": THREADS * limits.processes + self._tasks_elsewhere(),
                "RLIMIT_MSGQUEUE": 0,
                "RLIMIT_MEMLOCK": 1 << 16,
            },
        }

    def _tasks_elsewhere(self) -> int:
        """Threads that the kernel counts with the script's: all of a user, unless it has one of its own."""
        own = self._isolation.uid is not None or self.level == "namespaces"
        own = own or os.getuid() == 0  # whom the kernel does not count
        return SPARE_TASKS if own else SPARE_TASKS + tree.tasks_of(os.getuid())

    def _result(self, run: Run, work: int) -> ExecutionResult:
        status, detail = ending(run, run.report)
        submission, refusal = None, ""
        if status not in NO_SUBMISSION:
            submission, refusal = read_submission(work, self._settings.submission_bytes)
        return ExecutionResult(
            status=status,
            exit_code=exit_code(run),
            stdout=run.stdout,
            stderr=run.stderr,
            submission=submission,
            seconds=run.seconds,
            cpu_seconds=run.cpu_seconds,
            peak_bytes=run.peak_bytes,
            isolation=self.level,
            detail="; ".join(text for text in (detail, refusal) if text),
        )

    def _settle(self) -> None:
        """After any ending: no process, no folder; a cold start leaves no zygote."""
        if not self._preload:
            self._drop_zygote()
        self._slot.empty()

    def _drop_zygote(self) -> None:
        if self._zygote is not None:
            self._zygote.close()
            self._zygote = None


def _copy(bundle: Path, target: Path) -> None:
    """A bundle's files in folders that can be removed again."""
    shutil.copytree(bundle, target)
    for folder, _, _ in os.walk(target):
        os.chmod(folder, FOLDER_MODE)


def _give(work: Path, uid: int) -> None:
    """Make the work folder the user's, but not the input in it."""
    for folder, folders, files in os.walk(work):
        os.chown(folder, uid, uid)
        for name in files:
            os.lchown(os.path.join(folder, name), uid, uid)
        folders[:] = [name for name in folders if (folder, name) != (str(work), "input")]
