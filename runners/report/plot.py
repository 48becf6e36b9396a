"""The picture of an attempt: validation score over its scripts, as SVG."""

from __future__ import annotations

import io
from collections.abc import Sequence
from statistics import median
from typing import Any

from runners.report.story import Story, Tried

SPAN = 6.0  # times the distance from the best to the median score; what is worse lies off the scale,
SPREADS = 3.0  # unless it is within so many spreads over folds
TICKS = 20
INK, BAR, BEST, OFF = "#1f5f8b", "#9fb8c9", "#c8553d", "#8a8a8a"


def score_plot(story: Story) -> bytes | None:
    """Scores in the order of the attempt, with their spread and the best so far; None without any score.

    The same story gives the same bytes.
    """
    scored = [t for t in story.tried if t.evaluation.score is not None]
    if not scored:
        return None
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": "scores", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(7.6, 3.4))
        figure.subplots_adjust(left=0.12, right=0.985, bottom=0.14, top=0.9)  # a tight layout costs 0.1 s
        FigureCanvasSVG(figure)
        _draw(figure.add_subplot(), story, scored)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def _draw(axes: Any, story: Story, scored: Sequence[Tried]) -> None:
    places = {t.entry.key: place for place, t in enumerate(story.tried)}
    maximize = story.brief is None or story.brief.direction == "maximize"
    scores = {places[t.entry.key]: float(t.evaluation.score or 0.0) for t in scored}
    low, high = _scale(scored, maximize)
    inside = {x: y for x, y in scores.items() if low <= y <= high}
    spread = [story.tried[x].entry.metrics.get("spread", 0.0) for x in inside]
    style = {"fmt": "o", "color": INK, "ecolor": BAR, "ms": 4.5, "label": "score"}
    axes.errorbar(list(inside), list(inside.values()), yerr=spread, **style)
    off = [x for x in scores if x not in inside]
    failed = [x for x, t in enumerate(story.tried) if t.evaluation.score is None]
    worst = 0.03 if maximize else 0.97  # of the height of the axes
    for xs, marker, color, label in (
        (off, "v" if maximize else "^", OFF, "off the scale"),
        (failed, "x", BEST, "failed"),
    ):
        if xs:
            at = {"transform": axes.get_xaxis_transform(), "label": label}
            axes.plot(xs, [worst] * len(xs), marker, color=color, ms=6, **at)
    pick = max if maximize else min
    best: list[float] = []
    for x in sorted(scores):
        best.append(pick(scores[x], best[-1]) if best else scores[x])
    axes.step(
        [*sorted(scores), len(story.tried) - 1], [*best, best[-1]], where="post", color=BEST, lw=1.2,
        label="best so far",
    )  # fmt: skip
    if story.winner is not None and places[story.winner.entry.key] in inside:
        x = places[story.winner.entry.key]
        axes.plot([x], [scores[x]], "*", color=BEST, ms=13, label="winner", zorder=5)
    every = max(1, -(-len(story.tried) // TICKS))
    ticks = list(range(0, len(story.tried), every))
    axes.set_xticks(ticks, [str(story.tried[x].entry.seq) for x in ticks])
    axes.set_xlim(-0.5, len(story.tried) - 0.5)
    axes.set_xlabel("entry of the scratchpad")
    metric = story.brief.metric if story.brief is not None else "score"
    axes.set_ylabel(
        f"validation {metric}\n({'higher' if maximize else 'lower'} is better)".replace("$", r"\$")
    )
    axes.grid(axis="y", color="#e3e3e3", lw=0.7)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=5, frameon=False, fontsize=8)


def _scale(scored: Sequence[Tried], maximize: bool) -> tuple[float, float]:
    """The range that is drawn: from the best score to where one wild script no longer flattens the rest."""
    scores = [float(t.evaluation.score or 0.0) for t in scored]
    best = max(scores) if maximize else min(scores)
    spread = median(t.entry.metrics.get("spread", 0.0) for t in scored)
    span = max(SPAN * abs(best - median(scores)), SPREADS * spread)
    if span == 0.0:
        return min(scores), max(scores)
    return (max(best - span, min(scores)), best) if maximize else (best, min(best + span, max(scores)))
