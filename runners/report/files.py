"""The files of an attempt's report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from runners.files import write_whole
from runners.report.attempt import PLOT, attempt_report
from runners.report.plot import score_plot
from runners.report.story import tell
from scratchpad.records import Entry

REPORT = "report.md"


def write_report(folder: Path, entries: Sequence[Entry]) -> None:
    """Write report.md, and the plot that it shows, from one attempt's entries."""
    story = tell(entries)
    plot = score_plot(story)
    if plot is not None:
        write_whole(folder / PLOT, plot)
    write_whole(folder / REPORT, attempt_report(story, plot is not None).encode("utf-8", "replace"))
