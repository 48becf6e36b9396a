"""What an attempt tried, with scores."""

from __future__ import annotations

from runners.report.markup import cell, figure, table
from runners.report.story import Story, Tried


def trials(story: Story, picture: str = "") -> str:
    """The table of every script that was evaluated, under a picture of the scores if there is one."""
    if not story.tried:
        return "No script was evaluated."
    head = ("entry", "step", "score", "spread", "printed", "note")
    best: Tried | None = None
    rows = []
    for tried in story.tried:
        improved = _improves(story, tried, best)
        best = tried if improved else best
        rows.append(
            [
                figure(tried.entry.seq),
                cell(tried.title),
                figure(tried.evaluation.score) if tried.evaluation.score is not None else "failed",
                figure(tried.entry.metrics.get("spread")),
                figure(tried.evaluation.printed),
                _note(story, tried, improved),
            ]
        )
    shown = f"![validation score over steps]({picture})\n\n" if picture else ""
    return (
        shown
        + table(head, rows, ("entry", "score", "spread", "printed"))
        + "\n\n`score` is what the harness measured on rows whose labels the script never had, unless "
        "validation is printed; `spread` is the standard deviation over folds; `printed` is what the "
        "script said of itself; `entry` is its row in the scratchpad. Numbers are copied from there as "
        "they are."
    )


def _improves(story: Story, tried: Tried, best: Tried | None) -> bool:
    score = tried.evaluation.score
    if score is None or story.brief is None:
        return False
    if best is None or best.evaluation.score is None:
        return True
    return story.brief.oriented(score) > story.brief.oriented(best.evaluation.score)


def _note(story: Story, tried: Tried, improved: bool) -> str:
    notes = []
    if story.winner is not None and tried.entry.key == story.winner.entry.key:
        notes.append("**winner**")
    elif improved:
        notes.append("best so far")
    if tried.entry.metrics.get("starts") == 0:
        notes.append("the same program as an earlier one, not run anew")
    if tried.suspicious:
        notes.append("**printed far better than measured**")
    if tried.evaluation.failure is not None:
        notes.append(cell(why_failed(tried.evaluation.failure)))
    return "; ".join(notes)


def why_failed(failure: str) -> str:
    """The status and the line that says most: the last one, where a traceback has its error."""
    rows = [row.strip() for row in failure.splitlines() if row.strip()]
    if not rows:
        return "failed"
    refused = [row for row in rows if row.startswith("submission refused: ")]
    said = [row for row in rows[1:] if not row.startswith("--- ")]
    return "; ".join(dict.fromkeys([rows[0].removeprefix("status: "), *(refused or said[-1:])]))
