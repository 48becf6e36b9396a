"""Proposes another way to improve a block, knowing all that was tried (paper, section 3.2)."""

from __future__ import annotations

from dataclasses import dataclass

from actors.contracts import Team
from actors.roles.base import Role, Tried, brief_section, fenced, prose, shown_score, tried_section


@dataclass(frozen=True)
class Inputs:
    """What the planner sees."""

    brief: str
    script: str
    block: str
    tried: tuple[Tried, ...]
    score: float | None  # of the script as it is


ROLE = Role[Inputs, str](
    name="planner",
    team=Team.TRAINING,
    duty="You plan how to improve one block of a solution.",
    instructions="""
Propose one new plan to improve the block below. Learn from the plans tried so far, their scores
and the score of the script as it is (mind the metric's direction; "failed" means that the program
did not run, "pending" that it runs at this moment): go further where it helped, turn away from what
hurt, take what is "within the spread" of the validation folds for no difference, and do not repeat a
plan. Stay within the libraries and limits of the brief.

Answer with the plan only, two to five plain sentences without code.
""",
    render=lambda i: [
        brief_section(i.brief),
        ("Script", fenced("python", i.script)),
        ("Block", fenced("python", i.block)),
        ("Score of the script", str(shown_score(i.score))),
        ("Tried", tried_section(i.tried)),
    ],
    parse=prose,
)
