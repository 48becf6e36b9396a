"""Watches one execution: the use of its whole tree against its limits."""

from __future__ import annotations

import contextlib
import os
import time

from actors.contracts import ExitStatus, Limits
from actors.sandbox.inside import tree
from actors.sandbox.shared_memory import OwnSharedMemory, SharedMemory

THREADS = 4  # a process of the limit may have, on average
FILES = 100_000  # in the work folder, at most
DEPTH = 200  # of its folders, at most
FIRST_LOOK = 0.05  # seconds after the start: a look costs as much as a warm start
DISK_PERIOD = 0.5  # seconds between two looks at the disk
GROWTH = 1.05  # of resident memory, after which the tree's proportional share is measured anew


class Watch:
    """The resources of everything below a zygote, from one start to one end."""

    def __init__(
        self, zygote: int, work: int, limits: Limits, shared: SharedMemory | OwnSharedMemory
    ) -> None:
        self.limits = limits
        self.peak = 0
        self._resident = 0  # the largest at which the tree's share was measured
        self.breach: tuple[ExitStatus, str] | None = None
        self._zygote = zygote
        self._work = work
        self._shared = shared
        self._cpu_by_process: dict[tuple[int, int], float] = {}
        self._reaped_before = self._reaped()
        self._cpu = 0.0
        self._started = time.monotonic()
        self._next_look = self._started + FIRST_LOOK
        self._next_disk = 0.0
        self._tasks = 0

    @property
    def seconds(self) -> float:
        """Wall time since the start."""
        return time.monotonic() - self._started

    @property
    def cpu(self) -> float:
        """CPU seconds of the whole tree, its dead included."""
        # Two counts, each blind somewhere: children reaped by nobody, processes between two looks.
        return max(self._cpu, sum(self._cpu_by_process.values()), self._reaped() - self._reaped_before)

    def renew(self, limits: Limits) -> None:
        """Watch another command of the same tree: its own limits, no breach yet, its own peak."""
        self.limits = limits
        self.breach, self.peak, self._resident = None, 0, 0

    def look_if_due(self, period: float) -> None:
        """Measure, unless that was done less than `period` seconds ago."""
        if time.monotonic() >= self._next_look:
            self.look()
            self._next_look = time.monotonic() + period

    def look(self) -> None:
        """Measure once and note the first limit that is passed."""
        live = [(pid, s) for pid in tree.below(self._zygote) if (s := tree.stat(pid)) is not None]
        reaped = self._reaped() - self._reaped_before
        self._cpu = max(self._cpu, reaped + sum(s.cpu + s.reaped_cpu for _, s in live))
        for pid, s in live:
            self._cpu_by_process[pid, s.started] = s.cpu
        limits = self.limits
        threads = self._tasks = sum(s.threads for _, s in live)
        if len(live) > limits.processes or threads > THREADS * limits.processes:
            self._break(
                ExitStatus.PROCESSES, f"{len(live)} processes, {threads} threads; limit {limits.processes}"
            )
            return
        memory = self._memory(live)
        self.peak = max(self.peak, memory)
        if memory > limits.memory_bytes:
            self._break(ExitStatus.MEMORY, f"{memory >> 20} MiB; limit {limits.memory_bytes >> 20} MiB")
        if self._cpu > limits.cpu_seconds:
            self._break(ExitStatus.CPU, f"{self._cpu:.1f} CPU seconds; limit {limits.cpu_seconds:g}")
        if self.seconds > limits.wall_seconds:
            self._break(ExitStatus.WALL, f"limit {limits.wall_seconds:g} seconds")
        if time.monotonic() > self._next_disk:
            self.look_at_disk()

    def _memory(self, live: list[tuple[int, tree.Stat]]) -> int:
        """Bytes of the tree; 0 where they cannot be more than at an earlier look.

        The proportional share is dear to read and never above the resident size.
        """
        resident = sum(s.resident for _, s in live)
        if resident < GROWTH * self._resident and resident < self.limits.memory_bytes:
            return 0
        self._resident = max(self._resident, resident)
        return sum(tree.memory(pid) for pid, _ in live)

    def room(self) -> int:
        """Measure, and say how many more processes and threads there may be."""
        self.look()
        return 0 if self.breach else THREADS * self.limits.processes - self._tasks

    def look_at_disk(self) -> None:
        """Measure the work folder, no more than a tenth of the time."""
        start = time.monotonic()
        used, entries, depth = usage(self._work)
        used += self._shared.used()
        if used > self.limits.disk_bytes:
            self._break(
                ExitStatus.DISK, f"{used >> 20} MiB written; limit {self.limits.disk_bytes >> 20} MiB"
            )
        if entries > FILES:
            self._break(ExitStatus.DISK, f"more than {FILES} files written")
        if depth > DEPTH:
            self._break(ExitStatus.DISK, f"folders nested more than {DEPTH} deep")
        self._next_disk = time.monotonic() + max(DISK_PERIOD, 10 * (time.monotonic() - start))

    def _break(self, status: ExitStatus, detail: str) -> None:
        self.breach = self.breach or (status, detail)

    def _reaped(self) -> float:
        facts = tree.stat(self._zygote)
        return facts.reaped_cpu if facts else 0.0


def usage(folder: int) -> tuple[int, int, int]:
    """Bytes on disk, entries and nesting below an open folder; the count ends where a limit is passed."""
    used = entries = depth = 0
    stack = [(".", 1)]
    while stack and entries <= FILES and depth <= DEPTH:
        path, depth = stack.pop()
        try:
            fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        except OSError:
            continue  # gone, or closed to us: then it also holds nothing new
        try:
            for entry in os.scandir(fd):
                entries += 1
                with contextlib.suppress(OSError):
                    used += os.stat(entry.name, dir_fd=fd, follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        stack.append((f"{path}/{entry.name}", depth + 1))
        finally:
            os.close(fd)
    return used, entries, depth
