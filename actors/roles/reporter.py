"""Writes what an attempt did in prose; tables and plots are made from the scratchpad."""

from __future__ import annotations

import re
from dataclasses import dataclass

from actors.contracts import Team
from actors.errors import AnswerError
from actors.roles.base import Role, brief_section, fenced, prose


@dataclass(frozen=True)
class Inputs:
    """What the reporter sees."""

    brief: str
    digest: str  # YAML: steps, scores, verdicts and the winner of this attempt


def check_numbers(inputs: Inputs, text: str) -> None:
    """Every number of the prose must stand in the digest; raises AnswerError naming those that do not.

    Numbers are compared by value, without sign. Only what counts nothing is not held to it: list numbers,
    ordinals (1st), digits inside a name (R2, fold_3) and those that name a place (fold 2, class 1).
    """
    known = {_value(found) for shape in (_PLAIN, _DIGITS) for found in re.findall(shape, inputs.digest)}
    invented = [
        found[0] + found[1]
        for found in _STANDING_NUMBER.findall(_PLACE.sub("", _LIST_NUMBER.sub("", text)))
        if _value(found[0]) not in known
    ]
    if invented:
        raise AnswerError(
            f"the digest has no {', '.join(dict.fromkeys(invented))}; "
            "copy numbers from the digest exactly as they stand there, write small counts in words, or write "
            "the sentence without one"
        )


_PLAIN = r"\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?"
_STANDING_NUMBER = re.compile(rf"(?<![\w.])({_DIGITS})(?!\d|\.\d|(?:st|nd|rd|th)\b)(\s?%)?")
_LIST_NUMBER = re.compile(r"^\s*\d{1,2}[.)]\s", re.MULTILINE)
_PLACE = re.compile(r"\b(?:fold|class|step) \d{1,2}(?![\w,%-]|\.\d| ?%| of\b)", re.IGNORECASE)


def _value(number: str) -> float:
    return float(number.replace(",", ""))


ROLE = Role[Inputs, str](
    name="reporter",
    team=Team.REPORTING,
    duty="You write the report of one attempt for an engineer who has to trust it or not.",
    instructions="""
Write three short Markdown sections from the attempt's digest below, with these headings and nothing
else: "### Why the winner won", "### What was learnt", "### Risks". Be concrete: name models, plans
and effects. Every number that you write must stand in the digest exactly as you write it; do not
compute new ones, and write small counts in words. Under risks name what could make the test score
fall short: leakage verdicts, disagreement of folds, printed scores that differ from measured ones,
small data, shift.
""",
    render=lambda i: [brief_section(i.brief), ("Attempt", fenced("yaml", i.digest))],
    parse=prose,
    check=check_numbers,
)
