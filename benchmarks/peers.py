"""Other AutoML libraries at work: their environment, and one of their programs run on a task."""

from __future__ import annotations

import hashlib
import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from actors.agents.automl.flaml_fit import fit_flaml
from actors.agents.automl.flat import Fit
from actors.agents.automl.program import program
from actors.errors import AgentError, FiveStarError
from actors.sandbox.environment import script_environment
from benchmarks.autogluon_fit import fit_autogluon
from runners.grading import form_of, grade
from runners.tasks.cache import cache_root
from runners.tasks.task import Task

PEERS: dict[str, Fit] = {"FLAML": fit_flaml, "AutoGluon": fit_autogluon}
PACKAGES = ("flaml>=2.7,<3", "autogluon.tabular[lightgbm,xgboost]>=1.6,<1.7", "openpyxl>=3.1", "pyarrow>=20")
FULL = ("catboost>=1.2,<1.3",)  # 400 MB more
CPUS = 1
PATIENCE = 10.0  # wall seconds a CPU second, of a machine that others use too
GRACE = 180.0  # wall seconds for imports and the last fit
TAIL = 300  # characters of an error kept


@dataclass(frozen=True)
class Result:
    """What a peer reached on a task with the CPU seconds it was given."""

    given: float  # CPU seconds of its search
    score: float | None
    cpu_seconds: float = 0.0  # of the whole program, imports too
    fault: str = ""


def environment(full: bool) -> Path:
    """The Python of the peers' own environment, made on first use; raises FiveStarError."""
    packages = PACKAGES + (FULL if full else ())
    name = hashlib.sha256("\n".join((sys.version, *packages)).encode()).hexdigest()[:12]
    home = cache_root() / f"peers-{name}"
    python, ready = home / "bin" / "python", home / ".ready"
    if not ready.exists():
        print(f"making the peers' environment in {home} (once, a few minutes)", file=sys.stderr)
        commands = (
            [sys.executable, "-m", "venv", "--clear", str(home)],
            [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages],
        )
        for command in commands:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise FiveStarError(f"{' '.join(command)}: {done.stderr.strip()[-TAIL:]}")
        ready.touch()
    return python


def measure(task: Task, peer: str, python: Path, cpu_seconds: float, seed: int = 0) -> Result:
    """Run a peer on the public files of a task and grade what it hands in; answers stay in this process."""
    wall = PATIENCE * cpu_seconds
    try:
        script = program(task.brief("harness"), cpu_seconds, wall, cpus=CPUS, seed=seed, fit=PEERS[peer])
    except AgentError as error:
        return Result(cpu_seconds, None, fault=str(error))
    with tempfile.TemporaryDirectory(prefix="peer-") as name:
        work = Path(name)
        for path, data in task.files.items():
            target = work / "input" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        (work / "solution.py").write_text(script)
        before = _children()
        try:
            done = subprocess.run(
                [str(python), "solution.py"],
                cwd=work,
                env=_environment(work, python),
                capture_output=True,
                text=True,
                errors="replace",
                timeout=wall + GRACE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Result(cpu_seconds, None, _children() - before, f"still ran after {wall + GRACE:.0f} s")
        used = _children() - before
        made = work / "submission.csv"
        if done.returncode or not made.is_file():
            lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
            return Result(cpu_seconds, None, used, lines[-1][:TAIL])
        graded = grade(task, form_of(task, task.sample), made.read_bytes(), 0.0)
    return Result(cpu_seconds, graded.score, used, graded.fault or "")


def _environment(work: Path, python: Path) -> dict[str, str]:
    """That of a script of ours, threads included, with the peers' Python first."""
    (work / ".tmp").mkdir()
    own = script_environment(work, CPUS)
    return own | {"PATH": f"{python.parent}{os.pathsep}{own['PATH']}", "RAY_USAGE_STATS_ENABLED": "0"}


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
