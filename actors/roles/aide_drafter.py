"""Writes one first solution, unlike those before it (AIDE, arXiv:2502.13138)."""

from __future__ import annotations

from dataclasses import dataclass

from actors.contracts import Team
from actors.errors import AnswerError
from actors.roles.base import (
    SCRIPT_CONTRACT,
    Role,
    Tried,
    brief_section,
    python_program,
    tried_section,
    without_code,
)


@dataclass(frozen=True)
class Inputs:
    """What the drafter sees."""

    brief: str
    tried: tuple[Tried, ...]


@dataclass(frozen=True)
class Proposal:
    """A plan and the program that follows it."""

    plan: str
    script: str


def parse(text: str) -> Proposal:
    """Read a plan in prose and one ```python block; raises AnswerError."""
    script = python_program(text)
    plan = " ".join(without_code(text).split())
    if not plan:
        raise AnswerError("the answer has no plan; write a few sentences before the program")
    return Proposal(plan, script)


ROLE = Role[Inputs, Proposal](
    name="aide_drafter",
    team=Team.TRAINING,
    duty="You draft a first solution from which a search can start.",
    instructions=f"""
Think of one sound solution of the task below and write it. Keep it plain, one model without ensemble
or hyperparameter search; it must differ from every solution tried so far in the model or in how the
data is prepared ("failed" means that the program did not run).

First the plan: three to five sentences, no heading, without code. Then the program.

{SCRIPT_CONTRACT}
""",
    render=lambda i: [brief_section(i.brief), ("Tried", tried_section(i.tried))],
    parse=parse,
    re_asks=2,
)
