"""What a sweep has come to so far: a fold of the scratchpad, an attempt a row."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from actors.attempt import BESIDE
from actors.contracts import Direction, Ending
from scratchpad.records import SWEEP_LEVEL, Entry, Kind

SUBMISSION_FILE = "submission.csv"


@dataclass(frozen=True)
class TaskLine:
    """What the tables say of a task before any attempt."""

    id: str
    metric: str
    direction: Direction
    threshold: float | None = None  # None: success is a valid submission better than the dummy
    note: str = ""  # for example that a hold-out stands in for answers


@dataclass(frozen=True)
class AttemptRow:
    """One attempt as its entries tell it; a row of attempts.parquet."""

    task: str
    attempt: int
    seed: int | None = None
    started: float | None = None  # UTC seconds since the epoch
    updated: float | None = None
    ending: Ending | None = None  # None while it runs
    graded: bool = False
    score: float | None = None
    success: bool = False
    fault: str | None = None
    validation_score: float | None = None
    validation_spread: float | None = None
    validation: str = ""  # harness | printed
    isolation: str = ""
    suspicious: int = 0  # evaluations whose printed score was too good to be true
    elapsed: float = 0.0  # wall seconds under way, waits between a crash and its resume left out
    cpu_seconds: float = 0.0
    executions: int = 0
    failed_executions: int = 0
    model_calls: int = 0
    tokens: int = 0
    cost: float = 0.0
    unpriced_calls: int = 0
    resumed: int = 0
    script: str = ""
    submission: str = ""  # digest
    beside: tuple[tuple[str, str], ...] = ()  # name and digest of each file beside the script

    @property
    def done(self) -> bool:
        """Whether nothing more will happen to it: it is graded, or ended with nothing to grade."""
        nothing_left = not self.submission or self.ending in (Ending.ACTOR_LOST, Ending.CANCELLED)
        return self.graded or (self.ending is not None and nothing_left)


@dataclass
class Board:
    """All attempts of a sweep; `feed` it entries in the scratchpad's order."""

    tasks: Sequence[TaskLine]
    attempts: int
    seen: int = -1  # the last sequence number folded
    rows: dict[tuple[str, int], AttemptRow] = field(init=False)

    def __post_init__(self) -> None:
        self.rows = {(t.id, n): AttemptRow(t.id, n) for t in self.tasks for n in range(self.attempts)}

    def feed(self, entries: Iterable[Entry]) -> list[tuple[AttemptRow, Entry]]:
        """Fold entries in; returns the changed rows, each with the entry that changed it."""
        changed = []
        for entry in entries:
            if entry.seq <= self.seen:
                continue
            self.seen = entry.seq
            row = self.rows.get((entry.task, entry.attempt))
            if entry.attempt == SWEEP_LEVEL or row is None:
                continue
            row = replace(row, updated=entry.time, **_change(row, entry))
            self.rows[entry.task, entry.attempt] = row
            changed.append((row, entry))
        return changed

    def of(self, task: str) -> list[AttemptRow]:
        """The attempts of a task, in order."""
        return [self.rows[task, n] for n in range(self.attempts)]

    @property
    def all_rows(self) -> list[AttemptRow]:
        """Every attempt, tasks in the sweep's order."""
        return [row for task in self.tasks for row in self.of(task.id)]

    def endings(self, task: str | None = None) -> dict[str, int]:
        """How many attempts have each ending, of all tasks or of one."""
        rows = self.all_rows if task is None else self.of(task)
        counts = Counter(row.ending.value for row in rows if row.ending is not None)
        return dict(sorted(counts.items()))

    def successes(self) -> list[tuple[int, int]]:
        """Attempts counted and successes among them, a task each: whatever is not a success failed."""
        return [(self.attempts, sum(row.success for row in self.of(task.id))) for task in self.tasks]


def _change(row: AttemptRow, entry: Entry) -> dict[str, Any]:
    """The fields of a row that an entry changes."""
    used = {
        "cpu_seconds": row.cpu_seconds + entry.metrics.get("cpu_seconds", 0.0),
        "tokens": row.tokens + entry.tokens_in + entry.tokens_out,
        "cost": row.cost + (entry.cost or 0.0),
        "unpriced_calls": row.unpriced_calls + (entry.cost is None),
        "elapsed": max(row.elapsed, entry.metrics.get("elapsed", 0.0)),
    }
    return used | _BY_KIND.get(entry.kind, _nothing)(row, entry)


def _nothing(row: AttemptRow, entry: Entry) -> dict[str, Any]:
    return {}


def _attempt(row: AttemptRow, entry: Entry) -> dict[str, Any]:
    facts = _json(entry)
    again = row.started is not None
    return {
        "started": row.started if again else entry.time,
        "seed": facts.get("seed", row.seed),
        "resumed": row.resumed + again,
        "ending": None,  # an attempt that was lost and is taken up again runs
    }


def _ask(row: AttemptRow, entry: Entry) -> dict[str, Any]:
    return {"model_calls": row.model_calls + int(entry.metrics.get("asks", 1))}


def _execution(row: AttemptRow, entry: Entry) -> dict[str, Any]:
    return {
        "executions": row.executions + entry.was_run,
        "failed_executions": row.failed_executions + (entry.error is not None),
        "isolation": _json(entry).get("isolation", row.isolation),
    }


def _evaluation(row: AttemptRow, entry: Entry) -> dict[str, Any]:
    if entry.error is not None:
        return {}
    return {
        "validation": "harness" if entry.metrics.get("folds", 0) else "printed",
        "suspicious": row.suspicious + int(entry.metrics.get("suspicious", 0.0)),
    }


def _submission(row: AttemptRow, entry: Entry) -> dict[str, Any]:
    return {
        "script": entry.content,
        "submission": entry.attachments.get(SUBMISSION_FILE, ""),
        "beside": tuple(
            (name.removeprefix(BESIDE), digest)
            for name, digest in sorted(entry.attachments.items())
            if name.startswith(BESIDE)
        ),
        "validation_score": entry.score if entry.score is not None else row.validation_score,
    }


def _ending(row: AttemptRow, entry: Entry) -> dict[str, Any]:
    facts = _json(entry)
    validation = facts.get("validation_score")
    return {
        "ending": Ending(facts["ending"]),
        "fault": entry.error,
        "seed": facts.get("seed", row.seed),
        "validation": facts.get("validation", row.validation),
        "validation_spread": facts.get("validation_spread"),
        "validation_score": validation if validation is not None else row.validation_score,
    }


def _grade(row: AttemptRow, entry: Entry) -> dict[str, Any]:
    facts = _json(entry)
    return {
        "graded": True,
        "ending": Ending(facts.get("ending", row.ending or Ending.FINISHED)),
        "score": entry.score,
        "success": bool(facts.get("success", False)),
        "fault": entry.error or row.fault,
    }


_BY_KIND = {
    Kind.ATTEMPT: _attempt,
    Kind.ASK: _ask,
    Kind.FAILED_ASK: _ask,
    Kind.EXECUTION: _execution,
    Kind.EVALUATION: _evaluation,
    Kind.SUBMISSION: _submission,
    Kind.ENDING: _ending,
    Kind.GRADE: _grade,
}


def _json(entry: Entry) -> dict[str, Any]:
    value = json.loads(entry.content) if entry.content else {}
    return value if isinstance(value, dict) else {}
