"""What a role is: a team, a prompt, a parser with a typed result."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import yaml

from actors.contracts import Message, Team
from actors.errors import AnswerError

In = TypeVar("In")
Out = TypeVar("Out")

PROGRAM_CONTRACT = """
- reads its data from ./input and writes ./submission.csv with the ids, the order-independent rows and
  the columns of the sample submission, one prediction for every row of it, none missing or infinite;
- works for a test file with other or more rows than today's, since it is validated that way;
- uses the installed libraries only, no network, no argument, no input from a person;
- is deterministic: fixes its seeds, runs in one process with as many threads as the brief gives cpus;
- measures itself on a hold-out of the training rows made by the brief's split rule, prints one line
  `Final Validation Performance: <score in the task's metric>`, then fits on all labelled rows;
- ends within the time and memory of the brief.
""".strip()
SCRIPT_CONTRACT = f"Answer with exactly one ```python block: a complete program that\n{PROGRAM_CONTRACT}"

PLAN_SHOWN = 2_000  # characters

_FENCE = re.compile(r"^```([\w+-]*)[ \t]*\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Role(Generic[In, Out]):
    """One specialist: how it is asked and how its answer is read."""

    name: str
    team: Team
    duty: str  # one sentence
    instructions: str  # what to do, and the contract of the answer
    render: Callable[[In], Sequence[tuple[str, str]]]  # (heading, body) sections of the user message
    parse: Callable[[str], Out]  # raises AnswerError
    check: Callable[[In, Out], None] | None = None  # holds the answer against the inputs
    web_search: bool = False
    schema: Mapping[str, Any] | None = None  # of an answer in JSON, for endpoints that can hold to one
    re_asks: int = 1  # of an answer that does not parse

    def read(self, inputs: In, text: str) -> Out:
        """The typed answer; raises AnswerError with a complaint that the model can act on."""
        answer = self.parse(text)
        if self.check is not None:
            self.check(inputs, answer)
        return answer

    def messages(self, inputs: In) -> tuple[Message, ...]:
        """The chat messages that ask this role; they carry all that an answer needs."""
        head = f"Role: {self.name} ({self.team} team)\n\n{self.duty}\n\n{self.instructions.strip()}"
        body = "\n\n".join(f"## {title}\n\n{text.strip()}" for title, text in self.render(inputs))
        return Message("system", head), Message("user", body)


def fenced(language: str, text: str) -> str:
    """A Markdown code block, with a fence that the text cannot close by accident."""
    safe = re.sub(r"^```", "` ` `", text.rstrip("\n"), flags=re.MULTILINE)
    return f"```{language}\n{safe}\n```"


def python_block(text: str) -> str:
    """The one Python program of an answer; raises AnswerError when there is none or several."""
    blocks: list[str] = [b for lang, b in _FENCE.findall(text) if lang.lower() in ("python", "py", "")]
    if not blocks:
        raise AnswerError("the answer holds no ```python block; give exactly one")
    if len(blocks) > 1:
        raise AnswerError(f"the answer holds {len(blocks)} code blocks; give exactly one")
    return blocks[0].rstrip() + "\n"


def python_program(text: str) -> str:
    """A complete program from an answer; raises AnswerError when it does not compile."""
    program = python_block(text)
    must_compile(program, "the program does not compile")
    return program


def must_compile(program: str, complaint: str) -> None:
    """Hold a program against Python's grammar; raises AnswerError: the complaint and the reason."""
    try:
        compile(program, "solution.py", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        place = "" if line is None else f"line {line}: "
        reason = getattr(error, "msg", str(error)) or "it is nested too deeply"
        raise AnswerError(f"{complaint}: {place}{reason}") from None


def without_code(text: str) -> str:
    """The prose of an answer, its code blocks cut out."""
    return _FENCE.sub("", text).strip()


def json_block(text: str) -> Any:
    """The one JSON value of an answer, fenced or bare; raises AnswerError.

    Strings may hold line breaks as they are: models that quote code often forget to escape them.
    """
    blocks = [body for language, body in _FENCE.findall(text) if language.lower() in ("json", "")]
    if len(blocks) > 1:
        raise AnswerError(f"the answer holds {len(blocks)} ```json blocks; give exactly one")
    try:
        return json.loads(blocks[0] if blocks else text, strict=False)
    except (ValueError, RecursionError) as error:
        raise AnswerError(f"the answer is not valid JSON: {error}") from None


def only_place(block: str, script: str) -> None:
    """Hold a quoted block against the script; raises AnswerError where it is not there exactly once."""
    count = script.count(block)
    if not count:
        raise AnswerError('"block" is not an exact substring of the script; copy it character by character')
    if count > 1:
        raise AnswerError(f'"block" stands in the script {count} times; quote more lines, so that it is one')


TEXT: Mapping[str, Any] = {"type": "string"}


def list_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON schema of a list."""
    return {"type": "array", "items": dict(item)}


def object_of(**properties: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON schema of an object with exactly these properties, as strict endpoints want it."""
    return {
        "type": "object",
        "properties": {name: dict(schema) for name, schema in properties.items()},
        "required": list(properties),
        "additionalProperties": False,
    }


@dataclass(frozen=True)
class Tried:
    """A plan and what came of it."""

    plan: str
    score: float | None  # None when it failed
    pending: bool = False  # it runs at this moment, beside the plan to be made
    standing: str = ""  # against the script that it was to improve; see actors/evaluation.py


def tried_section(tried: Sequence[Tried], keep: int = 30) -> str:
    """Earlier plans and scores as a YAML list, oldest first.

    Past `keep` plans the latest stay, and the first line says how many were left out; a plan is cut to
    2,000 characters.
    """
    if not tried:
        return "none yet"
    dropped = max(0, len(tried) - keep)
    head = f"# the {dropped} oldest plans are left out\n" if dropped else ""
    rows = [
        {"plan": cut(t.plan, PLAN_SHOWN, "the plan"), "score": _outcome(t)}
        | ({"against_the_script": t.standing} if t.standing else {})
        for t in tried[dropped:]
    ]
    return fenced("yaml", head + yaml.safe_dump(rows, sort_keys=False, allow_unicode=True, width=10_000))


def _outcome(tried: Tried) -> float | str:
    return "pending" if tried.pending else shown_score(tried.score)


def shown_score(score: float | None) -> float | str:
    """A validation score as prompts carry it."""
    return "failed" if score is None else float(score)


def latest_section(bodies: Sequence[str], title: str, keep: int = 10) -> str:
    """Numbered bodies, oldest first; past `keep` the latest stay, and the first line says so."""
    dropped = max(0, len(bodies) - keep)
    head = [f"The {dropped} oldest are left out."] if dropped else []
    shown = [f"### {title} {n}\n{body}" for n, body in enumerate(bodies, 1) if n > dropped]
    return "\n\n".join([*head, *shown]) or "none"


def cut(text: str, limit: int, what: str) -> str:
    """Text within `limit` characters: its first and last parts, with a line that says what was cut."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half} characters of {what} left out ...]\n{text[-half:]}"


def brief_section(brief: str) -> tuple[str, str]:
    """The section that every prompt starts with."""
    return "Task brief", fenced("yaml", brief)


def prose(text: str) -> str:
    """A plain-text answer; raises AnswerError when it is empty."""
    if not text.strip():
        raise AnswerError("the answer is empty")
    return text.strip()
