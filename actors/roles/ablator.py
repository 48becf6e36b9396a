"""Writes the ablation study of a script (paper, section 3.2)."""

from __future__ import annotations

from dataclasses import dataclass

from actors.contracts import Team
from actors.roles.base import Role, brief_section, cut, fenced, latest_section, python_program


@dataclass(frozen=True)
class Inputs:
    """What the ablator sees."""

    brief: str
    script: str
    earlier: tuple[str, ...]  # summaries of earlier ablations


SUMMARY_SHOWN = 4_000  # characters


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
        (
            "Earlier ablations",
            latest_section([cut(s, SUMMARY_SHOWN, "the summary") for s in i.earlier], "Ablation"),
        ),
    ],
    parse=python_program,
)
