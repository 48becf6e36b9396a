"""Grafts a second solution into the base and averages the two (paper, section 3.1)."""

from __future__ import annotations

from dataclasses import dataclass

from actors.contracts import Team
from actors.roles.base import SCRIPT_CONTRACT, Role, brief_section, fenced, python_program, shown_score


@dataclass(frozen=True)
class Inputs:
    """What the merger sees."""

    brief: str
    base: str
    other: str
    base_score: float | None
    other_score: float | None


ROLE = Role[Inputs, str](
    name="merger",
    team=Team.TRAINING,
    duty="You combine two working solutions into one.",
    instructions=f"""
Take the base script and graft the other script's model into it: keep the base's structure and data
work, train the other model beside the base's, and average their predictions (a weighted or rank
average where that suits the metric and their validation scores). Keep it one simple program; do not
drop either model.

{SCRIPT_CONTRACT}
""",
    render=lambda i: [
        brief_section(i.brief),
        ("Base script", fenced("python", i.base)),
        ("Other script", fenced("python", i.other)),
        ("Scores", f"base: {shown_score(i.base_score)}, other: {shown_score(i.other_score)}"),
    ],
    parse=python_program,
)
