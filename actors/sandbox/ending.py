"""Turns what is known of a finished execution into its status."""

from __future__ import annotations

import os
import signal

from actors.contracts import ExitStatus
from actors.sandbox.supervise import Run

SELF_REPORTS = {  # what inside/script.py writes of an uncaught error
    "memory": (ExitStatus.MEMORY, "an allocation was refused"),
    "disk": (ExitStatus.DISK, "a write was refused"),
    "processes": (ExitStatus.PROCESSES, "a process or thread was refused"),
}
SIGNALS: dict[int, tuple[ExitStatus, str]] = {
    signal.SIGXCPU: (ExitStatus.CPU, "limit of one process"),
    signal.SIGXFSZ: (ExitStatus.DISK, "a file reached its size limit"),
}


def ending(run: Run, report: str) -> tuple[ExitStatus, str]:
    """The status of a run and the detail that goes with it.

    `report` comes from the script's own process: it may name a fault, never make one good.
    """
    lines = report.split("\n")
    hidden = [line.removeprefix("hidden ") for line in lines if line.startswith("hidden ")]
    if hidden:
        return ExitStatus.FORBIDDEN, f"it opened {hidden[0]}"
    if run.cancelled:
        return ExitStatus.CANCELLED, ""
    told = next((SELF_REPORTS[line] for line in lines if line in SELF_REPORTS), None)
    if run.breach is not None:
        # A script that was refused something has ended by it: it may wait for its other threads for ever, and
        # what it wrote takes CPU seconds to be given back.
        return told if told and run.breach[0] in (ExitStatus.WALL, ExitStatus.CPU) else run.breach
    code = exit_code(run)
    assert code is not None
    if code == 0:
        return ExitStatus.OK, ""
    if code < 0:
        return SIGNALS.get(-code, (ExitStatus.SIGNAL, f"signal {-code} ({signal.strsignal(-code)})"))
    return told or (ExitStatus.FAILED, f"exit code {code}")


def exit_code(run: Run) -> int | None:
    """The exit code, negative for a signal, None when the script did not end by itself."""
    return None if run.exited is None else os.waitstatus_to_exitcode(run.exited.status)
