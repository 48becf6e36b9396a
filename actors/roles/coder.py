"""Implements a plan inside one block (paper, section 3.2)."""

from __future__ import annotations

from dataclasses import dataclass

from actors.contracts import Team
from actors.roles.base import Role, brief_section, fenced, must_compile, python_block


@dataclass(frozen=True)
class Inputs:
    """What the coder sees."""

    brief: str
    script: str
    block: str
    plan: str


def swap(script: str, block: str, replacement: str) -> str:
    """The script with `block` replaced, trailing newline kept; raises AnswerError when it breaks."""
    if not block.endswith("\n"):
        replacement = replacement.rstrip("\n")
    program = script.replace(block, replacement, 1)
    must_compile(program, "with this block the script does not compile")
    return program


def validate(inputs: Inputs, replacement: str) -> None:
    """The replacement must fit its place; raises AnswerError."""
    swap(inputs.script, inputs.block, replacement)


ROLE = Role[Inputs, str](
    name="coder",
    team=Team.TRAINING,
    duty="You rewrite one block of a solution according to a plan.",
    instructions="""
Rewrite the block so that it follows the plan. It replaces the old block at the same place in the
script: keep its indentation, the names that the rest of the script reads from it, and its imports
at hand (import inside the block what it newly needs). Do not subsample the training data and do not
change how the score is printed.

Answer with exactly one ```python block: the new block, nothing around it.
""",
    render=lambda i: [
        brief_section(i.brief),
        ("Script", fenced("python", i.script)),
        ("Block", fenced("python", i.block)),
        ("Plan", i.plan),
    ],
    parse=python_block,
    check=validate,
)
