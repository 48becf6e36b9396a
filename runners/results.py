"""The results of a sweep: results.json, attempts.parquet and a folder an attempt.

All are written whole, and are valid while the sweep runs: attempts that are still to end count as
failures, so a figure can only rise.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from runners.board import AttemptRow, Board, TaskLine
from runners.files import write_whole
from runners.settings import SweepConfig
from runners.success import success_interval, suite_success_at

ATTEMPTS_SCHEMA = pa.schema(
    [
        pa.field("task", pa.string(), nullable=False),
        pa.field("attempt", pa.int32(), nullable=False),
        pa.field("seed", pa.int64()),
        pa.field("ending", pa.string()),  # null while it runs
        pa.field("score", pa.float64()),
        pa.field("success", pa.bool_(), nullable=False),
        pa.field("validation_score", pa.float64()),
        pa.field("seconds", pa.float64(), nullable=False),
        pa.field("cpu_seconds", pa.float64(), nullable=False),
        pa.field("executions", pa.int32(), nullable=False),
        pa.field("failed_executions", pa.int32(), nullable=False),
        pa.field("model_calls", pa.int32(), nullable=False),
        pa.field("tokens", pa.int64(), nullable=False),
        pa.field("cost", pa.float64()),  # dollars; null when a call had no price
        pa.field("resumed", pa.int32(), nullable=False),
        pa.field("validation", pa.string(), nullable=False),  # harness, printed, or empty before any
        pa.field("validation_spread", pa.float64()),  # standard deviation over folds; null with one fold
        pa.field("isolation", pa.string(), nullable=False),  # namespaces, landlock, limits, or empty
        pa.field("suspicious", pa.int32(), nullable=False),  # evaluations that printed far more than they got
        pa.field("fault", pa.string()),  # what was wrong with the submission or the attempt
    ]
)


def attempts_table(board: Board) -> pa.Table:
    """A row for each attempt that has started."""
    rows = [_record(row) for row in board.all_rows if row.started is not None or row.ending is not None]
    return pa.Table.from_pylist(rows, schema=ATTEMPTS_SCHEMA)


def results_of(config: SweepConfig, board: Board, seconds: float) -> dict[str, Any]:
    """The content of results.json."""
    rows = board.all_rows
    at = {k: suite_success_at(board.successes(), k) for k in range(1, board.attempts + 1)}
    intervals = {k: success_interval(board.successes(), k) for k in at}
    return {
        "sweep": config.name,
        "agent": config.agent,
        "model": config.model.name,
        "profile": config.profile,
        "tasks": [task.id for task in board.tasks],
        "attempts_per_task": board.attempts,
        "success_at": {str(k): value for k, value in at.items()},
        "success_at_5_interval": list(intervals[5]) if 5 in intervals else None,
        "seconds": seconds,
        "cpu_seconds": sum(row.cpu_seconds for row in rows),
        "tokens": sum(row.tokens for row in rows),
        "cost": None if any(row.unpriced_calls for row in rows) else sum(row.cost for row in rows),
        "endings": board.endings(),
        "per_task": [_per_task(board, task) for task in board.tasks],
        "success_intervals": {str(k): list(value) for k, value in intervals.items()},
        "ended": sum(row.done for row in rows),
        "isolation": sorted({row.isolation for row in rows} - {""}),
        "validation": {kind: sum(row.validation == kind for row in rows) for kind in ("harness", "printed")},
    }


def write_results(config: SweepConfig, board: Board, seconds: float) -> None:
    """Write results.json and attempts.parquet."""
    text = json.dumps(results_of(config, board, seconds), indent=2, ensure_ascii=False, allow_nan=False)
    write_whole(config.folder / "results.json", (text + "\n").encode())
    buffer = io.BytesIO()
    pq.write_table(attempts_table(board), buffer)
    write_whole(config.folder / "attempts.parquet", buffer.getvalue())


def attempt_folder(config: SweepConfig, row: AttemptRow) -> Path:
    """Where an attempt's files are kept."""
    return config.folder / "attempts" / row.task / str(row.attempt)


def write_attempt(config: SweepConfig, row: AttemptRow, blob: Callable[[str], bytes]) -> None:
    """Write what an ended attempt handed in, as far as it did: solution.py and what stood beside it,
    submission.csv.
    """
    folder = attempt_folder(config, row)
    if row.script:
        write_whole(folder / "solution.py", row.script.encode())
    for name, digest in row.beside:
        write_whole(folder / name, blob(digest))
    if row.submission:
        write_whole(folder / "submission.csv", blob(row.submission))


def sweep_seconds(board: Board, running: bool) -> float:
    """Wall seconds from the first attempt's start to the last entry, or to now."""
    starts = [row.started for row in board.all_rows if row.started is not None]
    ends = [row.updated for row in board.all_rows if row.updated is not None]
    if not starts:
        return 0.0
    return max(0.0, (time.time() if running else max(ends)) - min(starts))


def _record(row: AttemptRow) -> dict[str, Any]:
    shared = {name: getattr(row, name) for name in ATTEMPTS_SCHEMA.names if hasattr(row, name)}
    return {
        **shared,
        "ending": row.ending.value if row.ending is not None else None,
        "seconds": row.elapsed,
        "cost": None if row.unpriced_calls else row.cost,
    }


def _per_task(board: Board, task: TaskLine) -> dict[str, Any]:
    rows = board.of(task.id)
    scores = [row.score for row in rows]
    given = [score for score in scores if score is not None]
    best = max if task.direction == "maximize" else min
    return {
        "task": task.id,
        "metric": task.metric,
        "direction": task.direction,
        "threshold": task.threshold,
        "attempts": sum(row.done for row in rows),
        "successes": sum(row.success for row in rows),
        "best_score": best(given) if given else None,
        "scores": scores,
        "endings": board.endings(task.id),
        "suspicious": sum(row.suspicious for row in rows),
        "validation_scores": [row.validation_score for row in rows],
        "validation": sorted({row.validation for row in rows} - {""}),
        "note": task.note,
    }
