"""A comparison as Markdown, under the command that wrote it and the machine it ran on."""

from __future__ import annotations

from collections.abc import Sequence

from runners.comparing import wording
from runners.comparing.comparison import Comparison
from runners.comparing.machine import Machine
from runners.progress import threshold
from runners.report.markup import bullets, cell, line, table


def comparison_markdown(comparison: Comparison, command: str, machine: Machine, guide: str = "") -> str:
    """The whole document; names of tasks and sweeps stay text. `guide` is the address of docs/agents.md."""
    parts = [
        "# Results",
        f"    {command}",
        f"Written by this command on {line(machine.line)}; {line(machine.software)}.",
        line(f"{wording.title(comparison)}."),
        *([said] if (said := _offline(comparison, guide)) else []),
        *_conditions(comparison),
        "## Sweeps",
        _sweeps(comparison),
        "## Tasks",
        _tasks(comparison),
        "## Pairs",
        bullets([f"{line(p.first)} : {line(p.second)}: {line(p.verdict)}" for p in comparison.pairs]),
        _pairs(comparison),
        "## Reading it",
        bullets(wording.reading_guide(comparison)),
        "## What all sweeps share",
        ", ".join(f"`{key}={value}`" for key, value in comparison.common.items()) or "No setting.",
    ]
    return "\n\n".join(parts) + "\n"


def _offline(comparison: Comparison, guide: str) -> str:
    link = f"[{wording.GUIDE}]({guide})" if guide else wording.GUIDE
    return line(wording.offline(comparison)).replace(wording.GUIDE, link)


def _conditions(comparison: Comparison) -> list[str]:
    rows = [f"**Not the same conditions:** {line(said)}" for said in comparison.warnings]
    rows += [f"Differs: {line(said)}" for said in comparison.notes]
    return [bullets(rows)] if rows else []


def _sweeps(comparison: Comparison) -> str:
    rates = [f"success@{rate.k}" for rate in comparison.sweeps[0].rates]
    costs = ("solved", "CPU", "CPU per success", "cost per success")
    rows = [
        [
            cell(sweep.label),
            cell(f"{sweep.sweep.name}, {sweep.sweep.model}, {sweep.sweep.profile}"),
            *(f"{wording.percent(rate.value)} ({wording.spread(rate)})" for rate in sweep.rates),
            f"{sweep.solved}/{len(sweep.tasks)}",
            wording.seconds(sweep.cpu_seconds),
            wording.seconds(sweep.cpu_seconds_per_success),
            wording.dollars(sweep),
        ]
        for sweep in comparison.sweeps
    ]
    return table(("sweep", "of", *rates, *costs), rows, numeric=(*rates, *costs))


def _tasks(comparison: Comparison) -> str:
    rows = []
    for place, task in enumerate(comparison.sweeps[0].tasks):
        leads = wording.leaders(comparison, place)
        said = [wording.figures(sweep.tasks[place]) for sweep in comparison.sweeps]
        marked = [f"**{text}**" if lead else text for text, lead in zip(said, leads, strict=True)]
        rows.append([cell(task.id), cell(task.metric), threshold(task.line), *marked])
    labels = [cell(label) for label in comparison.labels]
    return table(("task", "metric", "threshold", *labels), rows, numeric=("threshold", *labels))


def _pairs(comparison: Comparison) -> str:
    head = ("pair", "in", "effect", "95 %", "won", "tied", "lost", "p", "p (Holm)", "verdict")
    rows: list[Sequence[str]] = [
        [
            cell(f"{pair.first} : {pair.second}"),
            finding.question,
            wording.effect(finding),
            wording.effect_interval(finding),
            *(str(count) for count in (finding.wins, finding.ties, finding.losses)),
            wording.p_value(finding.p).replace("<", "&lt;"),
            wording.p_value(finding.p_holm).replace("<", "&lt;"),
            cell(wording.verdict(finding, pair.first, pair.second)),
        ]
        for pair in comparison.pairs
        for finding in pair.findings
    ]
    return table(head, rows, numeric=head[2:9])
