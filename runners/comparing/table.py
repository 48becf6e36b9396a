"""A comparison in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from runners.comparing import wording
from runners.comparing.comparison import Comparison
from runners.progress import threshold


def print_comparison(console: Console, comparison: Comparison) -> None:
    """What differs, then the sweeps, the tasks and the pairs."""
    _say(console, wording.title(comparison), "bold")
    if said := wording.offline(comparison):
        _say(console, said, "dim")
    for line in comparison.warnings:
        _say(console, f"not the same conditions: {line}", "bold yellow")
    for line in comparison.notes:
        _say(console, f"differs: {line}", "dim")
    for table in (_sweeps(comparison), _tasks(comparison), _pairs(comparison)):
        console.print()
        console.print(table)
    console.print()
    _say(console, wording.legend(comparison), "dim")


def _sweeps(comparison: Comparison) -> Table:
    rates = [f"success@{rate.k}" for rate in comparison.sweeps[0].rates]
    table = _table("sweep", *rates, "solved", "CPU/success", "cost/success")
    for line in comparison.sweeps:
        table.add_row(
            Text(line.label),
            *(Text(wording.percent(rate.value), style="bold") for rate in line.rates),
            f"{line.solved}/{len(line.tasks)}",
            wording.seconds(line.cpu_seconds_per_success),
            wording.dollars(line),
        )
        table.add_row(
            Text(f"{line.sweep.name}, {line.sweep.model}, {line.sweep.profile}", style="dim"),
            *(Text(wording.spread(rate), style="dim") for rate in line.rates),
            "",
            Text(f"{wording.seconds(line.cpu_seconds)} in all", style="dim"),
            "",
        )
    return table


def _tasks(comparison: Comparison) -> Table:
    table = _table("task", "metric", "threshold", *comparison.labels)
    for place, task in enumerate(comparison.sweeps[0].tasks):
        leads = wording.leaders(comparison, place)
        cells = [
            Text(wording.figures(line.tasks[place]), style="bold" if lead else "")
            for line, lead in zip(comparison.sweeps, leads, strict=True)
        ]
        table.add_row(Text(task.id), task.metric, Text(threshold(task.line), style="dim"), *cells)
    return table


def _pairs(comparison: Comparison) -> Table:
    table = _table(
        "pair", "in", "effect", "95 %", "won", "tied", "lost", "p", "Holm", "verdict", left=("in", "verdict")
    )
    for pair in comparison.pairs:
        for place, finding in enumerate(pair.findings):
            verdict = wording.verdict(finding, pair.first, pair.second)
            table.add_row(
                Text(f"{pair.first} : {pair.second}" if place == 0 else ""),
                finding.question,
                wording.effect(finding),
                wording.effect_interval(finding),
                *(str(count) for count in (finding.wins, finding.ties, finding.losses)),
                wording.p_value(finding.p),
                wording.p_value(finding.p_holm),
                Text(verdict, style="bold green" if finding.separated else "dim"),
            )
    return table


def _table(first: str, *others: str, left: tuple[str, ...] = ("metric",)) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(Text(name), justify="left" if name in left else "right", no_wrap=True)
    return table


def _say(console: Console, line: str, style: str) -> None:
    console.print(Text(line, style=style), soft_wrap=True)
