"""Runs one script in a zygote and watches it to its end."""

from __future__ import annotations

import re
import select
import threading
from dataclasses import dataclass
from typing import Any

from actors.contracts import ExitStatus, Limits
from actors.sandbox.inside.hiding import Hiding
from actors.sandbox.listener import Listener
from actors.sandbox.output import Capture
from actors.sandbox.shared_memory import OwnSharedMemory, SharedMemory
from actors.sandbox.watch import Watch
from actors.sandbox.zygote import Exited, Zygote, ZygoteLost

PERIOD = 0.1  # seconds between two looks at the tree
WARNING = 1.0  # seconds before the wall limit at which the script prints where it is
REPORT_BYTES = 1 << 12
OURS = re.compile(  # the frames below the script's own, in what the warning makes it print
    r'(?:  File "[^"\n]*/inside/\w+\.py", line \d+ in \w+\n)+  File "<string>", line 1 in <module>\n'
)


@dataclass(frozen=True)
class Run:
    """What one execution left behind, its files aside."""

    stdout: str
    stderr: str
    report: str  # from the script's own process
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    exited: Exited | None  # None when it did not end by itself
    breach: tuple[ExitStatus, str] | None
    cancelled: bool
    lost: bool  # whether the zygote is of no more use


class Supervisor:
    """One execution under way."""

    def __init__(
        self,
        zygote: Zygote,
        work: int,
        limits: Limits,
        *,
        shared: SharedMemory | OwnSharedMemory,
        hiding: Hiding | None,
        cancel: threading.Event | None,
    ) -> None:
        self._zygote = zygote
        self._limits = limits
        self._cancel = cancel or threading.Event()
        self._out = Capture(limits.output_bytes)
        self._err = Capture(limits.output_bytes)
        self._report = Capture(REPORT_BYTES)
        self._watch = Watch(zygote.pid, work, limits, shared)
        self._listener = Listener(hiding, self._watch.room) if hiding is not None else None
        self._exited: Exited | None = None
        self._warned = False

    def start(self, job: dict[str, Any]) -> None:
        """Start the script; raises ZygoteLost when that failed, and a new zygote may do better."""
        streams: list[Capture | Listener] = [self._out, self._err, self._report]
        if self._listener is not None:
            streams.append(self._listener)
        try:
            self._zygote.run(job, tuple(stream.writer for stream in streams))
        except BaseException:
            for stream in streams:
                stream.close()
            raise
        for stream in streams:
            stream.close_writer()

    def finish(self) -> Run:
        """See the script to its end; nothing of it lives when this returns.

        A ZygoteLost is an ending of the run; after any exception the zygote must be closed.
        """
        streams = (self._out, self._err, self._report)
        lost = False
        try:
            self._follow()
            self._watch.look_at_disk()
            self._zygote.clean()
        except ZygoteLost as error:
            lost = True
            self._watch.breach = self._watch.breach or (ExitStatus.LOST, str(error))
        finally:
            texts = [stream.close() for stream in streams]
            if self._listener is not None:
                self._listener.close()
        return Run(
            stdout=texts[0],
            stderr=OURS.sub("", texts[1]) if self._warned else texts[1],
            report=texts[2],
            seconds=self._watch.seconds,
            cpu_seconds=self._watch.cpu,
            peak_bytes=self._watch.peak or (self._exited.peak if self._exited else 0),
            exited=self._exited,
            breach=self._watch.breach,
            cancelled=self._cancel.is_set(),
            lost=lost,
        )

    def _follow(self) -> None:
        """Read, look and wait until the script ends or must end."""
        streams = {stream.reader: stream for stream in (self._out, self._err, self._report)}
        watch = self._watch
        while self._exited is None and watch.breach is None and not self._cancel.is_set():
            sources: list[Any] = [self._zygote, *streams]
            if self._listener is not None and self._listener.fileno() >= 0:
                sources.append(self._listener)
            ready, _, _ = select.select(sources, [], [], PERIOD)
            for fd in [fd for fd in ready if fd in streams]:
                if not streams[fd].pump():
                    del streams[fd]
            if self._listener is not None and self._listener in ready:
                self._answer(self._listener)
            if self._zygote in ready:
                self._exited = self._zygote.receive(PERIOD)
            if self._exited is None:
                watch.look_if_due(PERIOD)
            self._check_output()
            if not self._warned and watch.seconds > self._limits.wall_seconds - WARNING:
                self._warned = True
                self._zygote.dump()

    def _answer(self, listener: Listener) -> None:
        listener.pump()
        if listener.hidden and self._watch.breach is None:
            self._watch.breach = ExitStatus.FORBIDDEN, f"it opened {listener.hidden}"
        elif listener.full and self._watch.breach is None:
            self._watch.breach = ExitStatus.PROCESSES, f"limit {self._limits.processes}"

    def _check_output(self) -> None:
        for name, stream in (("stdout", self._out), ("stderr", self._err)):
            if stream.flooded and self._watch.breach is None:
                self._watch.breach = ExitStatus.OUTPUT, f"{stream.total >> 20} MiB on {name}"
