"""What a zygote and a script do to themselves before foreign code runs, as the worker's plan says."""

from __future__ import annotations

import os
from typing import Any

from . import audit, landlock, seccomp


def zygote(plan: dict[str, Any]) -> None:
    """Confine the zygote, and so every script: the files of this machine that it may ever read."""
    files = plan.get("zygote")
    if files:
        landlock.restrict(files["read"], files["write"], files["list"])


def script(plan: dict[str, Any], work: str, bundle: str | None, report: int) -> None:
    """Confine a forked script further, to its own work folder and bundle."""
    files = plan.get("script")
    if files:
        read = files.get("read") or [path for path in _top() if path not in _tops(files["around"])]
        landlock.restrict([*read, bundle] if bundle else read, [*files["write"], work])
    if plan["seccomp"]:
        seccomp.restrict(seccomp.program(unix_sockets=plan["unix"]))
    if plan.get("hidden"):
        audit.watch(plan["hidden"], [*plan["needed"], work], lambda path: _tell(report, path))


def _tell(report: int, path: str) -> None:
    os.write(report, f"hidden {path}\n".encode())


def _top() -> list[str]:
    return [entry.path for entry in os.scandir("/")]


def _tops(paths: list[str]) -> set[str]:
    return {"/" + path.split("/")[1] for path in paths}
