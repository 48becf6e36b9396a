"""Picks the code block with the most leverage and a first plan (paper, section 3.2)."""

from __future__ import annotations

from dataclasses import dataclass

from actors.contracts import Team
from actors.errors import AnswerError
from actors.roles.base import (
    TEXT,
    Role,
    brief_section,
    fenced,
    json_block,
    latest_section,
    object_of,
    only_place,
)


@dataclass(frozen=True)
class Inputs:
    """What the extractor sees."""

    brief: str
    script: str
    summary: str
    refined: tuple[str, ...]  # blocks already refined


@dataclass(frozen=True)
class Target:
    """A block of the script and a plan to improve it."""

    block: str
    plan: str


def parse(text: str) -> Target:
    """Read {"block", "plan"}; raises AnswerError."""
    value = json_block(text)
    if not isinstance(value, dict) or not all(
        isinstance(value.get(k), str) and value[k].strip() for k in ("block", "plan")
    ):
        raise AnswerError('expected {"block": "...", "plan": "..."}, both non-empty strings')
    return Target(value["block"], value["plan"])


def validate(inputs: Inputs, target: Target) -> None:
    """Hold the block against the script and the history; raises AnswerError."""
    only_place(target.block, inputs.script)
    if target.block.strip() in {block.strip() for block in inputs.refined}:
        raise AnswerError("this block was refined before; pick another one")


ROLE = Role[Inputs, Target](
    name="extractor",
    team=Team.TRAINING,
    duty="You decide which part of a solution to improve next.",
    instructions="""
From the ablation summary, pick the block of code whose improvement promises most: the part that
moves the score most. Take whole consecutive lines, small enough to be rewritten at once and large
enough to matter. It must not be one of the blocks already refined. Then give a first plan to improve
it, two to five sentences, concrete and within the limits of the brief.

Answer with one ```json block and nothing else. "block" is an exact copy from the script, long enough
to stand there only once; inside the JSON string a line break is written \\n and a quote \\":
{"block": "...", "plan": "..."}
""",
    render=lambda i: [
        brief_section(i.brief),
        ("Script", fenced("python", i.script)),
        ("Ablation summary", i.summary),
        (
            "Blocks already refined",
            latest_section([fenced("python", b) for b in i.refined], "Block"),
        ),
    ],
    parse=parse,
    check=validate,
    schema=object_of(block=TEXT, plan=TEXT),
)
