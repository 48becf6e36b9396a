"""What the terminal shows, with and without a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from sweepentries import TASKS, attempt, whole_sweep

from runners.board import Board, TaskLine
from runners.progress import Progress, duration, remaining_seconds, threshold
from scratchpad.schema import to_entries
from scratchpad.store import Scratchpad


def console(terminal: bool, width: int = 100, height: int = 40) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=width, height=height, color_system=None)


def text_of(screen: Console) -> str:
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


def board_of(pad: Scratchpad) -> Board:
    board = Board(TASKS, 2)
    board.feed(to_entries(pad.snapshot()))
    return board


def test_grid_has_a_row_a_task_and_a_cell_an_attempt() -> None:
    screen = console(terminal=True)
    screen.print(Progress(screen, board_of(whole_sweep()), slots=2).grid())
    up = next(line for line in text_of(screen).splitlines() if line.startswith("up"))
    down = next(line for line in text_of(screen).splitlines() if line.startswith("down"))
    assert "✔ ○" in up
    assert "0.9" in up
    assert "≥ 0.8" in up
    assert "✘ ▶" in down
    assert "≤ 2" in down
    assert "3 of 4 attempts, 1 successes" in text_of(screen)


def test_a_short_terminal_keeps_the_running_tasks() -> None:
    tasks = [TaskLine(f"t{n:02d}", "mae", "minimize") for n in range(30)]
    pad = Scratchpad()
    for task in tasks[:20]:
        attempt(pad, task.id, 0, 1.0, True)
    board = Board(tasks, 1)
    board.feed(to_entries(pad.snapshot()))
    screen = console(terminal=True, height=15)
    screen.print(Progress(screen, board, slots=2).grid())
    lines = text_of(screen).splitlines()
    assert len(lines) <= 15
    assert any(line.startswith("t29") for line in lines)
    assert not any(line.startswith("t00") for line in lines)


def test_plain_lines_without_a_terminal() -> None:
    screen = console(terminal=False, width=40)
    board = Board(TASKS, 2)
    with Progress(screen, board, slots=2) as progress:
        for fresh in to_entries(whole_sweep().snapshot()):
            for row, entry in board.feed([fresh]):
                progress.changed(row, entry)
    lines = text_of(screen).splitlines()
    assert lines[0] == "up attempt 1/2: started"
    assert lines[1] == "up attempt 1/2: accuracy 0.9, success, 30s [1/4]"
    assert lines[3] == "up attempt 2/2: accuracy 0.5, below the threshold, 30s [2/4]"
    assert "\x1b" not in text_of(screen)


def test_a_terminal_gets_no_plain_lines_and_is_left_clean() -> None:
    screen = console(terminal=True)
    board = Board(TASKS, 2)
    with Progress(screen, board, slots=2) as progress:
        for row, entry in board.feed(to_entries(whole_sweep().snapshot())):
            progress.changed(row, entry)
    assert "started" not in text_of(screen)


def test_markup_in_what_scripts_say_is_text() -> None:
    screen = console(terminal=False)
    Progress(screen, Board(TASKS, 2), slots=1).say("[red]x[/red] [bold")
    assert text_of(screen) == "[red]x[/red] [bold\n"


def test_remaining_time_is_forecast_from_what_ended() -> None:
    assert remaining_seconds(Board(TASKS, 2), 2, now=0.0) is None
    pad = Scratchpad()
    attempt(pad, "up", 0, 0.9, True)
    board = board_of(pad)
    assert remaining_seconds(board, 1, now=0.0) == pytest.approx(90.0)  # three more of 30 s
    assert remaining_seconds(board, 3, now=0.0) == pytest.approx(30.0)
    assert remaining_seconds(board, 1, now=0.0, task="up") == pytest.approx(30.0)


@pytest.mark.parametrize(("seconds", "text"), [(0, "0s"), (59.4, "59s"), (60, "1m00s"), (3700, "1h01m")])
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_thresholds() -> None:
    assert threshold(TaskLine("t", "mae", "minimize", 1.25)) == "≤ 1.25"
    assert threshold(TaskLine("t", "r2", "maximize")) == "valid"
