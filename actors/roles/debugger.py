"""Repairs a script that failed, from its output and traceback (paper, section 3.4)."""

from __future__ import annotations

from dataclasses import dataclass

from actors.contracts import Team
from actors.roles.base import (
    SCRIPT_CONTRACT,
    Role,
    brief_section,
    cut,
    fenced,
    latest_section,
    python_program,
)


@dataclass(frozen=True)
class Inputs:
    """What the debugger sees."""

    brief: str
    script: str
    failure: str
    earlier: tuple[str, ...] = ()  # how the versions before it failed, a line each


ROLE = Role[Inputs, str](
    name="debugger",
    team=Team.TRAINING,
    duty="You repair programs.",
    instructions=f"""
The script below failed. Read how it ended, its output and its traceback, find the cause and repair
it, changing no more than needed and keeping the idea of the solution. If it ran out of time or
memory, make it cheaper without dropping training rows if you can. If its submission was refused, mend
what the message names. If earlier failures are listed, repairs of them led here: do not bring them
back.

{SCRIPT_CONTRACT}
""",
    render=lambda i: [
        brief_section(i.brief),
        ("Script", fenced("python", i.script)),
        ("Failure", fenced("", cut(i.failure, 12_000, "the output"))),
        *([("Earlier failures", latest_section(i.earlier, "Failure"))] if i.earlier else []),
    ],
    parse=python_program,
)
