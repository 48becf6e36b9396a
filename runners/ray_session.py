"""Ray, started without a word on the screen and stopped again."""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actors.errors import InputError
from runners.settings import RaySettings

log = logging.getLogger(__name__)
PROBE_SECONDS = 3.0


@dataclass(frozen=True)
class RaySession:
    """What a started Ray offers."""

    cpus: int  # of the whole cluster
    gpus: int
    memory_bytes: int
    nodes: int
    slots: int  # attempts under way at once


@contextmanager
def ray_session(settings: RaySettings) -> Iterator[RaySession]:
    """Start a local Ray, or join a running cluster, and leave it at the end; raises InputError."""
    environment()
    import ray

    quieten()
    options: dict[str, Any] = {"logging_level": "ERROR", "log_to_driver": False}
    if settings.remote:
        probe(str(settings.address))
        options |= {"address": settings.address, "namespace": "fivestar"}
    else:
        options |= {"address": "local", "include_dashboard": False}
        if settings.object_store_gib is not None:
            options["object_store_memory"] = int(settings.object_store_gib * 2**30)
    try:
        ray.init(**options)
    except ConnectionError as error:
        raise InputError(f"ray.address={settings.address}: {_first_line(error)}") from None
    private_token()
    try:
        resources = ray.cluster_resources()
        cpus = max(1, int(resources.get("CPU", 1)))
        yield RaySession(
            cpus=cpus,
            gpus=int(resources.get("GPU", 0)),
            memory_bytes=int(resources.get("memory", 0)),
            nodes=sum(1 for node in ray.nodes() if node["Alive"]),
            slots=settings.slots or 2 * cpus,  # an attempt often waits: for answers, for its first fold
        )
    finally:
        ray.shutdown()


@contextmanager
def stderr_in(path: Path) -> Iterator[None]:
    """Append what this process writes to stderr to a file meanwhile, its C++ and C libraries' too.

    Ray's core writes there past every Python setting. An exception that leaves the block is shown as
    ever: stderr is back by then.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with path.open("ab") as file:
            os.dup2(file.fileno(), 2)
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)


def environment() -> None:
    """The variables that Ray reads when it is imported; what the user has set holds."""
    for name, value in {
        "RAY_AUTH_MODE": "token",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # it would package the folder and move the workers into it
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
        "RAY_DEDUP_LOGS": "0",
    }.items():
        os.environ.setdefault(name, value)


def quieten() -> None:
    """Send the raylet's notices to the log: `log_to_driver=False` lets them through to stdout.

    This is Ray's private API, which is why pyproject.toml pins its minor version.
    """
    from ray._private import worker

    original = worker.print_to_stdstream

    def filtered(data: dict[str, Any], *rest: Any, **named: Any) -> None:
        if data.get("pid") == "raylet":
            log.info("%s", data.get("lines"))
        else:
            original(data, *rest, **named)

    if not hasattr(original, "quiet"):
        filtered.quiet = True  # type: ignore[attr-defined]
        worker.print_to_stdstream = filtered


def private_token() -> None:
    """Ray writes its token readable by everyone on the machine; make it the owner's alone."""
    path = Path(os.environ.get("RAY_AUTH_TOKEN_PATH") or Path.home() / ".ray" / "auth_token")
    if path.is_file() and path.stat().st_mode & 0o077:
        path.chmod(0o600)


def probe(address: str) -> None:
    """Refuse a dead address at once: Ray by itself would try it for five minutes or more."""
    if address in ("auto", "local"):
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdigit():
        raise InputError(f"ray.address={address}: needs HOST:PORT, or auto for the cluster of this machine")
    try:
        socket.create_connection((host, int(port)), PROBE_SECONDS).close()
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(
            f"ray.address={address}: nothing answers there ({reason}); is the head running?"
        ) from None


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
