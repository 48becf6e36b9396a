"""Writes the ablation study of a script (paper, section 3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from actors.contracts import Team
from actors.roles.base import Role, brief_section, cut, fenced, python_program


@dataclass(frozen=True)
class Inputs:
    """What the ablator sees."""

    brief: str
    script: str
    earlier: tuple[str, ...]  # summaries of earlier ablations


def earlier_section(earlier: Sequence[str]) -> str:
    """Earlier summaries, numbered; each is cut to 4,000 characters."""
    return (
        "\n\n".join(f"### Ablation {n}\n{cut(s, 4_000, 'the summary')}" for n, s in enumerate(earlier, 1))
        or "none"
    )


ROLE = Role[Inputs, str](
    name="ablator",
    team=Team.TRAINING,
    duty="You find out by experiment which part of a solution matters.",
    instructions="""
Write an ablation study of the script below: a program that computes its validation score once as it
is, and once for each of two or three variants in which one part is disabled or altered. Choose
parts that the earlier ablations did not cover. Use the same validation rows for every variant, keep
it within the time limit of the brief (subsample equally for all variants if you must), and do not
write a submission. Print one line a variant, with the score in the task's metric:
ablation: <part> | <score> | baseline <score>

Answer with exactly one ```python block, a complete program that reads ./input.
""",
    render=lambda i: [
        brief_section(i.brief),
        ("Script", fenced("python", i.script)),
        ("Earlier ablations", earlier_section(i.earlier)),
    ],
    parse=python_program,
)
