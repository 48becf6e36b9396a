"""One sandbox: runs scripts one after the other, warm or cold, at one isolation level."""

from __future__ import annotations

import os
import select
import shutil
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actors.contracts import DataBundle, ExecutionRequest, ExecutionResult, ExitStatus, Limits
from actors.errors import InputError
from actors.sandbox.bundles import BundleCache
from actors.sandbox.environment import script_environment
from actors.sandbox.output import Capture
from actors.sandbox.settings import Level, SandboxSettings
from actors.sandbox.slots import Slot, remove
from actors.sandbox.submission import read_submission
from actors.sandbox.watch import Watch
from actors.sandbox.zygote import HERE, PRELOAD, Exited, Zygote, ZygoteLost

PERIOD = 0.1  # seconds between two looks at the tree
WARNING = 1.0  # seconds before the wall limit at which the script prints where it is
DATA_HEADROOM = 300 << 20  # of RLIMIT_DATA: mapped by imports, never touched
SELF_REPORTS = {
    b"memory": (ExitStatus.MEMORY, "an allocation was refused"),
    b"disk": (ExitStatus.DISK, "a write was refused"),
    b"processes": (ExitStatus.PROCESSES, "a process or thread was refused"),
}
SIGNALS: dict[int, tuple[ExitStatus, str]] = {
    signal.SIGXCPU: (ExitStatus.CPU, "limit of one process"),
    signal.SIGXFSZ: (ExitStatus.DISK, "a file reached its size limit"),
}


@dataclass
class _Run:
    """What is known of the execution at hand."""

    out: Capture
    err: Capture
    report: Capture
    watch: Watch
    exited: Exited | None = None
    cancelled: bool = False


