"""Writes every file of a solution in one reply (GPT-Engineer's first step)."""

from __future__ import annotations

from dataclasses import dataclass

from actors.contracts import Team
from actors.errors import AnswerError
from actors.roles.base import PROGRAM_CONTRACT, Role, brief_section
from actors.roles.program import ENTRY, ProgramFiles, read_files


@dataclass(frozen=True)
class Inputs:
    """What the file writer sees."""

    brief: str


def parse(text: str) -> ProgramFiles:
    """The files, of which one is Python and none the entry point; raises AnswerError."""
    files = read_files(text)
    names = [name for name, _ in files]
    if ENTRY in names:
        raise AnswerError(f"{ENTRY} is the entry point, which is written next; leave it out")
    if not any(name.endswith(".py") for name in names):
        raise AnswerError("none of the files is a Python module")
    return files


ROLE = Role[Inputs, ProgramFiles](
    name="file_writer",
    team=Team.TRAINING,
    duty="You write whole programs, file by file.",
    instructions=f"""
Solve the task below with a Python program of several modules, each with one duty: reading the data,
features, models, validation, writing the predictions, say. Nobody can answer a question: where the
task leaves something open, assume what is most sensible, and say so. Think first about the modules,
their functions and how they fit together. Then write every file in full, without a placeholder; one
of them holds a function that does it all. The entry point {ENTRY}, which only calls that
function, is written afterwards.

The program
{PROGRAM_CONTRACT}

Answer with a short paragraph "Assumptions:", and then for every file a line `### NAME` and under it
its whole content in one code block.
""",
    render=lambda i: [brief_section(i.brief)],
    parse=parse,
)
