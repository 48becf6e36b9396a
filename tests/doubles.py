"""Stand-ins for the sandbox and the scorer: a script's text says what it scores."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, field, replace
from typing import Any

from actors.attempt import Services
from actors.contracts import (
    AgentSettings,
    AttemptSpec,
    Budget,
    ChatModel,
    CommandResult,
    ExecutionRequest,
    ExecutionResult,
    ExitStatus,
    FoldScore,
    Limits,
    SessionRequest,
    SplitRule,
    TaskBrief,
    TaskData,
)
from actors.roles.desk import LocalDesk

BRIEF = TaskBrief(
    id="toy",
    description="A toy.",
    problem="regression",
    metric="r2",
    direction="maximize",
    target=("y",),
    id_column="id",
    prediction="value",
    split=SplitRule(),
    files=(),
    train="train.csv",
    test="test.csv",
    sample_submission="sample_submission.csv",
)


def script(score: float | str, *lines: str, printed: float | None = None, crash: bool = False) -> str:
    """A program whose text carries what the doubles make of it; "0.5/0.7" is a score a fold."""
    head = [f"SCORE = {score}", f"PRINTED = {score if printed is None else printed}"]
    return "\n".join([*head, *(["CRASH = True"] if crash else []), *lines]) + "\n"


def fence(code: str) -> str:
    return f"```python\n{code}```"


def cards(*names: str) -> str:
    return json.dumps([{"name": n, "why": "because", "code": ""} for n in names])


class Killed(BaseException):
    """What no handler of the code under test may catch."""


@dataclass
class FakeSession:
    """A shell whose commands do what they say.

    `write TEXT` makes solution.py, `link` makes it one that is refused, `slow` runs out of time, `peek` is
    forbidden.
    """

    executor: FakeExecutor
    script: str | None = None
    fault: str = ""
    closed: bool = False

    async def run(self, command: str, seconds: float, cpu_seconds: float) -> CommandResult:
        if self.executor.die_at_command == len(self.executor.commands):
            raise Killed
        self.executor.commands.append(command)
        self.executor.allowed.append((seconds, cpu_seconds))
        if command.startswith("write "):
            self.script, self.fault = command.removeprefix("write "), ""
        if command == "link":
            self.script, self.fault = None, "solution.py refused: it has 2 hard links"
        if command == "peek":
            forbidden = ExitStatus.FORBIDDEN
            return CommandResult(forbidden, None, "", 0.1, 0.5, 1 << 20, "none", "it opened a hidden path")
        status = ExitStatus.WALL if command == "slow" else ExitStatus.OK
        code = None if status is ExitStatus.WALL else 0
        detail = "its wall seconds are over" if status is ExitStatus.WALL else ""
        output = f"did {command}"
        use = (0.1, 0.5, 1 << 20)
        place = ("", ".", self.script, self.fault)
        return CommandResult(status, code, output, *use, "none", detail, *place)

    async def close(self) -> None:
        self.closed = True


@dataclass
class FakeExecutor:
    """Reads the score from the script; counts runs, also those under way at once."""

    delay: float = 0.0
    runs: list[ExecutionRequest] = field(default_factory=list)
    running: int = 0
    most_running: int = 0
    die_at: int | None = None  # raise instead of making this run
    commands: list[str] = field(default_factory=list)  # of all sessions
    allowed: list[tuple[float, float]] = field(default_factory=list)  # wall and CPU seconds of each
    sessions: list[FakeSession] = field(default_factory=list)
    die_at_command: int | None = None

    async def open(self, request: SessionRequest) -> FakeSession:
        self.sessions.append(FakeSession(self))
        return self.sessions[-1]

    async def run(self, request: ExecutionRequest) -> ExecutionResult:
        if self.die_at is not None and len(self.runs) >= self.die_at:
            raise Killed
        self.runs.append(request)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        await asyncio.sleep(self.delay)
        self.running -= 1
        crashed = "CRASH" in request.script
        found = re.search(r"^SCORE = (\S+)", request.script, re.MULTILINE)
        shown = re.search(r"^PRINTED = (\S+)", request.script, re.MULTILINE)
        ended = re.search(r"^STATUS = (\S+)", request.script, re.MULTILINE)
        status = ExitStatus(ended[1]) if ended else ExitStatus.FAILED if crashed else ExitStatus.OK
        return ExecutionResult(
            status=status,
            exit_code=None if ended else int(crashed),
            stdout=f"Final Validation Performance: {shown[1]}" if shown else "ran",
            stderr="Traceback: boom" if crashed else "",
            submission=found[1].encode() if found and status in LEFT_SOMETHING else None,
            seconds=0.1,
            cpu_seconds=0.5,
            peak_bytes=1 << 20,
            isolation="none",
        )


# A script that a limit ends may have written its submission before.
LEFT_SOMETHING = set(ExitStatus) - {ExitStatus.FAILED, ExitStatus.FORBIDDEN}


class FakeScorer:
    """The submission is the score, or the scores of all folds with `/` between; `bad` is refused."""

    async def score_fold(self, task: str, fold: int, submission: bytes) -> FoldScore:
        scores = submission.decode().split("/")
        score = scores[fold % len(scores)]
        if score == "bad":
            return FoldScore(None, "row 3 has no prediction")
        return FoldScore(float(score), None, submission)

    async def check(self, task: str, submission: bytes) -> str | None:
        return None


def data(brief: TaskBrief = BRIEF, folds: int = 1) -> TaskData:
    return TaskData(brief, "public", tuple(f"fold{k}" for k in range(folds)))


def spec(settings: AgentSettings | None = None, budget: Budget | None = None, **more: Any) -> AttemptSpec:
    base = AttemptSpec(
        "sweep", "toy", 0, 7, "mle_star", settings or AgentSettings(), budget or Budget(), Limits()
    )
    return replace(base, **more)


def services(model: ChatModel, executor: FakeExecutor | None = None, scorer: Any = None) -> Services:
    return Services(LocalDesk(model), executor or FakeExecutor(), scorer or FakeScorer(), {"numpy": "2"})
