"""Runs the hostile scripts at one level, as whoever calls it: `python hostile_runner.py LEVEL SCRIPT...`.

Prints a JSON line for every script, then one named "afterwards" about what is left.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from actors.contracts import DataBundle, ExecutionRequest, ExecutionResult, Limits
from actors.sandbox.executor import LocalExecutor
from actors.sandbox.hidden import package_data
from actors.sandbox.inside import tree
from actors.sandbox.settings import SandboxSettings

HOSTILE = Path(__file__).parent / "hostile"
LIMITS = Limits(
    wall_seconds=20.0,
    cpu_seconds=3.0,
    memory_bytes=400 << 20,
    processes=16,
    file_bytes=64 << 20,
    disk_bytes=128 << 20,
    output_bytes=1 << 14,
)
# Honest work that touches what hostile scripts try to spoil; its output must never change.
HONEST = """
import builtins, os, random
import numpy as np, pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
X = np.random.normal(size=(60, 3)); y = (X[:, 0] > 0).astype(int)
model = LogisticRegression().fit(X, y)
print(accuracy_score(y, model.predict(X)), model.coef_.tobytes().hex(), random.random())
print(sorted(os.listdir(".")), os.listdir("input"), os.environ.get("PATCHED"), hash("a"))
for folder in ("/tmp", "/dev/shm"):
    try:
        print([name for name in os.listdir(folder) if "left_behind" in name])
    except OSError:
        print("closed")
pd.DataFrame({"id": [1]}).to_csv("submission.csv", index=False)
"""
PATIENT = Limits(wall_seconds=60.0)


@dataclass(frozen=True)
class Traps:
    """What hostile scripts go for."""

    folder: Path
    sockets: list[socket.socket]
    targets: dict[str, object]


def set_traps(folder: Path, cache: Path) -> Traps:
    """Answers, secrets and services, all within reach of this user."""
    answers, secrets = folder / "answers", folder / "secrets"
    answers.mkdir()
    secrets.mkdir()
    (answers / "answers.csv").write_text("id,label\n1,42\n")
    for name in ("auth_token", "mlflow.db", ".env"):
        (secrets / name).write_text("CANARY")
    tcp = socket.create_server(("127.0.0.1", 0))
    path = socket.socket(socket.AF_UNIX)
    path.bind(str(folder / "service"))
    path.listen()
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind(f"\0hostile-{os.getpid()}")
    abstract.listen()
    targets = {
        "folder": str(folder),
        "answers": [str(answers / "answers.csv"), str(answers / ".." / "answers" / "answers.csv")],
        "secrets": [str(path) for path in secrets.iterdir()],
        "bundles": [str(cache / "bundles" / "other"), "/fivestar/bundles/other"],
        "sockets": {
            "tcp": tcp.getsockname()[1],
            "path": str(folder / "service"),
            "abstract": f"hostile-{os.getpid()}",
        },
    }
    return Traps(folder, [tcp, path, abstract], targets)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def strangers() -> list[str]:
    """What runs below this process apart from the sandbox's own parts."""
    found = []
    lines = {pid: tree.read(f"/proc/{pid}/cmdline") for pid in tree.alive(tree.descendants(os.getpid()))}
    for pid, line in lines.items():
        facts = tree.stat(pid)
        above = lines.get(facts.parent, "") if facts else ""
        zygote = "inside.zygote" in line and ("inside.guardian" in above or "bwrap" in above)
        if not (zygote or "inside.guardian" in line or "bwrap" in line):
            found.append(f"{pid} {line}")
    return found


def parent(executor: LocalExecutor) -> dict[str, object]:
    """The zygote that the next script would be forked from, and whether it can serve."""
    (sandbox,) = executor._idle
    zygote = sandbox._zygote
    return {"pid": zygote and zygote.pid, "healthy": zygote is not None and zygote.healthy}


def limits_of(script: str) -> Limits:
    """The limits that a script's `# wall: seconds` and `# cpu: seconds` tighten."""
    own = dict(re.findall(r"^# (wall|cpu): (.*)$", script, re.MULTILINE))
    return replace(LIMITS, **{f"{name}_seconds": float(seconds) for name, seconds in own.items()})


async def main(level: str, names: list[str]) -> None:
    """Run the scripts one after the other in one warm sandbox."""
    with tempfile.TemporaryDirectory() as home:
        cache = Path(home) / "cache"
        traps_folder = Path(home) / "traps"
        traps_folder.mkdir()
        traps = set_traps(traps_folder, cache)
        before = contents(traps_folder)
        settings = SandboxSettings(
            level=level,  # type: ignore[arg-type]
            hidden_paths=(traps_folder / "answers", *package_data()),
            cache=cache,
            submission_bytes=1 << 20,
        )
        bundles = {
            "mine": DataBundle("mine", (("data.csv", b"id\n1\n"),)),
            "other": DataBundle("other", (("labels.csv", b"id,label\n1,42\n"),)),
        }
        executor = LocalExecutor(settings, bundles)
        await executor.run(ExecutionRequest("print(1)", "other", PATIENT))
        reference = await executor.run(ExecutionRequest(HONEST, "mine", PATIENT))
        parents = [parent(executor)]
        for name in names:
            script = (HOSTILE / f"{name}.py").read_text()
            extra = (("targets.json", json.dumps(traps.targets)),)
            result = await executor.run(ExecutionRequest(script, "mine", limits_of(script), extra))
            show(name, result, strangers(), parent(executor))
        parents.append(parent(executor))
        afterwards = await executor.run(ExecutionRequest(HONEST, "mine", PATIENT))
        left = {
            "name": "afterwards",
            "honest": [reference.stdout, reference.stderr, str(reference.status), str(reference.submission)],
            "again": [
                afterwards.stdout,
                afterwards.stderr,
                str(afterwards.status),
                str(afterwards.submission),
            ],
            "untouched": contents(traps_folder) == before,
            "parents": [*parents, parent(executor)],  # of the reference run, before this run, after it
        }
        executor.close()
        left["strangers"] = strangers()
        left["files"] = [str(p) for p in (cache / "slots").rglob("*") if p.suffix != ".lock"][1:]
        left["shared"] = [n for n in os.listdir("/dev/shm") if "hostile" in n or "left_behind" in n]
        print(json.dumps(left), flush=True)


def show(name: str, result: ExecutionResult, left: list[str], parent: dict[str, object]) -> None:
    """Print what the test needs to know of one ending."""
    facts = {
        "name": name,
        "status": str(result.status),
        "stdout": result.stdout[:20000],
        "stderr": result.stderr[-1500:],
        "submission": None if result.submission is None else len(result.submission),
        "detail": result.detail,
        "seconds": result.seconds,
        "isolation": result.isolation,
        "strangers": left,
        "parent": parent,
    }
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
