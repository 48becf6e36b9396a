"""What a comparison reads of a sweep: results.json, attempts.parquet and config.yaml, nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from actors.agents.registry import LISTINGS
from actors.contracts import Direction
from actors.errors import InputError
from runners.board import TaskLine
from runners.config import find_sweep, recorded_settings

NO_MODEL = "none"  # of an agent that asks no role
_COLUMNS = ("task", "attempt", "score", "success", "cpu_seconds", "seconds", "tokens", "cost")


@dataclass(frozen=True)
class AttemptFigures:
    """One attempt; one that has not started yet is a failure that cost nothing."""

    score: float | None = None
    success: bool = False
    cpu_seconds: float = 0.0
    seconds: float = 0.0
    tokens: int = 0
    cost: float | None = 0.0  # dollars; None when a call had no price


@dataclass(frozen=True)
class TaskFigures:
    """One task and its attempts, by number."""

    id: str
    metric: str
    direction: Direction
    threshold: float | None
    note: str
    validation: tuple[str, ...]  # harness, printed
    attempts: tuple[AttemptFigures, ...]

    @property
    def line(self) -> TaskLine:
        """The task as other tables know it."""
        return TaskLine(self.id, self.metric, self.direction, self.threshold, self.note)

    def merits(self) -> list[float]:
        """Scores as larger is better; minus infinity where there is none."""
        sign = 1.0 if self.direction == "maximize" else -1.0
        return [float("-inf") if a.score is None else sign * a.score for a in self.attempts]

    @property
    def scores(self) -> list[float]:
        """The scores there are."""
        return [a.score for a in self.attempts if a.score is not None]

    @property
    def best(self) -> float | None:
        """The best score, None without any."""
        pick = max if self.direction == "maximize" else min
        return pick(self.scores) if self.scores else None

    @property
    def mean(self) -> float | None:
        """The mean of the scores there are, None without any."""
        return sum(self.scores) / len(self.scores) if self.scores else None

    @property
    def successes(self) -> int:
        """Attempts that succeeded."""
        return sum(a.success for a in self.attempts)


@dataclass(frozen=True)
class SweepFigures:
    """One sweep as its files tell it."""

    name: str
    folder: Path
    agent: str
    model: str
    profile: str
    attempts: int  # a task
    unended: int  # attempts that are still to end
    isolation: tuple[str, ...]
    tasks: Mapping[str, TaskFigures]
    settings: Mapping[str, Any]  # of config.yaml, by dotted key

    @property
    def offline(self) -> bool:
        """Whether its agent asked the offline model."""
        return self.model != NO_MODEL and self.settings.get("model.kind") == "offline"


def read_sweeps(asked: Sequence[str], runs: Path) -> list[SweepFigures]:
    """The sweeps of these names or folders, in order; raises InputError for one that cannot be read."""
    if len(asked) < 2:
        raise InputError("a comparison needs two sweeps or more: python -m runners.compare RUN RUN ...")
    return [read_sweep(find_sweep(name, runs, name)) for name in asked]


def read_sweep(folder: Path) -> SweepFigures:
    """One sweep of a folder; raises InputError with one line for what is missing or broken."""
    path = folder / "results.json"
    if not path.is_file():
        raise InputError(f"{path}: not there yet; a sweep writes it when its first attempt ends")
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
        rows = _rows(folder / "attempts.parquet")
        attempts = int(results["attempts_per_task"])
        tasks = [_task(facts, attempts, rows) for facts in results["per_task"]]
        return SweepFigures(
            name=str(results["sweep"]),
            folder=folder,
            agent=str(results["agent"]),
            model=str(results["model"]) if _asks(str(results["agent"])) else NO_MODEL,
            profile=str(results["profile"]),
            attempts=attempts,
            unended=len(tasks) * attempts - int(results["ended"]),
            isolation=tuple(results["isolation"]),
            tasks={task.id: task for task in tasks},
            settings=_flat(recorded_settings(folder)),
        )
    except KeyError as error:
        raise InputError(f"{path}: {error} is missing; not the results of a sweep of this version") from None
    except (ValueError, TypeError, OSError) as error:
        raise InputError(f"{path}: not the results of a sweep: {_first_line(error)}") from None


def _asks(agent: str) -> bool:
    """Whether the agent asks any role; an agent of another version is taken to."""
    listing = LISTINGS.get(agent)
    return listing is None or bool(listing.needed)


def _rows(path: Path) -> dict[tuple[str, int], AttemptFigures]:
    try:
        table = pq.read_table(path, columns=list(_COLUMNS))
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: cannot be read: {_first_line(error)}") from None
    rows = {}
    for row in table.to_pylist():
        place = (str(row.pop("task")), int(row.pop("attempt")))
        rows[place] = AttemptFigures(**row)
    return rows


def _task(
    facts: Mapping[str, Any], attempts: int, rows: Mapping[tuple[str, int], AttemptFigures]
) -> TaskFigures:
    name, direction = str(facts["task"]), facts["direction"]
    if direction not in ("maximize", "minimize"):
        raise ValueError(f"{name}: direction {direction!r}")
    return TaskFigures(
        id=name,
        metric=str(facts["metric"]),
        direction=direction,
        threshold=None if facts["threshold"] is None else float(facts["threshold"]),
        note=str(facts["note"]),
        validation=tuple(facts["validation"]),
        attempts=tuple(rows.get((name, n), AttemptFigures()) for n in range(attempts)),
    )


def _flat(plain: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in plain.items():
        nested = isinstance(value, dict) and value
        flat |= _flat(value, f"{prefix}{key}.") if nested else {f"{prefix}{key}": value}
    return flat


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
