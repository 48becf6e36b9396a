"""The shape of the YAML in conf/: what each key is called and which type it has."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING

# Hydra resolves these annotations at run time and knows Optional[...], not X | None.
# ruff: noqa: UP045


@dataclass
class TasksConf:
    """Which tasks: names (`all` and `quick` are sets of built-in ones) and a folder of the user's."""

    include: dict[str, bool] = field(default_factory=dict)
    path: Optional[str] = None


@dataclass
class RolesConf:
    """Which roles work; one that is off is skipped by its agent."""

    data_profiler: bool = True
    retriever: bool = True
    initialiser: bool = True
    merger: bool = True
    data_usage_checker: bool = True
    leakage_checker: bool = True
    ablator: bool = True
    summariser: bool = True
    extractor: bool = True
    planner: bool = True
    coder: bool = True
    ensemble_planner: bool = True
    ensembler: bool = True
    debugger: bool = True
    submitter: bool = True
    reporter: bool = True
    aide_drafter: bool = True
    aide_improver: bool = True
    automl_gpt_planner: bool = True
    automl_gpt_writer: bool = True
    file_writer: bool = True
    entry_writer: bool = True
    improver: bool = True
    shell_operator: bool = True


@dataclass
class AgentConf:
    """A policy, its roles and the settings that are its own."""

    name: str = MISSING
    roles: RolesConf = field(default_factory=RolesConf)
    options: dict[str, float] = field(default_factory=dict)


@dataclass
class PriceConf:
    """Dollars a million tokens, and a thousand searches."""

    input: Optional[float] = None
    output: Optional[float] = None
    search: Optional[float] = None


@dataclass
class RoleModelConf:
    """What one role asks for instead of the sweep's model; null keeps the sweep's."""

    name: Optional[str] = None
    temperature: Optional[float] = None
    max_tokens: Optional[int] = None
    reasoning_effort: Optional[str] = None


@dataclass
class ModelConf:
    """The chat model and the limits that the gateway holds for the whole sweep."""

    kind: str = MISSING
    name: str = MISSING
    base_url: Optional[str] = None
    api_key: Optional[str] = None
    api_key_env: Optional[str] = None
    timeout_seconds: float = 300.0
    tries: int = 6
    give_up_after: int = 5
    backoff_seconds: float = 1.0
    max_concurrency: int = 16
    requests_per_minute: Optional[float] = None
    tokens_per_minute: Optional[float] = None
    spend_cap_dollars: Optional[float] = None
    temperature: Optional[float] = None
    max_tokens: Optional[int] = None
    reasoning_effort: Optional[str] = None
    structured_output: str = "auto"
    web_search: bool = False
    prices: dict[str, Any] = field(default_factory=dict)  # of PriceConf; Hydra cannot add to a typed one
    by_role: dict[str, Any] = field(default_factory=dict)  # of RoleModelConf


@dataclass
class ExecutorConf:
    """How generated scripts run and what each may use."""

    level: str = "auto"
    allow_weak: bool = False
    warm: bool = True
    wall_seconds: float = 120.0
    cpu_seconds: float = 240.0
    memory_gib: float = 4.0
    cpus: int = 1
    processes: int = 64
    file_mib: int = 1024
    disk_mib: int = 2048
    output_kib: int = 1024


@dataclass
class BudgetConf:
    """What one attempt may use; null is unlimited."""

    wall_seconds: Optional[float] = None
    cpu_seconds: Optional[float] = None
    tokens: Optional[float] = None
    dollars: Optional[float] = None


@dataclass
class ProfileConf:
    """The search effort; letters are the paper's."""

    name: str = MISSING
    models: int = 3
    solutions: int = 1
    outer_steps: int = 2
    inner_steps: int = 2
    ensemble_rounds: int = 2
    debug_tries: int = 3
    parallel_plans: bool = False


@dataclass
class TrackerConf:
    """Where runs are tracked."""

    kind: str = "none"
    uri: Optional[str] = None
    experiment: str = "fivestar-mle"


@dataclass
class RayConf:
    """Where the work runs and how much of it at once."""

    address: Optional[str] = None
    slots: Optional[int] = None
    hosts: int = 1
    object_store_gib: Optional[float] = None


@dataclass
class EvaluationConf:
    """Validation folds by training rows."""

    small_rows: int = 1000
    medium_rows: int = 5000
    small_folds: int = 2
    held_rows: int = 150
    medium_folds: int = 1
    large_folds: int = 1
    parts: int = 5


@dataclass
class BenchConf:
    """The whole of bench.yaml."""

    tasks: Optional[TasksConf] = None
    agent: AgentConf = field(default_factory=AgentConf)
    model: ModelConf = field(default_factory=ModelConf)
    executor: ExecutorConf = field(default_factory=ExecutorConf)
    budget: BudgetConf = field(default_factory=BudgetConf)
    profile: ProfileConf = field(default_factory=ProfileConf)
    tracker: TrackerConf = field(default_factory=TrackerConf)
    ray: RayConf = field(default_factory=RayConf)
    evaluation: EvaluationConf = field(default_factory=EvaluationConf)
    attempts: int = 5
    seed: int = 0
    runs: str = "runs"
    name: Optional[str] = None
    resume: Optional[str] = None


def builtin_ids() -> tuple[str, ...]:
    """The built-in tasks: the folders that hold a task.yaml."""
    folder = Path(__file__).parent / "tasks" / "builtin"
    return tuple(sorted(path.parent.name for path in folder.glob("*/task.yaml")))


def register_schema() -> None:
    """Tell Hydra the schema, and one `tasks` option for each built-in task."""
    store = ConfigStore.instance()
    store.store(name="bench_schema", node=BenchConf)
    for task in builtin_ids():
        store.store(group="tasks", name=task, node={"include": {task: True}})
