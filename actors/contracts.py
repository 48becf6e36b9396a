"""What crosses a boundary: the Protocols of the system and the frozen values they exchange."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from actors.attempt import AttemptContext

Direction = Literal["maximize", "minimize"]
Prediction = Literal["value", "probability", "label"]
Problem = Literal[
    "binary",
    "multiclass",
    "ordinal",
    "regression",
    "count",
    "quantile",
    "multioutput",
    "forecast",
    "survival",
    "other",
]
SplitKind = Literal["random", "stratified", "group", "time", "block"]
Validation = Literal["harness", "printed"]


class Team(StrEnum):
    """What a role owns."""

    DATA = "data"
    TRAINING = "training"
    EVALUATION = "evaluation"
    REPORTING = "reporting"


# --- tasks ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ColumnFacts:
    """One column of a table (or one array of an archive) as the public files show it."""

    name: str
    dtype: str  # integer | real | boolean | text | category | datetime | empty | array
    missing: int = 0  # rows
    unique: int = 0  # distinct values
    examples: tuple[str, ...] = ()  # a few values, as text
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    skew: float | None = None
    mean_length: float | None = None  # characters, text columns only
    shape: tuple[int, ...] = ()  # arrays only


@dataclass(frozen=True)
class FileFacts:
    """One public file of a task."""

    name: str
    format: str  # csv tsv txt fwf parquet jsonl xlsx npz png text other
    bytes: int
    rows: int | None = None
    columns: tuple[ColumnFacts, ...] = ()
    head: str = ""  # the first lines or rows, as text
    reader: str = ""  # the pandas or numpy call that reads it right
    note: str = ""


@dataclass(frozen=True)
class SplitRule:
    """How validation folds must be made."""

    kind: SplitKind = "random"
    column: str | None = None


@dataclass(frozen=True)
class TaskBrief:
    """What an attempt may see of a task. It has no field for answers or thresholds."""

    id: str
    description: str
    problem: Problem
    metric: str
    direction: Direction
    target: tuple[str, ...]
    id_column: str
    prediction: Prediction
    split: SplitRule
    files: tuple[FileFacts, ...]
    train: str  # file names, "" where the task has no such table
    test: str
    sample_submission: str
    levels: tuple[float, ...] = ()  # quantile levels, pinball only
    classes: tuple[str, ...] = ()  # labels seen in training, classification only
    validation: Validation = "harness"

    def oriented(self, score: float) -> float:
        """The score turned so that larger is better."""
        return score if self.direction == "maximize" else -score


@dataclass(frozen=True)
class DataBundle:
    """A content-addressed set of public files."""

    digest: str
    files: tuple[tuple[str, bytes], ...]  # sorted by name; names may hold folders


@dataclass(frozen=True)
class TaskData:
    """The brief of a task and the digests of the bundles that its scripts may read."""

    brief: TaskBrief
    public: str  # digest of all public files
    folds: tuple[str, ...]  # digests, one a validation fold; empty when validation is "printed"


@dataclass(frozen=True)
class FoldScore:
    """What the harness says of one script's predictions on one fold."""

    score: float | None  # None when the submission is at fault
    fault: str | None = None
    test_submission: bytes | None = None  # the same run's predictions for the true test rows, CSV


class Scorer(Protocol):
    """The harness's side of evaluation: it alone holds the labels."""

    async def score_fold(self, task: str, fold: int, submission: bytes) -> FoldScore:
        """Score a script's submission for fold number `fold` of `task`."""

    async def check(self, task: str, submission: bytes) -> str | None:
        """Say what is wrong with a submission for the true test rows, None when it is valid."""


# --- models --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Message:
    """One chat message."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class ChatRequest:
    """One request to a chat model."""

    role: str  # the role that asks: configuration may give it its own model
    messages: tuple[Message, ...]
    seed: int
    web_search: bool = False
    schema: Mapping[str, Any] | None = None  # JSON schema of the answer, for endpoints that can hold to it
    until: float = math.inf  # when its attempt's time is over, in seconds since the epoch


@dataclass(frozen=True)
class ChatReply:
    """A model's answer and what it used."""

    text: str
    model: str
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = 0.0  # dollars; None when the model has no price
    seconds: float = 0.0
    tries: int = 1
    finish: str = "stop"  # stop | length | refusal: why the answer ends where it does


