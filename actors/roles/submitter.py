"""Readies the final script: all rows, no subsampling, every test row predicted (paper, section 3.4)."""

from __future__ import annotations

from dataclasses import dataclass

from actors.contracts import Team
from actors.roles.base import SCRIPT_CONTRACT, Role, brief_section, fenced, python_program


@dataclass(frozen=True)
class Inputs:
    """What the submitter sees."""

    brief: str
    script: str


ROLE = Role[Inputs, str](
    name="submitter",
    team=Team.EVALUATION,
    duty="You hand in the final solution.",
    instructions=f"""
Ready the script below for submission: its final model must be fitted on all labelled rows, no
subsampling of the training data may be left, and every row of the sample submission must be
predicted, with the sample's columns and ids. Change nothing else; if all of that holds, answer with
the script as it is.

{SCRIPT_CONTRACT}
""",
    render=lambda i: [brief_section(i.brief), ("Script", fenced("python", i.script))],
    parse=python_program,
)
