"""Turns an ablation's output into the effect of each part (paper, section 3.2)."""

from __future__ import annotations

from dataclasses import dataclass

from actors.contracts import Team
from actors.roles.base import Role, brief_section, cut, fenced, prose


@dataclass(frozen=True)
class Inputs:
    """What the summariser sees."""

    brief: str
    ablation: str
    output: str


ROLE = Role[Inputs, str](
    name="summariser",
    team=Team.TRAINING,
    duty="You say in a few lines what an ablation study showed.",
    instructions="""
Read the ablation program and its output. Answer with plain text, one bullet a part, the part with
the largest effect first: the part, its score against the baseline's, and whether disabling it helped,
hurt or did nothing (mind the metric's direction). Copy numbers from the output; invent none. If the
output shows a failure instead of scores, say so in one bullet.
""",
    render=lambda i: [
        brief_section(i.brief),
        ("Ablation script", fenced("python", i.ablation)),
        ("Output", fenced("", cut(i.output, 12_000, "the output"))),
    ],
    parse=prose,
)
