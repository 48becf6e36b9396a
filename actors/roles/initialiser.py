"""Writes a simple one-model script from a model card (paper, section 3.1)."""

from __future__ import annotations

from dataclasses import dataclass

from actors.contracts import Team
from actors.roles.base import SCRIPT_CONTRACT, Role, brief_section, python_program


@dataclass(frozen=True)
class Inputs:
    """What the initialiser sees."""

    brief: str
    notes: str
    card: str


ROLE = Role[Inputs, str](
    name="initialiser",
    team=Team.TRAINING,
    duty="You turn a model card into a first working solution.",
    instructions=f"""
Write a simple solution of the task below with the model of the card and no other: no ensemble, no
hyperparameter search. Do the data work that this model needs and that the data notes call for.

{SCRIPT_CONTRACT}
""",
    render=lambda i: [brief_section(i.brief), ("Data notes", i.notes), ("Model card", i.card)],
    parse=python_program,
)
