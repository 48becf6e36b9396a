"""Finds provided data that a script ignores without reason (paper, section 3.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from actors.contracts import Team
from actors.roles.base import (
    PLAN_SHOWN,
    SCRIPT_CONTRACT,
    Role,
    brief_section,
    cut,
    fenced,
    latest_section,
    python_program,
)

ALL_USED = "All the provided information is used."
ABLATION = "ablation study"  # the step that is one
STEPS_SHOWN = 40  # an ensemble of the paper's two solutions comes from some thirty scripts
REPAIR = "repaired after"  # leads a step that mended a failure
_SAID = re.compile(rf"(?<!not ){re.escape(ALL_USED.rstrip('.'))}", re.IGNORECASE)


@dataclass(frozen=True)
class Inputs:
    """What the data-usage checker sees."""

    brief: str
    script: str
    lineage: tuple[str, ...] = ()  # how the script came about, a step each, oldest first


def parse(text: str) -> str | None:
    """None when everything is used, else the revised script; raises AnswerError."""
    if _SAID.search(text) and "```" not in text:
        return None
    return python_program(text)


def _steps(lineage: tuple[str, ...]) -> str:
    return latest_section([cut(step, PLAN_SHOWN, "the step") for step in lineage], "Step", STEPS_SHOWN)


ROLE = Role[Inputs, str | None](
    name="data_usage_checker",
    team=Team.DATA,
    duty="You check that a solution uses what the task provides.",
    instructions=f"""
Compare the script with the task brief: is there a provided file, column or piece of information
that it ignores although it could help? Columns that exist in training only, extra files, text and
dates are the usual ones. Ignoring an identifier, a constant or a leaking column is right. If it is
told how the script came about: what one of these steps leaves out on purpose, as a plan to be tried
or the repair of a failure does, stays out. An ablation study disables parts on purpose and writes no
submission; it stays one.

If nothing useful is ignored, answer with exactly this line: {ALL_USED}
Otherwise answer with the revised script, changed no more than needed.

{SCRIPT_CONTRACT}
""",
    render=lambda i: [
        brief_section(i.brief),
        ("Script", fenced("python", i.script)),
        *([("How it came about", _steps(i.lineage))] if i.lineage else []),
    ],
    parse=parse,
)
