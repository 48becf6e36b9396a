"""Pure functions over a scratchpad's table: everything else in the system is a fold of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from scratchpad.records import STEP_KINDS, SWEEP_LEVEL, Entry, Kind
from scratchpad.schema import to_entries


@dataclass(frozen=True)
class Plan:
    """A plan that was tried, and what came of it."""

    entry: Entry
    score: float | None  # None when nothing was scored under it


@dataclass(frozen=True)
class Totals:
    """What some entries used."""

    model_calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0  # dollars of the priced calls
    unpriced_calls: int = 0  # never counted as free
    executions: int = 0
    seconds: float = 0.0  # of asks and executions: an evaluation's seconds repeat its executions'
    cpu_seconds: float = 0.0
    failures: Mapping[str, int] = field(default_factory=dict)  # entries with an error, by kind


def of_attempt(table: pa.Table, task: str, attempt: int) -> pa.Table:
    """The entries of one attempt, in order."""
    return table.filter((pc.field("task") == task) & (pc.field("attempt") == attempt))


def of_kind(table: pa.Table, *kinds: Kind) -> pa.Table:
    """The entries of some kinds, in order."""
    return table.filter(pc.field("kind").isin([str(kind) for kind in kinds]))


def steps(table: pa.Table, task: str, attempt: int) -> list[Entry]:
    """The steps of an attempt, in order."""
    return to_entries(of_kind(of_attempt(table, task, attempt), *STEP_KINDS))


def best_evaluation(
    table: pa.Table, task: str, attempt: int, direction: Literal["maximize", "minimize"]
) -> Entry | None:
    """The attempt's best evaluation so far, the latest of equals; a failed script never counts."""
    scored = of_kind(of_attempt(table, task, attempt), Kind.EVALUATION)
    scored = scored.filter(pc.field("score").is_valid())
    if not scored.num_rows:
        return None
    worst_to_best = "ascending" if direction == "maximize" else "descending"
    order = pc.sort_indices(scored, [("score", worst_to_best), ("seq", "ascending")])
    return to_entries(scored.take(order[-1:]))[0]


def lineage(table: pa.Table, task: str, attempt: int, key: str) -> list[Entry]:
    """A step and everything it came from, each after its parents; empty when the attempt has no such step."""
    return ancestry({entry.key: entry for entry in steps(table, task, attempt)}, [key])


def ancestry(steps: Mapping[str, Entry], keys: Iterable[str]) -> list[Entry]:
    """The steps with these keys and everything they came from, each after its parents and once.

    The order does not depend on which of them ended first. A key that is none of the steps' is passed over.
    """
    found: dict[str, Entry] = {}
    seen: set[str] = set()
    waiting = [(key, False) for key in reversed(list(keys))]
    while waiting:
        key, told = waiting.pop()
        if told:
            found[key] = steps[key]
        elif key in steps and key not in seen:
            seen.add(key)
            waiting.append((key, True))
            waiting.extend((parent, False) for parent in reversed(steps[key].parents))
    return list(found.values())


def plans_tried(table: pa.Table, task: str, attempt: int, roles: Collection[str]) -> list[Plan]:
    """What the given planning roles answered, in order, with the score that each plan led to.

    A plan's score is that of the first evaluation downstream of it, before another plan intervenes.
    """
    entries = steps(table, task, attempt)
    plans = {e.key for e in entries if e.kind is Kind.ASK and e.role in roles}
    origin: dict[str, set[str]] = {}  # step -> the plans it carries out
    score: dict[str, float | None] = {}
    for entry in entries:
        if entry.key in plans:
            origin[entry.key] = {entry.key}
            continue
        origin[entry.key] = set().union(*(origin.get(parent, set()) for parent in entry.parents))
        if entry.kind is Kind.EVALUATION:
            for plan in origin[entry.key]:
                score.setdefault(plan, entry.score)
    return [Plan(entry, score.get(entry.key)) for entry in entries if entry.key in plans]


def totals(table: pa.Table) -> Totals:
    """What all entries of the table used together; select with `of_attempt` first."""
    asks = of_kind(table, Kind.ASK, Kind.FAILED_ASK)
    work = of_kind(table, Kind.ASK, Kind.FAILED_ASK, Kind.EXECUTION)
    cpu = (dict(cell).get("cpu_seconds", 0.0) for cell in work.column("metrics").to_pylist())
    return Totals(
        model_calls=asks.num_rows,
        tokens_in=int(_sum(table, "tokens_in")),
        tokens_out=int(_sum(table, "tokens_out")),
        cost=_sum(table, "cost"),
        unpriced_calls=asks.column("cost").null_count,
        executions=of_kind(table, Kind.EXECUTION).num_rows,
        seconds=_sum(work, "seconds"),
        cpu_seconds=sum(cpu),
        failures=dict(Counter(table.filter(pc.field("error").is_valid()).column("kind").to_pylist())),
    )


def attempts(table: pa.Table) -> list[tuple[str, int]]:
    """Every (task, attempt) with an entry, in the order of their first entries."""
    pairs = zip(table.column("task").to_pylist(), table.column("attempt").to_pylist(), strict=True)
    return [pair for pair in dict.fromkeys(pairs) if pair[1] != SWEEP_LEVEL]


def endings(table: pa.Table) -> dict[tuple[str, int], Entry]:
    """The ending of every finished attempt, the latest where there are several."""
    return {(entry.task, entry.attempt): entry for entry in to_entries(of_kind(table, Kind.ENDING))}


def grades(table: pa.Table) -> dict[tuple[str, int], Entry]:
    """The grade of every graded attempt, the latest where there are several."""
    return {(entry.task, entry.attempt): entry for entry in to_entries(of_kind(table, Kind.GRADE))}


def open_attempts(table: pa.Table) -> list[tuple[str, int]]:
    """The attempts that began and have no ending."""
    ended = endings(table)
    return [pair for pair in attempts(table) if pair not in ended]


def repeated_steps(table: pa.Table) -> dict[tuple[str, int, str], int]:
    """Step keys that their attempt holds more than once, with their count; none in a sound scratchpad."""
    done = of_kind(table, *STEP_KINDS)
    keys = zip(*(done.column(name).to_pylist() for name in ("task", "attempt", "key")), strict=True)
    return {key: count for key, count in Counter(keys).items() if count > 1}


def _sum(table: pa.Table, column: str) -> float:
    return float(pc.sum(table.column(column)).as_py() or 0)
