"""How good are a sweep's scores beside FLAML's and AutoGluon's? `python -m benchmarks.quality RUN_FOLDER`

Each peer gets the same public rows, one core, and the CPU seconds that the sweep used on the task: with
`--budget attempt` those of its median attempt, compared with the median score; with `--budget five` those of
all its attempts, compared with the best score. The clock of a peer's search counts CPU seconds; its imports
and its last fit come on top. Both peers see the same flat table (actors/agents/automl/flat.py); tasks that
have none are listed as such and are not ranked. Predictions are graded by this project's own grading.

Results are kept in RUN_FOLDER/quality-BUDGET.json as they come: an interrupted benchmark goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from scipy.stats import rankdata

from actors.errors import FiveStarError, InputError
from benchmarks.peers import PEERS, Result, environment, measure
from runners.files import write_whole
from runners.tasks.registry import builtin_tasks

LEAST = 2.0  # CPU seconds of a search
Results = dict[str, dict[str, Result]]  # task -> peer


@dataclass(frozen=True)
class Own:
    """What the sweep reached on a task, and the CPU seconds a peer gets for it."""

    task: str
    metric: str
    direction: str
    score: float | None
    seconds: float


def own_results(folder: Path, budget: str) -> list[Own]:
    """The tasks of a sweep that have ended attempts; raises InputError for a folder that holds no sweep."""
    try:
        facts = json.loads((folder / "results.json").read_text())
        attempts = pq.read_table(folder / "attempts.parquet").to_pylist()
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}: no results of a sweep can be read there: {error}") from None
    found = []
    for row in facts["per_task"]:
        mine = [a for a in attempts if a["task"] == row["task"] and a["ending"] is not None]
        scores = [a["score"] for a in mine if a["score"] is not None]
        spent = [a["cpu_seconds"] for a in mine]
        if not mine:
            continue
        if budget == "five":
            best = max if row["direction"] == "maximize" else min
            score, seconds = best(scores, default=None), sum(spent)
        else:
            score, seconds = median_score(scores, len(mine), row["direction"]), statistics.median(spent)
        found.append(Own(row["task"], row["metric"], row["direction"], score, max(LEAST, seconds)))
    return found


def median_score(scores: Sequence[float], attempts: int, direction: str) -> float | None:
    """The median attempt's score; an attempt without one counts as the worst."""
    sign = 1.0 if direction == "maximize" else -1.0
    ranked = sorted((sign * s for s in scores), reverse=True) + [None] * (attempts - len(scores))
    middle = ranked[(attempts - 1) // 2 : attempts // 2 + 1]
    known = [m for m in middle if m is not None]
    return sign * statistics.fmean(known) if len(known) == len(middle) else None


def mean_ranks(rows: Sequence[Own], results: Results, peers: Sequence[str]) -> tuple[int, list[float]]:
    """How many tasks all systems have a score on, and the mean rank there of ours and of each peer."""
    ranks = []
    for own in rows:
        scores = [own.score, *(results[own.task][peer].score for peer in peers)]
        if None not in scores:
            sign = -1.0 if own.direction == "maximize" else 1.0
            ranks.append(rankdata([sign * s for s in scores if s is not None]))
    return len(ranks), [statistics.fmean(column) for column in zip(*ranks, strict=True)]


def table(rows: Sequence[Own], results: Results, peers: Sequence[str], ours: str) -> str:
    """The Markdown table, mean ranks in its last line; the best score of a task is bold."""
    lines = [f"| task | metric | CPU s | {ours} | {' | '.join(peers)} |", "|---" * (4 + len(peers)) + "|"]
    notes = []
    for own in rows:
        scores = [own.score, *(results[own.task][peer].score for peer in peers)]
        known = [s for s in scores if s is not None]
        best = (max if own.direction == "maximize" else min)(known, default=None)
        arrow = "↑" if own.direction == "maximize" else "↓"
        shown = ["-" if s is None else f"**{s:.4g}**" if s == best else f"{s:.4g}" for s in scores]
        lines.append(f"| {own.task} | {own.metric} {arrow} | {own.seconds:.0f} | {' | '.join(shown)} |")
        faults = {peer: results[own.task][peer].fault for peer in peers if results[own.task][peer].fault}
        if faults and len(set(faults.values())) == 1:
            notes.append(f"* {own.task}: {', '.join(faults)}: {next(iter(faults.values()))}")
        else:
            notes += [f"* {own.task}: {peer}: {fault}" for peer, fault in faults.items()]
    count, ranks = mean_ranks(rows, results, peers)
    means = " | ".join(f"{rank:.2f}" for rank in ranks) or " | ".join("-" * (1 + len(peers)))
    lines.append(f"| **mean rank over {count} tasks** | | | {means} |")
    used = {peer: sum(results[own.task][peer].cpu_seconds for own in rows) for peer in peers}
    spent = ", ".join(f"{peer} {seconds:,.0f}" for peer, seconds in used.items())
    ran = [own for own in rows if any(results[own.task][peer].cpu_seconds for peer in peers)]
    given = f"CPU seconds on the {len(ran)} tasks that they ran: {sum(own.seconds for own in ran):,.0f} given"
    lines += ["", f"{given}; used, with imports and last fits: {spent}."]
    if notes:
        lines += ["", "Not ranked, since a peer has no score:", "", *notes]
    return "\n".join(lines)


def kept(path: Path) -> Results:
    """The results of an earlier run of this benchmark on the same sweep."""
    if not path.is_file():
        return {}
    stored: Mapping[str, Mapping[str, Any]] = json.loads(path.read_text())
    return {task: {peer: Result(**r) for peer, r in row.items()} for task, row in stored.items()}


def keep(path: Path, results: Results) -> None:
    """Write all results, whole."""
    plain = {task: {peer: asdict(r) for peer, r in row.items()} for task, row in results.items()}
    write_whole(path, (json.dumps(plain, indent=2) + "\n").encode())


def run(folder: Path, budget: str, peers: Sequence[str], full: bool) -> str:
    """Measure what is still missing; returns the table."""
    rows = own_results(folder, budget)
    path = folder / f"quality-{budget}{'-full' if full else ''}.json"
    results = kept(path)
    sources = {source.id: source for source in builtin_tasks(["all"])}
    rows = [own for own in rows if own.task in sources]
    python = environment(full)
    for number, own in enumerate(rows, 1):
        done = results.setdefault(own.task, {})
        for peer in peers:
            if peer in done and done[peer].given == own.seconds:
                continue
            print(f"{number}/{len(rows)} {own.task}: {peer}, {own.seconds:.0f} CPU s", file=sys.stderr)
            done[peer] = measure(sources[own.task].load(), peer, python, own.seconds)
            keep(path, results)
    ours = "median attempt" if budget == "attempt" else "best attempt"
    return table(rows, results, peers, f"FiveStar, {ours}")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__.split("\n")[0])
    parser.add_argument("run", type=Path, help="a sweep's folder, runs/NAME")
    parser.add_argument("--budget", choices=("attempt", "five"), default="attempt")
    parser.add_argument("--peers", default=",".join(PEERS), help="of " + ", ".join(PEERS))
    parser.add_argument("--full", action="store_true", help="the peers may use CatBoost too (400 MB)")
    given = parser.parse_args(arguments)
    peers = [name.strip() for name in given.peers.split(",")]
    try:
        if unknown := [name for name in peers if name not in PEERS]:
            raise InputError(f"--peers {unknown[0]}: unknown; choose of {', '.join(PEERS)}")
        text = run(given.run, given.budget, peers, given.full)
    except FiveStarError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; the same command goes on", file=sys.stderr)
        return 130
    command = f"python -m benchmarks.quality {given.run}" + (
        f" --budget {given.budget}" if given.budget != "attempt" else ""
    )
    print(f"`{command}{' --full' if given.full else ''}`")
    print(f"\n{platform.machine()}, {os.cpu_count()} cores; one core a system.\n\n{text}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
