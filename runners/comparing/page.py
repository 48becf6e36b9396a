"""A comparison as one HTML file: no script, nothing loaded from elsewhere."""

from __future__ import annotations

from runners.comparing import plots, wording
from runners.comparing.comparison import Comparison
from runners.comparing.machine import Machine
from runners.progress import threshold


def comparison_page(comparison: Comparison, command: str, machine: Machine) -> str:
    """The page as HTML; whatever a sweep's files say is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    pages = Environment(
        loader=PackageLoader("runners.comparing"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return pages.get_template("comparison.html").render(
        comparison=comparison,
        command=command,
        machine=machine,
        words=wording,
        threshold=threshold,
        colors=[plots.color(place) for place in range(len(comparison.sweeps))],
        rates=plots.rate_marks(comparison),
        rate_frame=plots.RATES,
        effects=plots.effect_rows(comparison),
        effect_frame=plots.effect_frame(comparison),
        panels=plots.task_panels(comparison),
        panel_frame=plots.PANEL,
    )
