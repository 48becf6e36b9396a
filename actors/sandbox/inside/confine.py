"""What a zygote and a script do to themselves before foreign code runs, as the worker's plan says."""

from __future__ import annotations

import os
import socket
from typing import Any

from . import audit, landlock, seccomp
from .hiding import Hiding


def zygote(plan: dict[str, Any]) -> None:
    """Confine the zygote, and so every script: the files of this machine that it may ever read."""
    files = plan.get("zygote")
    if files:
        landlock.restrict(files["read"], files["write"], files["list"])


def script(plan: dict[str, Any], work: str, bundle: str | None, report: int, listener: int | None) -> None:
    """Confine a forked script further, to its own work folder and bundle.

    `listener` is a socket to the worker: with one, the worker is asked about files to be opened or
    processes to be made, and gets the means to answer through it.
    """
    files = plan.get("script")
    if files:
        read = files.get("read") or [path for path in _top() if path not in _tops(files["around"])]
        landlock.restrict([*read, bundle] if bundle else read, [*files["write"], work])
    asks = listener is not None and _ask(plan, listener)
    if plan["seccomp"]:
        seccomp.restrict(seccomp.program(unix_sockets=plan["unix"]))
    if plan.get("hidden") and not asks:
        audit.watch(Hiding(plan["hidden"], [*plan["needed"], work]), lambda path: _tell(report, path))


def _ask(plan: dict[str, Any], listener: int) -> bool:
    """Leave the word on files and processes to the worker, and say whether the kernel can do that."""
    with socket.socket(fileno=listener) as worker:
        fd = seccomp.listen(seccomp.questions(opens=bool(plan.get("hidden")), forks=plan["forks"]))
        if fd is None:
            return False
        socket.send_fds(worker, [b"listener"], [fd])
    os.close(fd)  # or the script could answer for itself
    return True


def _tell(report: int, path: str) -> None:
    os.write(report, f"hidden {path}\n".encode())


def _top() -> list[str]:
    return [entry.path for entry in os.scandir("/")]


def _tops(paths: list[str]) -> set[str]:
    return {"/" + path.split("/")[1] for path in paths}
