"""The terminal while a sweep runs: a live grid, or plain lines where there is no terminal."""

from __future__ import annotations

import re
import threading
import time
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from actors.contracts import Ending
from runners.board import AttemptRow, Board, TaskLine
from scratchpad.records import Entry, Kind

REFRESH_SECONDS = 0.5
WAITING, RUNNING, SUCCESS, SHORT, FAILED = (
    ("·", "dim"),
    ("▶", "cyan"),
    ("✔", "green"),
    ("○", "yellow"),
    ("✘", "red"),
)
FAULT_WIDTH = 160
LEGEND = "✔ success  ○ below the threshold  ✘ failed  ▶ running  · waiting"


class Progress:
    """Shows a board; thread-safe, and silent outside its `with` block."""

    def __init__(self, console: Console, board: Board, slots: int) -> None:
        self._console = console
        self._board = board
        self._slots = slots
        self._begun = time.time()
        self._lock = threading.Lock()
        self._live: Live | None = None

    def __enter__(self) -> Progress:
        if self._console.is_terminal:
            self._live = Live(
                console=self._console,
                get_renderable=self.grid,
                refresh_per_second=1 / REFRESH_SECONDS,
                transient=True,
                vertical_overflow="crop",
            )
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def changed(self, row: AttemptRow, entry: Entry) -> None:
        """Say what happened, where no grid shows it."""
        if self._live is None and entry.kind in (Kind.ATTEMPT, Kind.GRADE, Kind.ENDING):
            line = self._line(row, entry)
            if line:
                self._console.print(line, highlight=False, markup=False, soft_wrap=True)

    def say(self, message: str) -> None:
        """A line of its own, above the grid."""
        self._console.print(message, highlight=False, markup=False, soft_wrap=True)

    def grid(self) -> Group:
        """The sweep as a table, a row a task."""
        board, now = self._board, time.time()
        rows = board.all_rows
        done = sum(row.done for row in rows)
        left = remaining_seconds(board, self._slots, now)
        table = Table(box=None, pad_edge=False)
        summary = (
            f"{done} of {len(rows)} attempts, {sum(row.success for row in rows)} successes, "
            f"{duration(now - self._begun)} gone"
        ) + (f", about {duration(left)} left" if left is not None else "")
        for name in ("task", "attempts", "best", "threshold", "elapsed", "left"):
            table.add_column(name, justify="left" if name in ("task", "attempts") else "right", no_wrap=True)
        room = max(5, self._console.height - 5)
        tasks = (
            sorted(board.tasks, key=lambda task: _rank(board.of(task.id)))
            if len(board.tasks) > room
            else board.tasks
        )
        shown = {task.id for task in list(tasks)[:room]}
        for task in board.tasks:
            if task.id in shown:
                table.add_row(*self._cells(task, now))
        return Group(table, Text(summary, style="dim"), Text(LEGEND, style="dim"))

    def _cells(self, task: TaskLine, now: float) -> list[Text]:
        rows = self._board.of(task.id)
        starts = [row.started for row in rows if row.started is not None]
        ended = all(row.done for row in rows)
        last = max((row.updated or 0.0 for row in rows), default=0.0) if ended else now
        left = None if ended or not starts else remaining_seconds(self._board, self._slots, now, task.id)
        return [
            Text(task.id),
            Text(" ").join(Text(mark, style) for mark, style in map(cell, rows)),
            Text(best_score(task, rows)),
            Text(threshold(task), style="dim"),
            Text(duration(last - min(starts)) if starts else "", style="dim"),
            Text(duration(left) if left is not None else "", style="dim"),
        ]

    def _line(self, row: AttemptRow, entry: Entry) -> str:
        where = f"{row.task} attempt {row.attempt + 1}/{self._board.attempts}"
        if entry.kind is Kind.ATTEMPT:
            return f"{where}: " + (f"resumed ({row.resumed})" if row.resumed else "started")
        if entry.kind is Kind.ENDING and row.ending in (Ending.FINISHED, Ending.BUDGET, Ending.TIMEOUT):
            return ""  # its grade follows
        task = next(task for task in self._board.tasks if task.id == row.task)
        done = sum(r.done for r in self._board.all_rows)
        score = "no score" if row.score is None else f"{task.metric} {number(row.score)}"
        verdict = (
            "success" if row.success else (f"{row.ending}" if row.score is None else "below the threshold")
        )
        fault = f" ({headline(row.fault)})" if row.fault and not row.success else ""
        return f"{where}: {score}, {verdict}{fault}, {duration(row.elapsed)} [{done}/{len(self._board.rows)}]"


def cell(row: AttemptRow) -> tuple[str, str]:
    """An attempt as one character and its style."""
    if row.started is None and row.ending is None:
        return WAITING
    if not row.done:
        return RUNNING
    if row.success:
        return SUCCESS
    return SHORT if row.score is not None else FAILED


def remaining_seconds(board: Board, slots: int, now: float, task: str | None = None) -> float | None:
    """A forecast from the attempts that have ended, of the sweep or of one task; None before the first.

    A task without an ended attempt is taken to be like the mean of the others.
    """
    ended = [row for row in board.all_rows if row.done and row.elapsed > 0]
    if not ended:
        return None
    overall = sum(row.elapsed for row in ended) / len(ended)
    total, longest = 0.0, 0.0
    for line in board.tasks if task is None else [t for t in board.tasks if t.id == task]:
        own = [row.elapsed for row in ended if row.task == line.id]
        mean = sum(own) / len(own) if own else overall
        for row in board.of(line.id):
            if not row.done:
                spent = now - row.started if row.started is not None else 0.0
                left = max(mean - spent, 0.05 * mean)
                total += left
                longest = max(longest, left)
    return max(total / max(1, slots), longest)


def headline(fault: str) -> str:
    """The line of a fault that says most: the last one, where a traceback has its error."""
    plain = re.sub(r"\x1b\[[0-9;?]*[ -/]*[@-~]", "", fault)
    lines = ["".join(c for c in line if c.isprintable()).strip() for line in plain.splitlines()]
    last = next((line for line in reversed(lines) if line), "")
    return last if len(last) <= FAULT_WIDTH else last[: FAULT_WIDTH - 1] + "…"


def best_score(task: TaskLine, rows: list[AttemptRow]) -> str:
    """The best graded score, nothing while there is none."""
    pick = max if task.direction == "maximize" else min
    scores = [row.score for row in rows if row.score is not None]
    if scores:
        return number(pick(scores))
    return ""


def threshold(task: TaskLine) -> str:
    """The threshold with its direction."""
    if task.threshold is None:
        return "valid"
    return ("≥ " if task.direction == "maximize" else "≤ ") + number(task.threshold)


def number(value: float) -> str:
    """Four significant digits, without an exponent where that stays short."""
    return f"{value:.4g}"


def duration(seconds: float) -> str:
    """Seconds as 42s, 3m05s or 2h07m."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}m{rest:02d}s" if minutes < 60 else f"{minutes // 60}h{minutes % 60:02d}m"


def _rank(rows: list[AttemptRow]) -> int:
    """Running tasks first, then waiting, then ended: what a short terminal shows."""
    if all(row.done for row in rows):
        return 2
    return 0 if any(row.started is not None for row in rows) else 1
