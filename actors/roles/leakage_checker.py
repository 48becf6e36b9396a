"""Judges whether a script lets validation or test rows leak into training (paper, section 3.4)."""

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
    must_compile,
    object_of,
    only_place,
)


@dataclass(frozen=True)
class Inputs:
    """What the leakage checker sees."""

    brief: str
    script: str
    evidence: str = ""  # printed against measured score


@dataclass(frozen=True)
class Verdict:
    """Whether a script leaks, and the repair."""

    leaky: bool
    why: str
    block: str  # exact substring of the script, "" when clean
    repaired: str  # what replaces it


def parse(text: str) -> Verdict:
    """Read {"leaky", "why", "block", "repaired"}; raises AnswerError."""
    value = json_block(text)
    if not isinstance(value, dict) or not isinstance(value.get("leaky"), bool):
        raise AnswerError('expected an object with "leaky" true or false')
    why, block, repaired = (value.get(k, "") for k in ("why", "block", "repaired"))
    if not all(isinstance(v, str) for v in (why, block, repaired)):
        raise AnswerError('"why", "block" and "repaired" must be strings')
    if value["leaky"] and not block:
        raise AnswerError('a leaky script needs "block": the offending lines, copied exactly')
    return Verdict(value["leaky"], why, block, repaired)


def repair(script: str, verdict: Verdict) -> str:
    """The script with the offending block replaced; raises AnswerError when that cannot be done."""
    only_place(verdict.block, script)
    repaired = script.replace(verdict.block, verdict.repaired, 1)
    must_compile(repaired, "the repaired script does not compile")
    return repaired


def validate(inputs: Inputs, verdict: Verdict) -> None:
    """A repair must fit the script; raises AnswerError."""
    if verdict.leaky:
        repair(inputs.script, verdict)


ROLE = Role[Inputs, Verdict](
    name="leakage_checker",
    team=Team.DATA,
    duty="You make sure that a solution's validation score can be believed.",
    instructions="""
Read the script. It leaks when the rows it validates on, or the test rows, influence what it learns:
a scaler, encoder, imputer, feature selection or vocabulary fitted on more than the training part; a
target encoding computed before the split; duplicates or one group on both sides; a feature made
from the future; an identifier that encodes the label; the model scored on rows it was fitted on.
Statistics of unlabelled test features alone are no leak when the task allows them.
If evidence is given (a printed score far better than the measured one), look until you can explain it.

Answer with one ```json block and nothing else; inside its strings a line break is written \\n and a
quote \\":
{"leaky": true or false, "why": "one sentence",
 "block": "the offending lines, an exact copy from the script that stands there only once, or empty",
 "repaired": "what must stand there instead, or empty"}
""",
    render=lambda i: [
        brief_section(i.brief),
        ("Script", fenced("python", i.script)),
        *([("Evidence", i.evidence)] if i.evidence else []),
    ],
    parse=parse,
    check=validate,
    schema=object_of(leaky={"type": "boolean"}, why=TEXT, block=TEXT, repaired=TEXT),
)
