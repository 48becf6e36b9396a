"""The pictures of a comparison, as coordinates: success@k, effects with their intervals, scores by task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runners.comparing import wording
from runners.comparing.comparison import Comparison, Finding, Pair
from runners.progress import number

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7a5c00", "#56b4e9", "#5b5b5b", "#e69f00")
RATES = {"width": 560.0, "height": 260.0, "left": 44.0, "right": 12.0, "top": 12.0, "foot": 30.0}
PANEL = {"width": 240.0, "height": 170.0, "left": 50.0, "right": 10.0, "top": 10.0, "foot": 12.0}
EFFECTS = {"plot": 400.0, "row": 18.0, "right": 20.0, "top": 8.0, "foot": 26.0}
LETTER = 6.2  # pixels of an effect's label
APART = 7.0  # pixels between the whiskers of two sweeps at one k
MARGIN = 0.08  # of the range, kept free at either end
FAR = 3.0  # ranges that a threshold may lie away from the scores and still be drawn


@dataclass(frozen=True)
class Mark:
    """A value with its interval at a place of the picture, and what it says when pointed at."""

    x: float
    y: float
    low: float
    high: float
    color: str
    says: str


@dataclass(frozen=True)
class Row:
    """One line of the effects' picture."""

    label: str
    mark: Mark
    separated: bool


@dataclass(frozen=True)
class TaskPanel:
    """One task: every attempt's score, a column a sweep."""

    task: str
    metric: str
    arrow: str  # which direction is better
    points: tuple[Mark, ...]
    ticks: tuple[tuple[float, str], ...]
    threshold: float | None  # height of its line, None when it is far off or there is none
    missing: tuple[tuple[float, str, int], ...]  # place, colour, attempts without a score


def color(place: int) -> str:
    """A sweep's colour."""
    return COLORS[place % len(COLORS)]


def rate_marks(comparison: Comparison) -> list[list[Mark]]:
    """success@k of each sweep, k from left to right; sweeps stand a little apart."""
    frame, count = RATES, len(comparison.sweeps)
    most = len(comparison.sweeps[0].rates)
    step = (frame["width"] - frame["left"] - frame["right"]) / most

    def y(value: float) -> float:
        return round(frame["height"] - frame["foot"] - value * _inner(frame), 1)

    return [
        [
            Mark(
                round(frame["left"] + step * (rate.k - 0.5) + APART * (place - (count - 1) / 2), 1),
                y(rate.value), y(rate.low), y(rate.high), color(place),
                f"{line.label}: success@{rate.k} {wording.percent(rate.value)} ({wording.spread(rate)})",
            )
            for rate in line.rates
        ]
        for place, line in enumerate(comparison.sweeps)
    ]  # fmt: skip


def effect_frame(comparison: Comparison) -> dict[str, float]:
    """The effects' picture, as wide as its longest label needs."""
    left = LETTER * max(len(_asked(p, f)) for p in comparison.pairs for f in p.findings) + 20.0
    return {**EFFECTS, "left": left, "width": left + EFFECTS["plot"] + EFFECTS["right"]}


def effect_rows(comparison: Comparison) -> list[Row]:
    """Every finding from top to bottom, from -1 (the second is better) to 1."""
    frame = effect_frame(comparison)
    rows: list[Row] = []

    def x(value: float) -> float:
        return round(frame["left"] + (value + 1) / 2 * frame["plot"], 1)

    for pair in comparison.pairs:
        for finding in pair.findings:
            low, high = finding.interval or (finding.effect, finding.effect)
            says = f"{wording.effect(finding)} ({wording.effect_interval(finding)})"
            says += f", corrected p {wording.p_value(finding.p_holm)}"
            at = round(frame["top"] + frame["row"] * (len(rows) + 0.5), 1)
            ink = "#1c7c4a" if finding.separated else "#8a8a8a"
            mark = Mark(x(finding.effect), at, x(low), x(high), ink, says)
            rows.append(Row(_asked(pair, finding), mark, finding.separated))
    return rows


def task_panels(comparison: Comparison) -> list[TaskPanel]:
    """A picture a task that has a score."""
    panels = [_panel(comparison, place) for place in range(len(comparison.tasks))]
    return [panel for panel in panels if panel is not None]


def _panel(comparison: Comparison, place: int) -> TaskPanel | None:
    frame, task = PANEL, comparison.sweeps[0].tasks[place]
    own = [line.tasks[place] for line in comparison.sweeps]
    values = [score for figures in own for score in figures.scores]
    if not values:
        return None
    low, high, shown = _range(values, task.threshold)
    step = (frame["width"] - frame["left"] - frame["right"]) / len(own)

    def y(value: float) -> float:
        return round(frame["height"] - frame["foot"] - (value - low) / (high - low) * _inner(frame), 1)

    points, missing = [], []
    for column, (line, figures) in enumerate(zip(comparison.sweeps, own, strict=True)):
        centre = frame["left"] + step * (column + 0.5)
        for attempt, one in enumerate(figures.attempts):
            if one.score is None:
                continue
            x = centre + min(APART, step / 8) * (attempt - (len(figures.attempts) - 1) / 2)
            says = f"{line.label}, attempt {attempt}: {number(one.score)}" + (
                ", success" if one.success else ""
            )
            points.append(Mark(round(x, 1), y(one.score), 0.0, 0.0, color(column), says))
        none = len(figures.attempts) - len(figures.scores)
        if none:
            missing.append((round(centre, 1), color(column), none))
    return TaskPanel(
        task=task.id,
        metric=task.metric,
        arrow="↑" if task.direction == "maximize" else "↓",
        points=tuple(points),
        ticks=tuple((y(t), number(t)) for t in (min(values), max(values))),
        threshold=y(task.threshold) if shown and task.threshold is not None else None,
        missing=tuple(missing),
    )


def _range(values: Sequence[float], threshold: float | None) -> tuple[float, float, bool]:
    """Where a task's picture begins and ends, and whether its threshold is in it."""
    low, high = min(values), max(values)
    span = max(high - low, 0.02 * max(abs(low), abs(high)))
    shown = threshold is not None and low - FAR * span <= threshold <= high + FAR * span
    if shown and threshold is not None:
        low, high = min(low, threshold), max(high, threshold)
    pad = MARGIN * (high - low) or MARGIN * abs(high) or 1.0
    return low - pad, high + pad, shown


def _asked(pair: Pair, finding: Finding) -> str:
    return f"{pair.first} : {pair.second}, {finding.question}"


def _inner(frame: dict[str, float]) -> float:
    return frame["height"] - frame["top"] - frame["foot"]
