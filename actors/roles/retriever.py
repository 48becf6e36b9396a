"""Proposes the M models to start from (paper, section 3.1)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from actors.contracts import Team
from actors.errors import AnswerError
from actors.roles.base import TEXT, Role, brief_section, fenced, json_block, list_of, object_of


@dataclass(frozen=True)
class Inputs:
    """What the retriever sees."""

    brief: str
    notes: str
    count: int


@dataclass(frozen=True)
class ModelCard:
    """One model worth trying."""

    name: str
    why: str
    code: str  # example code

    def rendered(self) -> str:
        """The card as later prompts carry it."""
        return fenced("json", json.dumps(asdict(self), indent=1, ensure_ascii=False))


def parse(text: str) -> tuple[ModelCard, ...]:
    """Read a list of {"name", "why", "code"}; raises AnswerError.

    Structured output knows objects only, so that the list may come as {"models": [...]}.
    """
    value = json_block(text)
    if isinstance(value, dict):
        value = value.get("models")
    if not isinstance(value, list) or not value:
        raise AnswerError("expected a non-empty list of model cards")
    cards = []
    for position, card in enumerate(value, 1):
        if not isinstance(card, dict) or not all(
            isinstance(card.get(k), str) for k in ("name", "why", "code")
        ):
            raise AnswerError(f'model card {position} must hold the strings "name", "why" and "code"')
        cards.append(ModelCard(card["name"], card["why"], card["code"]))
    names = [c.name for c in cards]
    if len(set(names)) < len(names):
        raise AnswerError("two model cards have the same name; propose different models")
    return tuple(cards)


ROLE = Role[Inputs, tuple[ModelCard, ...]](
    name="retriever",
    team=Team.TRAINING,
    duty="You know which models win on which kind of task.",
    instructions="""
Propose the models that are most likely to score best on the task below, most promising first. They
must differ in kind, so that an average of them gains something; they must run with the libraries
listed in the brief, without network and without downloaded weights, within the time, memory and
CPU limits given there. Suit them to the metric, the size of the data and the data notes.

Answer with one ```json block and nothing else, a list with exactly as many cards as asked for:
[{"name": "short unique name", "why": "one sentence", "code": "a few lines of example Python"}]
""",
    render=lambda i: [brief_section(i.brief), ("Data notes", i.notes), ("Count", str(i.count))],
    parse=parse,
    web_search=True,
    schema=object_of(models=list_of(object_of(name=TEXT, why=TEXT, code=TEXT))),
)
