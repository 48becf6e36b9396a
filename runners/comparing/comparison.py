"""Sweeps side by side: what each reached, and which pairs of them can be told apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from runners.comparing.differences import Difference, common, differences, shared_tasks
from runners.comparing.reading import SweepFigures, TaskFigures
from runners.comparing.statistics import advantage, holm, mcnemar_p, mean_interval, permutation_p
from runners.success import Rate, success_at, success_rates

ALPHA = 0.05  # of the whole comparison: Holm's correction spans every pair and every question
MOST_K = 5


@dataclass(frozen=True)
class SweepLine:
    """One sweep over the shared tasks."""

    label: str
    sweep: SweepFigures
    tasks: tuple[TaskFigures, ...]
    rates: tuple[Rate, ...]

    @property
    def successes(self) -> int:
        """Attempts that succeeded."""
        return sum(task.successes for task in self.tasks)

    @property
    def solved(self) -> int:
        """Tasks with a success."""
        return sum(task.successes > 0 for task in self.tasks)

    @property
    def cpu_seconds(self) -> float:
        """CPU seconds of all executions."""
        return sum(a.cpu_seconds for task in self.tasks for a in task.attempts)

    @property
    def cost(self) -> float | None:
        """Dollars; None when a call had no price."""
        costs = [a.cost for task in self.tasks for a in task.attempts]
        priced = [cost for cost in costs if cost is not None]
        return sum(priced) if len(priced) == len(costs) else None

    @property
    def cpu_seconds_per_success(self) -> float | None:
        """What a success took, failures included; None without any."""
        return self.cpu_seconds / self.successes if self.successes else None

    @property
    def cost_per_success(self) -> float | None:
        """Dollars a success, failures included; None without any or without a price."""
        return self.cost / self.successes if self.successes and self.cost is not None else None


@dataclass(frozen=True)
class Finding:
    """One question about a pair: is the first better than the second?

    The effect is the mean over tasks, above 0 where the first is better: an advantage (see
    `statistics`), or a difference of rates.
    """

    question: str
    unit: str  # advantage | rate
    effect: float
    interval: tuple[float, float] | None  # None with a single task
    values: tuple[float, ...]  # a task each
    p: float
    p_holm: float = 1.0

    @property
    def wins(self) -> int:
        """Tasks where the first is ahead."""
        return sum(value > 0 for value in self.values)

    @property
    def losses(self) -> int:
        """Tasks where the second is ahead."""
        return sum(value < 0 for value in self.values)

    @property
    def ties(self) -> int:
        """Tasks where neither is."""
        return len(self.values) - self.wins - self.losses

    @property
    def separated(self) -> bool:
        """Whether the two can be told apart."""
        return self.p_holm < ALPHA and self.effect != 0.0


@dataclass(frozen=True)
class Pair:
    """Two sweeps and every question asked of them."""

    first: str
    second: str
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> str:
        """Who is ahead in what, or that nothing separates the two."""
        ahead = [
            f"{self.first if finding.effect > 0 else self.second} ahead in {finding.question}"
            for finding in self.findings
            if finding.separated
        ]
        return "; ".join(ahead) or "cannot separate"


@dataclass(frozen=True)
class Comparison:
    """All that is shown, in every form."""

    attempts: int  # a task and sweep, the first of each
    tasks: tuple[str, ...]
    sweeps: tuple[SweepLine, ...]
    pairs: tuple[Pair, ...]
    differences: tuple[Difference, ...]
    common: Mapping[str, str]

    @property
    def labels(self) -> list[str]:
        """What the sweeps are called."""
        return [line.label for line in self.sweeps]

    @property
    def warnings(self) -> list[str]:
        """What makes it an unfair contest, a line each."""
        first = f"; of every sweep the first {self.attempts} of a task are compared"
        return [
            d.line(self.labels) + (first if d.what == "attempts" else "")
            for d in self.differences
            if d.unfair
        ]

    @property
    def notes(self) -> list[str]:
        """What else is not the same: what the contestants are."""
        return [d.line(self.labels) for d in self.differences if not d.unfair]


def compare(sweeps: Sequence[SweepFigures]) -> Comparison:
    """Compare sweeps over the tasks they share; raises InputError where they do not compare.

    Where sweeps made different numbers of attempts, the first of each count: a best of five is no
    match for a best of two.
    """
    shared = shared_tasks(sweeps)
    attempts = min(sweep.attempts for sweep in sweeps)
    lines = [
        _line(label, sweep, shared, attempts) for label, sweep in zip(_labels(sweeps), sweeps, strict=True)
    ]
    pairs = [Pair(a.label, b.label, _findings(a, b, attempts)) for a, b in combinations(lines, 2)]
    return Comparison(
        attempts=attempts,
        tasks=tuple(shared),
        sweeps=tuple(lines),
        pairs=tuple(_corrected(pairs)),
        differences=tuple(differences(sweeps, shared)),
        common=common(sweeps),
    )


def _labels(sweeps: Sequence[SweepFigures]) -> list[str]:
    """The agent where that tells them apart, otherwise the sweep's name, numbered when it comes again."""
    agents = [sweep.agent for sweep in sweeps]
    if len(set(agents)) == len(agents):
        return agents
    labels, seen = [], Counter[str]()
    for sweep in sweeps:
        seen[sweep.name] += 1
        labels.append(sweep.name if seen[sweep.name] == 1 else f"{sweep.name} ({seen[sweep.name]})")
    return labels


def _line(label: str, sweep: SweepFigures, shared: Sequence[str], attempts: int) -> SweepLine:
    tasks = tuple(
        replace(sweep.tasks[task], attempts=sweep.tasks[task].attempts[:attempts]) for task in shared
    )
    outcomes = [(attempts, task.successes) for task in tasks]
    return SweepLine(label, sweep, tasks, success_rates(outcomes, min(attempts, MOST_K)))


def _findings(a: SweepLine, b: SweepLine, attempts: int) -> tuple[Finding, ...]:
    findings = [_score_test("score of an attempt", a, b, 1)]
    if attempts > 1:
        findings.append(_score_test(f"best score of {attempts}", a, b, attempts))
    return (*findings, _success_test(a, b, attempts))


def _score_test(question: str, a: SweepLine, b: SweepLine, k: int) -> Finding:
    values = tuple(
        advantage(ours.merits(), theirs.merits(), k) for ours, theirs in zip(a.tasks, b.tasks, strict=True)
    )
    return Finding(question, "advantage", _mean(values), mean_interval(values), values, permutation_p(values))


def _success_test(a: SweepLine, b: SweepLine, attempts: int) -> Finding:
    """Tasks solved or not: yes or no a task, so that McNemar's condition of independent pairs holds."""
    values = tuple(
        success_at(attempts, ours.successes, attempts) - success_at(attempts, theirs.successes, attempts)
        for ours, theirs in zip(a.tasks, b.tasks, strict=True)
    )
    p = mcnemar_p([task.successes > 0 for task in a.tasks], [task.successes > 0 for task in b.tasks])
    return Finding(f"success@{attempts}", "rate", _mean(values), mean_interval(values), values, p)


def _corrected(pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs with Holm's p-values, over all of their findings."""
    adjusted = iter(holm([finding.p for pair in pairs for finding in pair.findings]))
    return [
        replace(pair, findings=tuple(replace(finding, p_holm=next(adjusted)) for finding in pair.findings))
        for pair in pairs
    ]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
