"""Writes the entry point of a program of several files (GPT-Engineer's second step)."""

from __future__ import annotations

from dataclasses import dataclass

from actors.contracts import Team
from actors.roles.base import Role, brief_section, python_program
from actors.roles.program import ENTRY, ProgramFiles, render_files


@dataclass(frozen=True)
class Inputs:
    """What the entry writer sees."""

    brief: str
    files: ProgramFiles


ROLE = Role[Inputs, str](
    name="entry_writer",
    team=Team.TRAINING,
    duty="You make programs start.",
    instructions=f"""
Below are the modules of a program. Write its entry point {ENTRY}: `python {ENTRY}`, started in
the folder of the modules without arguments, must run the whole program. Import what there is and
repeat none of it.

Answer with exactly one ```python block: the whole of {ENTRY}.
""",
    render=lambda i: [brief_section(i.brief), ("Files", render_files(i.files))],
    parse=python_program,
)
