"""The files of an attempt's report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from runners.files import write_whole
from runners.report.attempt import PLOT, TREE, attempt_report
from runners.report.plot import score_plot
from runners.report.story import tell
from runners.report.tree import tree_plot
from scratchpad.records import Entry

REPORT = "report.md"


def write_report(folder: Path, entries: Sequence[Entry]) -> None:
    """Write report.md, and the pictures that it shows, from one attempt's entries."""
    story = tell(entries)
    pictures = {PLOT: score_plot(story), TREE: tree_plot(story)}
    drawn = {name: picture for name, picture in pictures.items() if picture is not None}
    for name, picture in drawn.items():
        write_whole(folder / name, picture)
    text = attempt_report(story, plot=PLOT in drawn, tree=TREE in drawn)
    write_whole(folder / REPORT, text.encode("utf-8", "replace"))
