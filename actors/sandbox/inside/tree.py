"""Linux process trees, read from /proc: who belongs to one, what it uses, and its certain end."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Stat:
    """One process, from /proc/PID/stat."""

    parent: int
    state: str
    cpu: float  # seconds, its own
    reaped_cpu: float  # seconds, of children that it waited for
    threads: int
    started: int  # clock ticks since boot; with the pid it names a process for good
    resident: int  # bytes, what it shares with others included


def read(path: str) -> str:
    """A /proc file, "" when the process is gone or its owner forbids the look."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def stat(pid: int) -> Stat | None:
    """What /proc says of a process, None when it is gone."""
    fields = read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    if len(fields) < 22:
        return None
    ticks = [int(x) for x in fields[11:15]]
    return Stat(
        parent=int(fields[1]),
        state=fields[0],
        cpu=(ticks[0] + ticks[1]) / _TICK,
        reaped_cpu=(ticks[2] + ticks[3]) / _TICK,
        threads=int(fields[17]),
        started=int(fields[19]),
        resident=int(fields[21]) * _PAGE,
    )


def families() -> dict[int, list[int]]:
    """The children of every process of the machine, dead but unreaped ones among them."""
    found: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            fields = read(f"/proc/{name}/stat").rpartition(")")[2].split(None, 2)
            if len(fields) == 3:
                found.setdefault(int(fields[1]), []).append(int(name))
    return found


def descendants(root: int) -> list[int]:
    """Every process under `root`, parents first."""
    children = families()
    found: list[int] = []
    queue = [root]
    for pid in queue:
        found += children.get(pid, [])
        queue += children.get(pid, [])
    return found


def below(root: int) -> list[int]:
    """Every process under `root` as the kernel lists children: quick, but blind to one just being born."""
    if not os.path.exists(f"/proc/{root}/task/{root}/children"):
        return descendants(root)  # the kernel was built without these lists
    found: list[int] = []
    queue = [root]
    for pid in queue:
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{pid}/task"):
                children = [int(child) for child in read(f"/proc/{pid}/task/{task}/children").split()]
                found += children
                queue += children
    return found


def tasks_of(uid: int) -> int:
    """The threads of all processes of a user."""
    total = 0
    for name in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == uid:
                facts = stat(int(name))
                total += facts.threads if facts else 0
    return total


def memory(pid: int) -> int:
    """Bytes of a process: its proportional share (PSS), or its anonymous and shared memory."""
    for line in read(f"/proc/{pid}/smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) << 10
    total = 0
    for line in read(f"/proc/{pid}/status").splitlines():
        if line.startswith(("RssAnon:", "RssShmem:")):
            total += int(line.split()[1]) << 10
    return total


def alive(pids: Iterable[int]) -> list[int]:
    """Those that still run or can be made to; zombies are not."""
    kept = []
    for pid in pids:
        facts = stat(pid)
        if facts is not None and facts.state not in "ZX":
            kept.append(pid)
    return kept


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Signal processes, those already gone aside."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def end(root: int, patience: float = 5.0) -> bool:
    """Kill everything under `root`, and say whether it is all gone within `patience` seconds.

    Each round stops all first, so that a fork bomb cannot outrun the killing.
    """
    deadline = time.monotonic() + patience
    empty = 0
    while empty < 2:  # two looks: one may miss a process that is just being born
        pids = alive(descendants(root))
        if pids:
            empty = 0
            send(pids, signal.SIGSTOP)
            send(alive(descendants(root)), signal.SIGKILL)
            if time.monotonic() > deadline:
                return False
            time.sleep(0.001)
        else:
            empty += 1
    return True
