"""Writes one script that combines the final solutions (paper, section 3.3)."""

from __future__ import annotations

from dataclasses import dataclass

from actors.contracts import Team
from actors.roles.base import SCRIPT_CONTRACT, Role, brief_section, python_program
from actors.roles.ensemble_planner import scripts_section


@dataclass(frozen=True)
class Inputs:
    """What the ensembler sees."""

    brief: str
    scripts: tuple[tuple[str, float | None], ...]
    plan: str


ROLE = Role[Inputs, str](
    name="ensembler",
    team=Team.TRAINING,
    duty="You combine finished solutions into one program.",
    instructions=f"""
Write one program that combines the scripts below as the plan says. Keep every script's data work and
model as it is unless the plan changes it; share what they have in common.

{SCRIPT_CONTRACT}
""",
    render=lambda i: [
        brief_section(i.brief),
        ("Scripts", scripts_section(i.scripts)),
        ("Plan", i.plan),
    ],
    parse=python_program,
)
