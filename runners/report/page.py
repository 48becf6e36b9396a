"""report.html of a sweep: one file, no script, nothing loaded from elsewhere."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from runners.board import AttemptRow, Board, TaskLine
from runners.files import write_whole
from runners.progress import best_score, cell, duration, headline, number, threshold
from runners.report.files import REPORT
from runners.report.panel import BOTTOM as FOOT
from runners.report.panel import HEIGHT, LEFT, RIGHT, TOP, WIDTH, Panel, panel_of
from runners.results import sweep_seconds
from runners.settings import SweepConfig
from runners.success import success_rates

PAGE = "report.html"
_KINDS = {"✔": "success", "○": "short", "✘": "failed", "▶": "running", "·": "waiting"}


@dataclass(frozen=True)
class AttemptCell:
    """One attempt as the page shows it."""

    row: AttemptRow
    mark: str
    kind: str
    folder: str  # relative URL
    files: tuple[str, ...]
    fault: str


@dataclass(frozen=True)
class TaskBlock:
    """One task and its attempts."""

    line: TaskLine
    cells: tuple[AttemptCell, ...]
    best: str
    threshold: str
    successes: int
    panel: Panel | None

    @property
    def begun(self) -> bool:
        """Whether the table of attempts has a row for it."""
        return any(cell.kind != "waiting" for cell in self.cells)


def render_page(config: SweepConfig, board: Board) -> str:
    """The page as HTML; whatever a task, script or model said is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    pages = Environment(
        loader=PackageLoader("runners.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {"number": number, "duration": duration, "money": _money}
    rows = board.all_rows
    return pages.get_template("sweep.html").render(
        config=config,
        board=board,
        blocks=[_block(board, task) for task in board.tasks],
        rates=success_rates(board.successes(), board.attempts),
        rows=rows,
        seconds=sweep_seconds(board, running=False),
        unpriced=sum(row.unpriced_calls for row in rows),
        started=_when(rows),
        isolation=sorted({row.isolation for row in rows} - {""}),
        frame={"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": RIGHT, "top": TOP, "foot": FOOT},
    )


def write_page(config: SweepConfig, board: Board) -> None:
    """Write the sweep's report.html."""
    write_whole(config.folder / PAGE, render_page(config, board).encode("utf-8", "replace"))


def _block(board: Board, task: TaskLine) -> TaskBlock:
    rows = board.of(task.id)
    return TaskBlock(
        line=task,
        cells=tuple(_cell(row) for row in rows),
        best=best_score(task, rows),
        threshold=threshold(task),
        successes=sum(row.success for row in rows),
        panel=panel_of(task, rows),
    )


def _cell(row: AttemptRow) -> AttemptCell:
    mark, _ = cell(row)
    files = [(REPORT, row.done), ("solution.py", bool(row.script)), ("submission.csv", bool(row.submission))]
    return AttemptCell(
        row=row,
        mark=mark,
        kind=_KINDS[mark],
        folder=f"attempts/{quote(row.task, safe='')}/{row.attempt}",
        files=tuple(name for name, there in files if there),
        fault=headline(row.fault or ""),
    )


def _when(rows: Sequence[AttemptRow]) -> str:
    starts = [row.started for row in rows if row.started is not None]
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(min(starts))) if starts else "not started"


def _money(dollars: float) -> str:
    return f"${dollars:.2f}" if dollars >= 0.01 or dollars == 0 else f"${dollars:.4f}"