class ChatModel(Protocol):
    """Anything that answers chat messages."""

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer; raises ModelError."""


# --- executions ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Limits:
    """What one execution may use."""

    wall_seconds: float = 120.0
    cpu_seconds: float = 240.0
    memory_bytes: int = 4 << 30  # of the whole process tree
    processes: int = 64
    file_bytes: int = 1 << 30
    disk_bytes: int = 2 << 30
    output_bytes: int = 1 << 20  # kept of stdout and stderr each
    cpus: int = 1


class ExitStatus(StrEnum):
    """How an execution ended."""

    OK = "ok"
    FAILED = "failed"  # non-zero exit code
    SIGNAL = "signal"
    WALL = "wall_limit"
    CPU = "cpu_limit"
    MEMORY = "memory_limit"
    DISK = "disk_limit"
    OUTPUT = "output_limit"
    PROCESSES = "process_limit"
    CANCELLED = "cancelled"
    FORBIDDEN = "forbidden"  # it read what no script may read
    LOST = "lost"  # the worker died under it


@dataclass(frozen=True)
class ExecutionRequest:
    """One script to run on one bundle."""

    script: str
    bundle: str  # digest
    limits: Limits = field(default_factory=Limits)
    extra_files: tuple[tuple[str, str], ...] = ()
    seed: int = 0


@dataclass(frozen=True)
class ExecutionResult:
    """What one sandboxed run left behind."""

    status: ExitStatus
    exit_code: int | None
    stdout: str
    stderr: str
    submission: bytes | None  # ./submission.csv, None when absent or unsafe to read
    seconds: float
    cpu_seconds: float  # of the whole tree
    peak_bytes: int  # of the whole tree
    isolation: str  # namespaces | landlock | limits
    detail: str = ""  # which limit was hit, or why the submission was refused

    @property
    def ok(self) -> bool:
        """Whether the script ended by itself with exit code 0."""
        return self.status is ExitStatus.OK


@dataclass(frozen=True)
class SessionRequest:
    """A shell to open on one bundle, in a work folder of its own."""

    bundle: str  # digest
    limits: Limits = field(default_factory=Limits)  # of each command; disk and processes of all together
    seed: int = 0


@dataclass(frozen=True)
class CommandResult:
    """What one command in a session left behind."""

    status: ExitStatus
    exit_code: int | None  # None when it did not end by itself
    output: str  # stdout and stderr as they came
    seconds: float
    cpu_seconds: float  # of the whole tree
    peak_bytes: int  # of the whole tree
    isolation: str  # namespaces | landlock | limits
    detail: str = ""  # which limit was hit, or how the shell ended
    file: str = ""  # open in the editor
    folder: str = ""  # the shell's, relative to the work folder
    script: str | None = None  # the text of ./solution.py, None when there is none that can be handed in
    script_fault: str = ""  # why the one that is there cannot


class Session(Protocol):
    """A live shell and editor in a sandbox; files, folder, variables and functions last."""

    async def run(self, command: str, seconds: float, cpu_seconds: float) -> CommandResult:
        """Run a command to its end or to these limits; cancelling the coroutine ends the session."""

    async def close(self) -> None:
        """End every process of the session and remove its files."""


class Executor(Protocol):
    """Runs scripts in a sandbox."""

    async def run(self, request: ExecutionRequest) -> ExecutionResult:
        """Run a script to its end; cancelling the coroutine kills its whole process tree."""

    async def open(self, request: SessionRequest) -> Session:
        """Open a shell, which holds its CPUs and memory until it is closed."""


# --- attempts ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Budget:
    """What one attempt may use; infinity where unlimited."""

    wall_seconds: float = float("inf")
    cpu_seconds: float = float("inf")
    tokens: float = float("inf")
    dollars: float = float("inf")


class Ending(StrEnum):
    """How an attempt ended."""

    FINISHED = "finished"
    INVALID_SUBMISSION = "invalid_submission"
    GRADER_ERROR = "grader_error"
    AGENT_ERROR = "agent_error"
    TIMEOUT = "timeout"
    BUDGET = "budget"
    ACTOR_LOST = "actor_lost"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class AgentSettings:
    """The search effort of an agent; names follow the paper."""

    models: int = 3  # M
    solutions: int = 1  # L
    outer_steps: int = 2  # T
    inner_steps: int = 2  # K
    ensemble_rounds: int = 2  # R
    debug_tries: int = 3
    parallel_plans: bool = False
    roles_off: tuple[str, ...] = ()
    options: Mapping[str, float] = field(default_factory=dict)  # settings of one agent alone


@dataclass(frozen=True)
class AttemptSpec:
    """One attempt to make."""

    sweep: str
    task: str
    attempt: int  # 0-based
    seed: int
    agent: str
    settings: AgentSettings
    budget: Budget
    limits: Limits
    web_search: bool = False


@dataclass(frozen=True)
class Evaluation:
    """A script's validation score, or why it has none."""

    script: str
    score: float | None  # the metric's own direction; None when the script failed
    fold_scores: tuple[float, ...] = ()
    printed: float | None = None
    validation: Validation = "harness"
    failure: str | None = None  # status, output and traceback of the run that failed
    key: str = ""  # its scratchpad entry
    extra_files: tuple[tuple[str, str], ...] = ()  # that stood beside the script

    @property
    def spread(self) -> float | None:
        """The standard deviation of the fold scores, None for fewer than two folds."""
        count = len(self.fold_scores)
        if count < 2:
            return None
        mean = sum(self.fold_scores) / count
        return float((sum((s - mean) ** 2 for s in self.fold_scores) / (count - 1)) ** 0.5)


@dataclass(frozen=True)
class Grade:
    """The final score of a submission against the private answers."""

    score: float | None
    success: bool
    ending: Ending
    fault: str | None = None


class Agent(Protocol):
    """A policy that solves a task by calling its attempt's context."""

    async def __call__(self, context: AttemptContext) -> None:
        """Run to the end; the best submission made with `context.submit` counts."""