class Sandbox:
    """A slot of this node with its zygote; not for two threads at once."""

    def __init__(self, settings: SandboxSettings, level: Level) -> None:
        self.level = level
        self._settings = settings
        settings.cache.mkdir(parents=True, exist_ok=True)
        self._bundles = BundleCache(settings.cache / "bundles")
        self._slot = Slot(settings.cache)
        self._zygote: Zygote | None = None
        self._cpus = 0

    def run(
        self,
        request: ExecutionRequest,
        fetch: Callable[[], DataBundle],
        cancel: threading.Event | None = None,
    ) -> ExecutionResult:
        """Run a script to its end; nothing of it is left alive, whatever is raised here."""
        folder = self._furnish(request, self._bundles.path(request.bundle, fetch))
        try:
            zygote = self._ready(request.limits.cpus)
            work = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                run = self._supervise(zygote, request, work, cancel)
                return self._result(run, request, work)
            finally:
                os.close(work)
        finally:
            self._settle()

    def close(self) -> None:
        """End the zygote and give the slot back."""
        if self._zygote is not None:
            self._zygote.close()
            self._zygote = None
        self._slot.release()

    def _furnish(self, request: ExecutionRequest, bundle: Path) -> Path:
        """A fresh work folder with the script, its files and its input."""
        work = self._slot.work
        work.mkdir(mode=0o700)
        (work / ".tmp").mkdir()
        shutil.copytree(bundle, work / "input")
        for name, content in (*request.extra_files, ("solution.py", request.script)):
            path = work / name
            if not path.is_relative_to(work) or ".." in path.parts:
                raise InputError(f"extra file {name!r}: give a path inside the work folder")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        return work

    def _ready(self, cpus: int) -> Zygote:
        """The zygote, started or renewed when there is none of this many CPUs."""
        if self._zygote is not None and self._cpus != cpus:
            self._zygote.close()
            self._zygote = None
        if self._zygote is None:
            self._zygote = Zygote(
                prefix=(),
                inside=HERE,
                environment=script_environment(self._slot.work, cpus),
                preload=PRELOAD if self._settings.warm else (),
            )
            self._cpus = cpus
        return self._zygote

    def _supervise(
        self, zygote: Zygote, request: ExecutionRequest, work: int, cancel: threading.Event | None
    ) -> _Run:
        limits = request.limits
        out, err, report = Capture(limits.output_bytes), Capture(limits.output_bytes), Capture(1 << 12)
        run = _Run(out, err, report, Watch(zygote.pid, work, limits))
        streams = {c.reader: c for c in (out, err, report)}
        try:
            zygote.run(self._job(request), (out.writer, err.writer, report.writer))
            for stream in streams.values():
                stream.close_writer()
            warned = False
            while run.exited is None and run.watch.breach is None and not run.cancelled:
                sources: list[Any] = [zygote, *streams]
                ready, _, _ = select.select(sources, [], [], PERIOD)
                for fd in [fd for fd in ready if fd in streams]:
                    if not streams[fd].pump():
                        del streams[fd]
                if zygote in ready:
                    run.exited = zygote.receive(PERIOD)
                if run.exited is None:
                    run.watch.look()
                run.cancelled = cancel is not None and cancel.is_set()
                self._check_output(run, limits)
                if not warned and run.watch.seconds > limits.wall_seconds - WARNING:
                    warned = True
                    zygote.dump()
            run.watch.look_at_disk()
            zygote.clean()
        except ZygoteLost as lost:
            self._drop_zygote()
            run.watch.breach = run.watch.breach or (ExitStatus.LOST, str(lost))
        except BaseException:
            self._drop_zygote()
            for stream in (out, err, report):
                stream.close()
            raise
        return run

    def _job(self, request: ExecutionRequest) -> dict[str, Any]:
        limits = request.limits
        cpu = int(limits.cpu_seconds) + 2
        return {
            "work": str(self._slot.work),
            "seed": request.seed,
            "rlimits": {
                "RLIMIT_CPU": cpu,
                "RLIMIT_DATA": limits.memory_bytes + DATA_HEADROOM,
                "RLIMIT_FSIZE": limits.file_bytes,
                "RLIMIT_NOFILE": 1024,
                "RLIMIT_CORE": 0,
                "RLIMIT_MSGQUEUE": 0,
                "RLIMIT_MEMLOCK": 1 << 16,
            },
        }

    @staticmethod
    def _check_output(run: _Run, limits: Limits) -> None:
        for name, stream in (("stdout", run.out), ("stderr", run.err)):
            if stream.flooded and run.watch.breach is None:
                run.watch.breach = ExitStatus.OUTPUT, f"{stream.total >> 20} MiB on {name}"

    def _result(self, run: _Run, request: ExecutionRequest, work: int) -> ExecutionResult:
        stdout, stderr, report = run.out.close(), run.err.close(), run.report.close()
        status, detail = self._ending(run, report.encode())
        submission, refusal = None, ""
        if status not in (ExitStatus.FORBIDDEN, ExitStatus.CANCELLED, ExitStatus.LOST):
            submission, refusal = read_submission(work, self._settings.submission_bytes)
        return ExecutionResult(
            status=status,
            exit_code=os.waitstatus_to_exitcode(run.exited.status)
            if run.exited and os.WIFEXITED(run.exited.status)
            else None,
            stdout=stdout,
            stderr=stderr,
            submission=submission,
            seconds=run.watch.seconds,
            cpu_seconds=run.watch.cpu,
            peak_bytes=run.watch.peak or (run.exited.peak if run.exited else 0),
            isolation=self.level,
            detail="; ".join(d for d in (detail, refusal) if d),
        )

    @staticmethod
    def _ending(run: _Run, report: bytes) -> tuple[ExitStatus, str]:
        if run.cancelled:
            return ExitStatus.CANCELLED, ""
        if run.watch.breach is not None:
            return run.watch.breach
        assert run.exited is not None
        code = os.waitstatus_to_exitcode(run.exited.status)
        if code == 0:
            return ExitStatus.OK, ""
        if code < 0:
            return SIGNALS.get(-code, (ExitStatus.SIGNAL, f"signal {-code} ({signal.strsignal(-code)})"))
        return SELF_REPORTS.get(report.strip(), (ExitStatus.FAILED, f"exit code {code}"))

    def _settle(self) -> None:
        """After any ending: no process, no folder; a cold start leaves no zygote."""
        if not self._settings.warm:
            self._drop_zygote()
        remove(self._slot.work)

    def _drop_zygote(self) -> None:
        if self._zygote is not None:
            self._zygote.close()
            self._zygote = None
