"""What a sweep is, checked and frozen: the objects that everything below the command line sees."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from actors.contracts import AgentSettings, Budget, Limits
from actors.models.settings import ModelSettings
from actors.sandbox.settings import Level
from runners.tasks.splitting import FoldRules


@dataclass(frozen=True)
class TaskSelection:
    """What the user asked for: built-in names, the sets `all` and `quick`, a folder of theirs."""

    names: tuple[str, ...] = ()
    path: Path | None = None


@dataclass(frozen=True)
class ExecutorSettings:
    """Which isolation level scripts get and how they start."""

    level: Level | Literal["auto"] = "auto"
    allow_weak: bool = False
    warm: bool = True


@dataclass(frozen=True)
class TrackerSettings:
    """Where runs are tracked; no URI is the SQLite database beside the runs."""

    kind: str = "none"
    uri: str | None = field(default=None, repr=False)  # may hold a password
    experiment: str = "fivestar-mle"


@dataclass(frozen=True)
class RaySettings:
    """Where the work runs; no address is a Ray of the sweep's own."""

    address: str | None = None
    slots: int | None = None
    hosts: int = 1
    object_store_gib: float | None = None

    @property
    def remote(self) -> bool:
        """Whether the cluster was there before the sweep."""
        return self.address is not None


@dataclass(frozen=True)
class SweepConfig:
    """One sweep, whole and checked."""

    name: str
    runs: Path
    tasks: TaskSelection
    attempts: int
    seed: int
    agent: str
    settings: AgentSettings
    profile: str
    model: ModelSettings
    executor: ExecutorSettings
    limits: Limits
    budget: Budget
    folds: FoldRules
    tracker: TrackerSettings
    ray: RaySettings
    resumed: bool = False
    recorded: str = field(default="", repr=False)  # the text of config.yaml

    @property
    def folder(self) -> Path:
        """Where everything of this sweep is kept."""
        return self.runs / self.name

    @property
    def journal(self) -> Path:
        """Where the scratchpad's segments are kept."""
        return self.folder / "scratchpad"

    @property
    def resume_command(self) -> str:
        """What the user types to go on with this sweep."""
        return f"python -m runners.bench resume={self.name}" + (
            "" if self.runs == Path("runs") else f" runs={self.runs}"
        )
