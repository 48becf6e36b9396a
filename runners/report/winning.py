"""Why the winner won, from the entries alone: the reporter's prose may stand beside it or be missing."""

from __future__ import annotations

from actors.contracts import TaskBrief
from actors.evaluation import at_least, standing
from runners.report.markup import figure, line
from runners.report.story import Story, Tried


def why_it_won(story: Story) -> str:
    """How the winner stands among the scored scripts, and how its submission came to be; "" without one."""
    if story.winner is None or story.submission is None:
        return ""
    said = [_counted(story), *(_ranked(story, story.winner, story.brief) if story.brief else [])]
    return " ".join(filter(None, [*said, _handed_in(story, story.winner)]))


def _counted(story: Story) -> str:
    counts = story.ending.metrics if story.ending is not None else {}
    if "evaluations" not in counts:  # an older scratchpad
        return ""
    plural = "script was" if counts["evaluations"] == 1 else "scripts were"
    return (
        f"{figure(counts['evaluations'])} {plural} evaluated, {figure(counts['failed_evaluations'])} failed."
    )


def _ranked(story: Story, winner: Tried, brief: TaskBrief) -> list[str]:
    """The winner's place, and the script that comes next to it."""
    if winner.evaluation.score is None:
        return ["The one that was handed in has no score: it failed on the validation rows."]
    scored = [t for t in story.tried if t is not winner and t.evaluation.score is not None]
    if not scored:
        return [f"{_named(winner)} is the only one with a score, {figure(winner.evaluation.score)}."]
    rival = max(scored, key=lambda t: brief.oriented(t.evaluation.score or 0.0))
    if not at_least(winner.evaluation, rival.evaluation, brief):
        return [
            f"{_named(winner)} was chosen with {figure(winner.evaluation.score)}; the best score is that of "
            f"{_named(rival)}, {figure(rival.evaluation.score)}: {_apart(rival, winner, brief)}."
        ]
    best = f"{_named(winner)} has the best score, {figure(winner.evaluation.score)}"
    if rival.evaluation.score == winner.evaluation.score:
        return [f"{best}, and {_named(rival)} has the same."]
    return [
        f"{best}. The next best, {_named(rival)}, has {figure(rival.evaluation.score)}: "
        f"{_apart(winner, rival, brief)}."
    ]


def _apart(ahead: Tried, behind: Tried, brief: TaskBrief) -> str:
    """What the folds, the same for both, say of the difference between two scores."""
    if ahead.evaluation.spread is None:
        return "with a single split nothing says whether the difference is chance"
    if standing(ahead.evaluation, behind.evaluation, brief) == "better":
        return "the difference is more than the spread over the folds explains"
    return "the difference is within the spread over the folds"


def _handed_in(story: Story, winner: Tried) -> str:
    submission = story.submission
    if submission is None:
        return ""
    if submission.title == "best so far":
        return (
            "Handed in are the predictions for the test rows that it made when it was scored; "
            "no run on all rows was handed in."
        )
    same = submission.content == winner.entry.content
    script = "The same script" if same else "Another version of its script, for all rows,"
    return f"{script} was run once more, on all rows, and its predictions were handed in."


def _named(tried: Tried) -> str:
    return f"“{line(tried.title)}” (entry {figure(tried.entry.seq)})"
