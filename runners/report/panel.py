"""Validation against test score of one task's attempts, as coordinates of a small picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runners.board import AttemptRow, TaskLine
from runners.progress import number

WIDTH, HEIGHT = 220.0, 190.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, 10.0, 10.0, 34.0
MARGIN = 0.08  # of the range, kept free at either end
LEAST = 0.2  # range as a share of the scores, so that a small gap looks small


@dataclass(frozen=True)
class Point:
    """One attempt."""

    x: float
    y: float
    success: bool
    label: str


@dataclass(frozen=True)
class Tick:
    """A value and where it stands."""

    at: float
    label: str


@dataclass(frozen=True)
class Panel:
    """One task's picture: both axes have the same range, so the diagonal is agreement."""

    points: tuple[Point, ...]
    ticks_x: tuple[Tick, ...]
    ticks_y: tuple[Tick, ...]
    diagonal: tuple[float, float, float, float]
    threshold: float | None  # height of its line, None when it is off the picture or there is none


def panel_of(task: TaskLine, rows: Sequence[AttemptRow]) -> Panel | None:
    """The picture of the attempts that have both scores; None when none has."""
    both = [(row, row.validation_score, row.score) for row in rows]
    pairs = [(row, v, s) for row, v, s in both if v is not None and s is not None]
    if not pairs:
        return None
    values = [value for _, validation, score in pairs for value in (validation, score)]
    low, high = min(values), max(values)
    if task.threshold is not None and _near(task.threshold, low, high):
        low, high = min(low, task.threshold), max(high, task.threshold)
    middle, half = (low + high) / 2, max(high - low, LEAST * max(abs(low), abs(high))) / 2 or 1.0
    pad = MARGIN * 2 * half
    low, high = middle - half - pad, middle + half + pad

    def x(value: float) -> float:
        return round(LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT), 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)

    ticks = [low + pad, high - pad]
    line = task.threshold
    return Panel(
        points=tuple(
            Point(
                x(validation),
                y(score),
                row.success,
                f"attempt {row.attempt}: validation {number(validation)}, test {number(score)}",
            )
            for row, validation, score in pairs
        ),
        ticks_x=tuple(Tick(x(t), number(t)) for t in ticks),
        ticks_y=tuple(Tick(y(t), number(t)) for t in ticks),
        diagonal=(x(low), y(low), x(high), y(high)),
        threshold=y(line) if line is not None and low <= line <= high else None,
    )


def _near(threshold: float, low: float, high: float) -> bool:
    """Whether the threshold can be shown without squeezing the points together."""
    span = max(high - low, 0.02 * max(abs(low), abs(high)))
    return low - 3 * span <= threshold <= high + 3 * span
