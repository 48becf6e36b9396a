"""Plans how to combine the final solutions (paper, section 3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from actors.contracts import Team
from actors.roles.base import Role, Tried, brief_section, fenced, prose, shown_score, tried_section


@dataclass(frozen=True)
class Inputs:
    """What the ensemble planner sees."""

    brief: str
    scripts: tuple[tuple[str, float | None], ...]  # (script, validation score)
    tried: tuple[Tried, ...]


def scripts_section(scripts: Sequence[tuple[str, float | None]]) -> str:
    """The solutions to combine, numbered, with their scores."""
    return "\n\n".join(
        f"### Script {n}, score {shown_score(score)}\n\n{fenced('python', script)}"
        for n, (script, score) in enumerate(scripts, 1)
    )


ROLE = Role[Inputs, str](
    name="ensemble_planner",
    team=Team.TRAINING,
    duty="You plan how to combine finished solutions into a better one.",
    instructions="""
Propose one plan to ensemble the scripts below (with a single script: to strengthen it by seeds,
bagging or a second model of its own). Averages, weighted averages, rank averages, stacking with
out-of-fold predictions, and a choice by sub-population are the usual ways. Learn from the plans
tried so far and their scores (against the best script; "within the spread" of the validation folds is
no difference), mind the metric's direction, do not repeat a plan, and stay within the time limit of
the brief.

Answer with the plan only, two to five plain sentences without code.
""",
    render=lambda i: [
        brief_section(i.brief),
        ("Scripts", scripts_section(i.scripts)),
        ("Tried", tried_section(i.tried)),
    ],
    parse=prose,
)
