"""How figures of a comparison are written, the same in the terminal, in Markdown and on the page."""

from __future__ import annotations

from runners.comparing.comparison import ALPHA, Comparison, Finding, SweepLine
from runners.comparing.reading import TaskFigures
from runners.comparing.statistics import advantage
from runners.progress import number
from runners.success import Rate

NONE = "–"
GUIDE = "docs/agents.md"


def title(comparison: Comparison) -> str:
    """What is compared, in one line."""
    tasks = len(comparison.tasks)
    return (
        f"{len(comparison.sweeps)} sweeps over {tasks} shared task{'s' if tasks != 1 else ''}, "
        f"{comparison.attempts} attempt{'s' if comparison.attempts != 1 else ''} each"
    )


def offline(comparison: Comparison) -> str:
    """What a comparison under the offline model shows and does not show; "" where none was under it."""
    labels = [line.label for line in comparison.sweeps if line.sweep.offline]
    if not labels:
        return ""
    return (
        f"Under the offline model ({', '.join(labels)}) this shows how far a search gets with proposals from "
        f"one catalogue, not how well an agent uses a language model: see {GUIDE}."
    )


def percent(share: float) -> str:
    """A share."""
    return f"{100 * share:.1f} %"


def spread(rate: Rate) -> str:
    """The interval of a rate."""
    return f"{100 * rate.low:.0f}-{100 * rate.high:.0f} %"


def effect(finding: Finding) -> str:
    """The effect in its unit: an advantage from -1 to 1, or percentage points."""
    return _signed(finding, finding.effect) + (" pt" if finding.unit == "rate" else "")


def effect_interval(finding: Finding) -> str:
    """The interval of the effect."""
    if finding.interval is None:
        return NONE
    low, high = (_signed(finding, end) for end in finding.interval)
    return f"{low} to {high}"


def p_value(p: float) -> str:
    """A p-value: two digits, none below what anybody needs."""
    return "<0.0001" if p < 0.0001 else f"{p:.2g}" if p < 0.1 else f"{p:.2f}"


def verdict(finding: Finding, first: str, second: str) -> str:
    """Who is ahead, or that this question separates nobody."""
    if not finding.separated:
        return "cannot separate"
    return f"{first if finding.effect > 0 else second} ahead"


def figures(task: TaskFigures) -> str:
    """Best and mean score and successes of one task."""
    return f"{best(task)} ({mean(task)}) {successes(task)}"


def best(task: TaskFigures) -> str:
    """The best score of one task."""
    return NONE if task.best is None else number(task.best)


def mean(task: TaskFigures) -> str:
    """The mean of the scores of one task."""
    return NONE if task.mean is None else number(task.mean)


def successes(task: TaskFigures) -> str:
    """How many attempts at one task succeeded."""
    return f"{task.successes}/{len(task.attempts)}"


def seconds(value: float | None) -> str:
    """CPU seconds."""
    return NONE if value is None else f"{value:,.1f} s" if value < 100 else f"{value:,.0f} s"


def dollars(line: SweepLine) -> str:
    """Dollars a success."""
    if line.cost is None:
        return "no price"
    return NONE if line.cost_per_success is None else f"${line.cost_per_success:.4g}"


def leaders(comparison: Comparison, place: int) -> list[bool]:
    """Whose best score of a task is the best of all, a sweep each."""
    merits = [max(line.tasks[place].merits()) for line in comparison.sweeps]
    return [merit != float("-inf") and advantage([merit], [max(merits)], 1) == 0.0 for merit in merits]


def legend(comparison: Comparison) -> str:
    """The shortest of what the figures mean."""
    return (
        "task: best (mean) score, successes/attempts; effect: advantage from -1 to 1, or points of success, "
        f"over tasks; Holm: p corrected for {_count(comparison)} tests, told apart below {ALPHA:g}"
    )


def reading_guide(comparison: Comparison) -> list[str]:
    """What the figures mean, a paragraph each."""
    k = comparison.attempts
    return [
        "success@k is the unbiased estimate that one of k attempts succeeds, averaged over tasks. Its 95 % "
        f"interval is Wilson's over tasks at k = {k}, a bootstrap over tasks below; without "
        "width it says that all tasks agree, not that the rate is certain. An attempt without a submission, "
        "or that has not ended, is a failure.",
        f"Scores of tasks: best (mean) successes/attempts; the best score of {k} is marked.",
        "Advantage: how much likelier the first is to win a task than to lose it, from -1 to 1, over all "
        f"pairs of attempts (score of an attempt) or by the best score of {k}; metrics have no common unit, "
        "so by how much is not in it. No score is below every score. Wins, ties and losses count tasks.",
        "p: on scores a permutation test that flips the signs of tasks, on success McNemar's exact test; "
        f"Holm's correction spans all {_count(comparison)} tests here. "
        f"“Cannot separate” is a corrected p of {ALPHA:g} or more: not that the two are equal.",
        "Cost and CPU seconds per success are those of all compared attempts, failures included, over the "
        "attempts that succeeded. CPU seconds are those of executed scripts.",
    ]


def _count(comparison: Comparison) -> int:
    return sum(len(pair.findings) for pair in comparison.pairs)


def _signed(finding: Finding, value: float) -> str:
    return f"{100 * value:+.1f}" if finding.unit == "rate" else f"{value:+.2f}"
