"""A script that goes for the Ray which runs it: the object store, the sockets, the ports, the processes.

The levels `namespaces` and `landlock` keep it out. `limits` promises nothing against it (a script of the
same user can read that user's processes), so it is not run there.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ray

from actors.contracts import DataBundle, ExecutionRequest, ExitStatus, Limits
from actors.sandbox.inside import tree
from actors.sandbox.probe import probe
from actors.sandbox.ray_executor import RayExecutor
from actors.sandbox.settings import Level, SandboxSettings

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(300)]
SCRIPT = (Path(__file__).parent / "hostile" / "ray_store.py").read_text()
LIMITS = Limits(wall_seconds=20.0, cpu_seconds=20.0, memory_bytes=400 << 20)
STORED = 8 << 20  # bytes, far above what Ray keeps out of its store


@dataclass(frozen=True)
class Store:
    """A secret in Ray's object store, and what the script is told."""

    secret: bytes
    targets: dict[str, Any]


def holder() -> Any:
    """An actor's class, made in a function so that Ray sends it by value."""

    class Holder:
        def hold(self, references: list[Any]) -> None:
            self.held = ray.get(references[0])  # an array: a view of the store

    return ray.remote(num_cpus=0)(Holder).remote()


@pytest.fixture(scope="module")
def store(cluster: None) -> Iterator[Store]:
    """A secret that the store holds and a worker has mapped."""
    prefix = f"ray-store-{secrets.token_hex(8)}:"
    canary = f"{prefix}{secrets.token_hex(16)}".encode()
    secret = canary * (STORED // len(canary))
    reference, actor = ray.put(np.frombuffer(secret, np.uint8)), holder()
    ray.get(actor.hold.remote([reference]))
    node = ray.nodes()[0]
    context = ray.get_runtime_context()
    session = Path(node["ObjectStoreSocketName"]).parents[1]
    files = [path.read_text() for path in session.glob("*_port_*")]
    ports = {int(text) for text in files if text.strip().isdigit()}
    ports |= {node[name] for name in ("NodeManagerPort", "ObjectManagerPort", "MetricsExportPort")}
    token_file = Path(os.environ.get("RAY_AUTH_TOKEN_PATH") or Path.home() / ".ray" / "auth_token")
    yield Store(
        secret,
        {
            "prefix": prefix,
            "session": str(session),
            "sockets": [node["ObjectStoreSocketName"], node["RayletSocketName"]],
            "hosts": ["127.0.0.1", node["NodeManagerAddress"]],
            "ports": sorted(ports | {int(context.gcs_address.rpartition(":")[2])}),
            "gcs": context.gcs_address,
            "pids": [*tree.alive(tree.descendants(os.getpid())), os.getpid()],
            "token_file": str(token_file),
            "token": token_file.read_text().strip(),
            "init_seconds": 6.0,
        },
    )
    ray.kill(actor)


@pytest.mark.parametrize("level", ["namespaces", "landlock"])
def test_a_script_cannot_reach_the_ray_that_runs_it(store: Store, level: Level, tmp_path: Path) -> None:
    report = probe()
    if level not in report.works:
        pytest.skip(f"{level} does not work here: {dict(report.faults)[level]}")
    bundles = {
        "mine": DataBundle("mine", (("x.csv", b"1"),)),
        "other": DataBundle("other", (("labels.csv", store.secret),)),
    }
    executor = RayExecutor(SandboxSettings(level=level, cache=tmp_path / "cache"), bundles)
    # The worker that the script then has above it has fetched the other bundle from the store.
    asyncio.run(executor.run(ExecutionRequest("", "other", Limits(wall_seconds=60.0))))
    targets = (("targets.json", json.dumps(store.targets)),)
    result = asyncio.run(executor.run(ExecutionRequest(SCRIPT, "mine", LIMITS, targets)))
    assert result.status is ExitStatus.OK, result
    assert result.isolation == level
    assert "LEAK" not in result.stdout, result.stdout
    assert re.search(r"^tried \d+ ways$", result.stdout, re.MULTILINE)


def test_the_same_script_outside_of_a_sandbox_gets_in(store: Store, tmp_path: Path) -> None:
    (tmp_path / "targets.json").write_text(json.dumps({**store.targets, "init_seconds": 60.0}))
    (tmp_path / "solution.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "solution.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True
    )
    worked = set(re.findall(r"^LEAK (\w+)", done.stdout, re.MULTILINE))
    assert {"session", "sockets", "ports", "token", "init"} <= worked, done.stdout
    assert worked & {"descriptors", "memory", "shm"}, done.stdout
