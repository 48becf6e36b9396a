"""A sweep whose driver is killed goes on from its last recorded step."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from reportnumbers import strays_of_sweep
from taskfolders import write_task

from actors.sandbox.settings import PROMISES
from scratchpad.records import Entry, Kind
from scratchpad.schema import to_entries
from scratchpad.store import Scratchpad

KILLS = 5


def start(runs: Path, *arguments: str, path: str = os.environ["PATH"]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "runners.bench", f"runs={runs}", *arguments],
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    return output


def failing_bwrap(folder: Path) -> str:
    """A PATH whose bubblewrap fails as it does where user namespaces are forbidden."""
    program = folder / "bwrap"
    folder.mkdir()
    program.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")
    program.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def announced(output: str) -> list[str]:
    """The isolation level that a plan names, as results.json has it."""
    return re.findall(r"scripts at level (\w+), seed", output)


def isolation(folder: Path) -> list[str]:
    found: list[str] = json.loads((folder / "results.json").read_text())["isolation"]
    return found


def scores(folder: Path) -> dict[str, list[float | None]]:
    results = json.loads((folder / "results.json").read_text())
    return {row["task"]: row["scores"] for row in results["per_task"]}


def entries(folder: Path) -> list[Entry]:
    store = Scratchpad.open(folder / "scratchpad", read_only=True)
    try:
        return to_entries(store.snapshot())
    finally:
        store.close()


def steps(log: list[Entry]) -> list[tuple[str, int, str]]:
    return [(e.task, e.attempt, e.key) for e in log if e.is_step]


def progress(process: subprocess.Popen[str], folder: Path) -> None:
    """Wait until a sweep has recorded more than it had at the call, or ended."""
    journal = folder / "scratchpad" / "journal.arrows"
    before = journal.stat().st_size if journal.exists() else 0
    while process.poll() is None and not (journal.exists() and journal.stat().st_size > before):
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.ray
@pytest.mark.timeout(900)
def test_a_killed_driver_goes_on_and_repeats_no_step(tmp_path: Path) -> None:
    """The undisturbed sweep runs at `limits`, so it also shows that the level changes no score."""
    for kind in ("regression", "binary"):
        write_task(kind, tmp_path / "tasks")
    sweep = [
        "+tasks=folder",
        f"tasks.path={tmp_path / 'tasks'}",
        "attempts=2",
        "profile.models=2",
        "profile.outer_steps=0",
        "profile.ensemble_rounds=0",
        "evaluation.held_rows=1",
        "tracker=none",
    ]
    runs = tmp_path / "runs"
    path = failing_bwrap(tmp_path / "bin")
    output = finish(start(runs, *sweep, "name=whole", "executor.level=limits", path=path))
    assert announced(output) == isolation(runs / "whole") == ["limits"]
    assert f"limits: {PROMISES['limits']}. Allow user namespaces for `namespaces`: " in output

    seed = int(os.environ.get("KILL_SEED", str(time.time_ns() % 2**31)))
    print(f"KILL_SEED={seed}")
    draw = random.Random(seed)
    process = start(runs, *sweep, "name=killed")
    for _ in range(KILLS):
        progress(process, runs / "killed")
        moment = draw.uniform(0.0, 1.5)
        print(f"kill after another {moment:.2f} s")
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        process = start(runs, "resume=killed")
    output = finish(process)
    assert announced(output) == isolation(runs / "killed")

    undisturbed, disturbed = entries(runs / "whole"), entries(runs / "killed")
    assert scores(runs / "killed") == scores(runs / "whole")
    assert all(s is not None for row in scores(runs / "killed").values() for s in row)
    assert strays_of_sweep(runs / "whole") == {}
    assert strays_of_sweep(runs / "killed") == {}
    assert len(set(steps(disturbed))) == len(steps(disturbed))
    assert set(steps(disturbed)) == set(steps(undisturbed))
    assert sum(e.kind is Kind.ATTEMPT for e in disturbed) > sum(e.kind is Kind.ATTEMPT for e in undisturbed)
