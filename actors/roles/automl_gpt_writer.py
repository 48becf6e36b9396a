"""Writes the one script of a plan and its chosen configuration (AutoML-GPT, arXiv:2305.02499)."""

from __future__ import annotations

from dataclasses import dataclass

from actors.contracts import Team
from actors.roles.base import SCRIPT_CONTRACT, Role, brief_section, fenced, python_program


@dataclass(frozen=True)
class Inputs:
    """What the writer sees."""

    brief: str
    paragraph: str
    plan: str  # JSON: processing, model, settings and their predicted log


ROLE = Role[Inputs, str](
    name="automl_gpt_writer",
    team=Team.TRAINING,
    duty="You turn a finished plan into a program.",
    instructions=f"""
Write the program that the plan describes: its processing, its model and exactly its settings. Search
nothing and combine nothing; the program runs once.

{SCRIPT_CONTRACT}
""",
    render=lambda i: [
        brief_section(i.brief),
        ("Paragraph", i.paragraph),
        ("Plan", fenced("json", i.plan)),
    ],
    parse=python_program,
)
