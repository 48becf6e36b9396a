"""Can validation scores be believed? `python -m benchmarks.validation RUN_FOLDER...` prints a table.

Every distinct candidate that finished sweeps evaluated is graded on the private answers, by the test
predictions of its run on the first fold, and compared with its validation score and with what it printed.
Without folders a small sweep is run first. Answers stay in this process.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from scipy.stats import spearmanr

from actors.errors import InputError
from runners.grading import form_of, grade
from runners.tasks.registry import TaskSource, builtin_tasks
from runners.tasks.task import Task
from scratchpad.errors import ScratchpadError
from scratchpad.records import Entry, Kind
from scratchpad.schema import to_entries
from scratchpad.store import Scratchpad

SWEEP = ("+tasks=quick", "attempts=2", "tracker=none")
FEWEST = 4  # candidates of a task: fewer say nothing of a correlation


@dataclass(frozen=True)
class Candidate:
    """One script: its scores turned so that larger is better."""

    task: str
    validation: float
    printed: float
    test: float


@dataclass(frozen=True)
class Agreement:
    """How some score agrees with the test score."""

    rank: float | None  # Spearman; None where either is constant or candidates are few
    gap: float  # mean of score minus test: above zero is too good
    share: float  # the gap as a share of the mean test score's size


def candidates(folder: Path, sources: dict[str, TaskSource], tasks: dict[str, Task]) -> list[Candidate]:
    """The distinct graded candidates of a sweep; raises InputError for a folder without a scratchpad."""
    try:
        store = Scratchpad.open(folder / "scratchpad", read_only=True)
    except (ScratchpadError, OSError) as error:
        raise InputError(f"{folder}: no scratchpad of a sweep can be read there: {error}") from None
    try:
        entries = [e for e in to_entries(store.snapshot()) if e.kind is Kind.EVALUATION]
        distinct = {(e.task, e.content_hash): e for e in entries if usable(e) and e.task in sources}
        found = []
        for entry in distinct.values():
            if entry.task not in tasks:
                tasks[entry.task] = sources[entry.task].load()
            made = candidate(entry, tasks[entry.task], store.get_blob)
            found += [made] if made is not None else []
        return found
    finally:
        store.close()


def usable(entry: Entry) -> bool:
    """Whether a candidate was scored by the harness, printed a score and left test predictions."""
    harness = entry.metrics.get("folds", 0) > 0
    return harness and entry.score is not None and "printed" in entry.metrics and bool(entry.attachments)


def candidate(entry: Entry, task: Task, blob: Callable[[str], bytes]) -> Candidate | None:
    """A candidate with its test score; None when its predictions cannot be graded."""
    graded = grade(task, form_of(task, task.sample), blob(entry.attachments["submission.csv"]), 0.0)
    if graded.score is None or entry.score is None:
        return None
    sign = 1.0 if task.spec.direction == "maximize" else -1.0
    return Candidate(entry.task, sign * entry.score, sign * entry.metrics["printed"], sign * graded.score)


def agreement(scores: Sequence[float], tests: Sequence[float]) -> Agreement:
    """Compare scores with test scores of the same candidates."""
    gap = statistics.fmean(s - t for s, t in zip(scores, tests, strict=True))
    size = abs(statistics.fmean(tests))
    return Agreement(rank_correlation(scores, tests), gap, gap / size if size else float("nan"))


def rank_correlation(a: Sequence[float], b: Sequence[float]) -> float | None:
    """Spearman's coefficient."""
    if len(a) < FEWEST or len(set(a)) == 1 or len(set(b)) == 1:
        return None
    return float(spearmanr(a, b).statistic)


def standardised(scores: Sequence[float]) -> list[float]:
    """Mean zero and deviation one, or zeros."""
    mean, spread = statistics.fmean(scores), statistics.pstdev(scores)
    return [(s - mean) / spread if spread else 0.0 for s in scores]


def rows_of(found: Sequence[Candidate], metrics: dict[str, str]) -> list[tuple[str, ...]]:
    """A row a task, then one over all."""
    rows: list[tuple[str, ...]] = []
    pooled: dict[str, list[float]] = {"validation": [], "printed": [], "test": []}
    both: list[tuple[Agreement, Agreement]] = []
    for task in sorted({c.task for c in found}):
        own = [c for c in found if c.task == task]
        tests = [c.test for c in own]
        pair = (agreement([c.validation for c in own], tests), agreement([c.printed for c in own], tests))
        both.append(pair)
        rows.append((task, metrics[task], str(len(own)), *shown(pair[0]), *shown(pair[1])))
        if len(own) >= FEWEST:
            for name, values in list(pooled.items()):
                pooled[name] = values + standardised([getattr(c, name) for c in own])
    cells: list[str] = []
    for place, name in enumerate(("validation", "printed")):
        rank = rank_correlation(pooled[name], pooled["test"])
        shares = [abs(pair[place].share) for pair in both]
        cells += [number(rank), "", f"{statistics.median(shares):.1%} (median size)"]
    rows.append(("all", "standardised", str(len(found)), *cells))
    return rows


def shown(found: Agreement) -> tuple[str, str, str]:
    """The cells of one comparison."""
    return number(found.rank), f"{found.gap:+.4g}", f"{found.share:+.1%}"


def number(value: float | None) -> str:
    return "-" if value is None else f"{value:+.2f}"


def markdown(rows: Sequence[tuple[str, ...]]) -> str:
    """The table in Markdown."""
    heads = ["task", "metric", "candidates"]
    heads += [f"{name} {what}" for name in ("validation", "printed") for what in ("rank", "gap", "gap %")]
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def small_sweep(folder: Path) -> Path:
    """Run the quick tasks; raises CalledProcessError."""
    command = [sys.executable, "-m", "runners.bench", *SWEEP, f"runs={folder}", "name=validation"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder / "validation"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path, nargs="*", help="folders of finished sweeps")
    parser.add_argument("--json", type=Path, help="also write every candidate's three scores there")
    options = parser.parse_args()
    sources = {source.id: source for source in builtin_tasks(["all"])}
    tasks: dict[str, Task] = {}
    with tempfile.TemporaryDirectory() as name:
        folders = options.runs or [small_sweep(Path(name))]
        try:
            every = [c for folder in folders for c in candidates(folder, sources, tasks)]
        except InputError as error:
            sys.exit(str(error))
    found = list(dict.fromkeys(every))  # sweeps with one seed share candidates
    if not found:
        sys.exit("no candidate of a built-in task has validation, printed and test scores in these folders")
    if options.json:
        options.json.write_text(json.dumps([vars(c) for c in found], indent=1))
    rows = rows_of(found, {task: sources[task].spec.metric for task in tasks})
    console = Console(width=200)
    console.print(markdown(rows), markup=False)
    console.print(
        "\nrank: Spearman within the task, over all: of scores standardised within tasks. gap: mean of score"
        " minus test score, above zero is too good; as a share of the test score's size.",
        markup=False,
    )


if __name__ == "__main__":
    main()
