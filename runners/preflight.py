"""Everything that would stop a sweep, found before any work starts and told at once."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from actors.agents.registry import LISTINGS
from actors.errors import InputError
from actors.models.settings import ModelSettings
from runners.ray_session import probe
from runners.secrets import without_password
from runners.settings import SweepConfig
from runners.tasks.cache import cache_root

LEAST_DISK_BYTES = 2 << 30
CONNECT_SECONDS = 5.0


def faults_of(config: SweepConfig) -> list[str]:
    """One line a fault, empty when the sweep may start."""
    return [line for check in CHECKS for line in check(config)]


def check_runs(config: SweepConfig) -> list[str]:
    """The runs folder can be made and written, and there is room on its disk."""
    return _writable(config.runs, "runs")


def check_cache(config: SweepConfig) -> list[str]:
    """The cache of prepared tasks can be written, and there is room on its disk."""
    return _writable(cache_root(), "FIVESTAR_CACHE")


def check_agent(config: SweepConfig) -> list[str]:
    """What the agent's programs import beyond the package's own dependencies is installed."""
    listing = LISTINGS[config.agent]
    missing = [module for module in listing.modules if importlib.util.find_spec(module) is None]
    if not missing:
        return []
    install = f"pip install '.[{listing.extra}]'"
    return [f"agent={config.agent}: {', '.join(missing)} not installed; add with: {install}"]


def check_model(config: SweepConfig) -> list[str]:
    """A model behind a network has a key and answers at its address; an agent without roles needs none."""
    model = config.model
    listing = LISTINGS[config.agent]
    if model.kind == "offline" or not listing.needed:
        return []
    faults = []
    if not model.api_key and model.api_key_env:
        local = urlsplit(model.base_url or "").hostname in ("127.0.0.1", "localhost", "::1")
        hint = "; a local server takes any word" if local else ""
        faults.append(f"model={model.name}: no API key; set {model.api_key_env} or model.api_key{hint}")
    if model.api_key and not (model.api_key.isascii() and model.api_key.isprintable()):
        where = model.api_key_env or "model.api_key"
        faults.append(f"model={model.name}: {where} holds a character that no key has; copy it again")
    if model.capped and model.unpriced:
        faults.append(
            f"model.spend_cap_dollars: no price for {', '.join(model.unpriced)}, so that the cap cannot be "
            "held; give '+model.prices={NAME: {input: DOLLARS, output: DOLLARS}}' a million tokens"
        )
    return faults + _reach(model)


def check_tracker(config: SweepConfig) -> list[str]:
    """The tracking URI is one that MLflow 3 takes and that this sweep's Ray can share."""
    uri = config.tracker.uri
    if config.tracker.kind == "none":
        return []
    if config.ray.remote and (uri is None or uri.startswith("sqlite:")):
        return [
            "tracker=mlflow: the embedded SQLite database serves one machine and Ray is remote; "
            "give tracker.uri=http://HOST:PORT of an MLflow server, or tracker=none"
        ]
    if uri is not None and urlsplit(uri).scheme not in TRACKING_SCHEMES:
        return [
            f"tracker.uri={without_password(uri)}: not a tracking URI; give http(s)://HOST:PORT, "
            "sqlite:///FILE or a database URI (MLflow's file store is no longer kept up)"
        ]
    return []


def check_ray(config: SweepConfig) -> list[str]:
    """A remote Ray answers at its address."""
    try:
        probe(config.ray.address or "local")
    except InputError as error:
        return [str(error)]
    return []


TRACKING_SCHEMES = ("http", "https", "sqlite", "postgresql", "mysql", "mssql", "databricks")
CHECKS: tuple[Callable[[SweepConfig], list[str]], ...] = (
    check_runs,
    check_cache,
    check_agent,
    check_model,
    check_tracker,
    check_ray,
)


def _writable(folder: Path, key: str) -> list[str]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return [f"{key}={folder}: cannot be made: {error.strerror}"]
    if not os.access(folder, os.W_OK | os.X_OK):
        return [f"{key}={folder}: cannot be written"]
    free = shutil.disk_usage(folder).free
    if free < LEAST_DISK_BYTES:
        return [f"{key}={folder}: {free / 2**30:.1f} GiB free; needs {LEAST_DISK_BYTES / 2**30:.0f} GiB"]
    return []


def _reach(model: ModelSettings) -> list[str]:
    parts = urlsplit(model.base_url or "https://api.openai.com/v1")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return [f"model.base_url={model.base_url}: needs http://HOST:PORT/v1 or https://..."]
    if os.environ.get(f"{parts.scheme}_proxy") or os.environ.get(f"{parts.scheme}_proxy".upper()):
        return []  # a proxy answers for it; the first request tells
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname, port), CONNECT_SECONDS).close()
    except OSError as error:
        reason = error.strerror or str(error)
        return [f"model.base_url: nothing answers at {parts.hostname}:{port} ({reason}); set model.base_url"]
    return []
