"""The picture of a search: every script under the one that it was made from, as SVG."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from runners.report.story import Story, Tried

AGENTS = ("aide",)  # whose search is a tree; for others the scores over steps say more
INK, BAR, BEST, OFF = "#1f5f8b", "#9fb8c9", "#c8553d", "#8a8a8a"
WIDE, HIGH = 0.85, 0.75  # inches a node
LEAST = 4  # nodes that a picture is at least wide


@dataclass(frozen=True)
class Place:
    """Where a script stands: a column, which may lie between two, and a depth."""

    tried: Tried
    x: float
    depth: int
    parents: tuple[int, ...]  # places in the same list; the first is the one it hangs from


def lineage(tried: Sequence[Tried]) -> list[Place]:
    """Every script under its first parent, siblings in their order, a parent in the middle above them.

    A script without a parent among the evaluations is a root. Parents that stand later are left out.
    """
    number = {t.entry.key: n for n, t in enumerate(tried)}
    parents = [
        tuple(number[key] for key in t.entry.parents if number.get(key, n) < n) for n, t in enumerate(tried)
    ]
    children: dict[int, list[int]] = {}
    depth: list[int] = []
    for n, above in enumerate(parents):
        depth.append(depth[above[0]] + 1 if above else 0)
        if above:
            children.setdefault(above[0], []).append(n)
    x = [0.0] * len(tried)
    column = 0
    for root in (n for n, above in enumerate(parents) if not above):
        column = _spread(root, children, x, column)
    return [Place(t, x[n], depth[n], parents[n]) for n, t in enumerate(tried)]


def _spread(node: int, children: dict[int, list[int]], x: list[float], column: int) -> int:
    """Give a node and all below it their columns from `column` on; returns the next free one."""
    below = children.get(node, [])
    if not below:
        x[node] = column
        return column + 1
    for child in below:
        column = _spread(child, children, x, column)
    x[node] = (x[below[0]] + x[below[-1]]) / 2
    return column


def tree_plot(story: Story) -> bytes | None:
    """The tree of an agent that grows one; None for other agents and without any script.

    The same story gives the same bytes.
    """
    if story.opening.get("agent") not in AGENTS or not story.tried:
        return None
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    places = lineage(story.tried)
    columns = max(place.x for place in places) + 1
    rows = max(place.depth for place in places) + 1
    with matplotlib.rc_context({"svg.hashsalt": "tree", "svg.fonttype": "none", "font.size": 8}):
        size = (WIDE * max(columns, LEAST), HIGH * rows + 0.45)
        figure = Figure(figsize=size)
        figure.subplots_adjust(left=0.0, right=1.0, bottom=0.0, top=1 - 0.45 / size[1])
        FigureCanvasSVG(figure)
        _draw(figure.add_subplot(), story, places)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def _draw(axes: Any, story: Story, places: Sequence[Place]) -> None:
    for place in places:
        for rank, parent in enumerate(place.parents):
            xs, ys = (place.x, places[parent].x), (-place.depth, -places[parent].depth)
            axes.plot(xs, ys, color=BAR, lw=1.0, ls=":" if rank else "-", zorder=1)
    winner = story.winner.entry.key if story.winner is not None else ""
    looks = (
        ("scored", "o", INK, 7, [p for p in places if p.tried.evaluation.score is not None]),
        ("failed", "X", BEST, 7, [p for p in places if p.tried.evaluation.score is None]),
        ("winner", "*", BEST, 14, [p for p in places if p.tried.entry.key == winner]),
    )
    for label, marker, color, size, found in looks:
        if found:
            at = ([p.x for p in found], [-p.depth for p in found])
            axes.plot(*at, marker, color=color, ms=size, label=label, zorder=3)
    for place in places:
        score = place.tried.evaluation.score
        text = f"{place.tried.entry.seq}\n" + ("failed" if score is None else f"{score:.4g}")
        look = {"textcoords": "offset points", "ha": "center", "va": "top"}
        behind = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}  # keeps edges off the figures
        axes.annotate(
            text, (place.x, -place.depth), (0, -6), color=OFF if score is None else "k", bbox=behind, **look
        )
    columns = max(max(place.x for place in places) + 1, LEAST)
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(-max(place.depth for place in places) - 0.6, 0.4)
    axes.axis("off")
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3, frameon=False, fontsize=8)
