"""The plan before a sweep and the table after it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from runners.board import Board
from runners.progress import LEGEND, best_score, cell, duration, threshold
from runners.ray_session import RaySession
from runners.report.page import PAGE
from runners.results import sweep_seconds
from runners.settings import SweepConfig
from runners.success import success_rates


def plan_line(config: SweepConfig, board: Board, session: RaySession, isolation: str) -> str:
    """What is about to happen: tasks, attempts, slots, budget, who works and how it is isolated."""
    budget = config.budget
    limits = [
        *([duration(budget.wall_seconds)] if math.isfinite(budget.wall_seconds) else []),
        *([f"{duration(budget.cpu_seconds)} CPU"] if math.isfinite(budget.cpu_seconds) else []),
        *([f"{budget.tokens:,.0f} tokens"] if math.isfinite(budget.tokens) else []),
        *([_dollars(config)] if math.isfinite(budget.dollars) else []),
    ]
    return (
        f"{'resuming ' if config.resumed else ''}{config.name}: {len(board.tasks)} tasks x {board.attempts} "
        f"attempts, {session.slots} at once, {config.agent} ({config.profile}) with {_model(config)}, "
        f"at most {', '.join(limits) or 'anything'} an attempt, scripts at level {isolation}, "
        f"seed {config.seed}"
    )


def _dollars(config: SweepConfig) -> str:
    return f"${config.budget.dollars:g}" + (" (of priced calls)" if config.model.unpriced else "")


def _model(config: SweepConfig) -> str:
    unpriced = config.model.unpriced
    return config.model.name + (f" (no price for {', '.join(unpriced)}: cost unknown)" if unpriced else "")


def print_summary(console: Console, config: SweepConfig, board: Board, tracked: Sequence[str]) -> None:
    """The final tables and where the files are."""
    _print_tasks(console, board)
    _print_success(console, board)
    rows = board.all_rows
    cost = sum(row.cost for row in rows)
    unpriced = sum(row.unpriced_calls for row in rows)
    endings = ", ".join(f"{count} {ending}" for ending, count in board.endings().items())
    lines = [
        f"{endings or 'no attempt ended'}; {duration(sweep_seconds(board, running=False))}, "
        f"{duration(sum(row.cpu_seconds for row in rows))} CPU, {sum(row.tokens for row in rows):,} tokens, "
        + (f"{unpriced} calls without a price" if unpriced else f"${cost:.2f}"),
        f"report    {config.folder / PAGE}",
        f"results   {config.folder / 'results.json'}",
        f"attempts  {config.folder / 'attempts.parquet'}, {config.folder / 'attempts'}/TASK/N/solution.py",
        *tracked,
    ]
    if any(not row.done for row in rows):
        lines.append(f"not all attempts ended; go on with: {config.resume_command}")
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _print_tasks(console: Console, board: Board) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("task", "attempts", "metric"):
        table.add_column(name, no_wrap=True)
    for name in ("best", "threshold", "success"):
        table.add_column(name, justify="right", no_wrap=True)
    for task in board.tasks:
        rows = board.of(task.id)
        marks = Text(" ").join(Text(mark, style) for mark, style in map(cell, rows))
        successes = sum(row.success for row in rows)
        table.add_row(
            task.id, marks, task.metric, best_score(task, rows), threshold(task), f"{successes}/{len(rows)}"
        )
    console.print(table)
    console.print(LEGEND, style="dim", highlight=False, soft_wrap=True)


def _print_success(console: Console, board: Board) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    row_values, row_intervals = [Text("rate")], [Text("95 %")]
    for rate in success_rates(board.successes(), board.attempts):
        table.add_column(f"success@{rate.k}", justify="right")
        row_values.append(Text(f"{100 * rate.value:.1f} %", style="bold"))
        row_intervals.append(Text(f"{100 * rate.low:.0f}-{100 * rate.high:.0f} %", style="dim"))
    table.add_row(*row_values)
    table.add_row(*row_intervals)
    console.print()
    console.print(table)
    console.print()
