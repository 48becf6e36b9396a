"""What an agent predicted before it ran anything."""

from __future__ import annotations

from actors.errors import AnswerError
from actors.roles import automl_gpt_planner
from runners.report.markup import cell, figure, line, table
from runners.report.story import Story

HEAD = ("settings", "epochs", "predicted train", "predicted validation", "note")


def predictions(story: Story) -> str:
    """The configurations of the plan and how their predicted logs end; empty without a readable plan."""
    answers = story.answers("automl_gpt_planner")
    try:
        plan = automl_gpt_planner.parse(answers[-1].content) if answers else None
    except AnswerError:  # an older or newer parser took it
        plan = None
    if plan is None:
        return ""
    chosen = next((e.content for e in story.entries if e.title == "configuration"), "")
    rows = [
        [
            cell(c.named()),
            figure(c.log[-1].epoch),
            figure(c.log[-1].train),
            figure(c.predicted),
            "**chosen**" if f" with {c.named()}: predicted" in chosen else "",
        ]
        for c in plan.configurations
    ]
    return (
        f"Model: {line(plan.model)}. {line(plan.why)}\n\nProcessing: {line(plan.processing)}\n\n"
        + table(HEAD, rows, HEAD[1:4])
        + "\n\nNothing here was measured: each row is where a predicted training log ends."
    )
