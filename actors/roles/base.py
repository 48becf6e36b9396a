"""What a role is: a team, a prompt, a parser with a typed result."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import yaml

from actors.contracts import Message, Team
from actors.errors import AnswerError

In = TypeVar("In")
Out = TypeVar("Out")

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
    web_search: bool = False

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
    blocks = [body for language, body in _FENCE.findall(text) if language in ("python", "py", "")]
    if not blocks:
        raise AnswerError("the answer holds no ```python block; give exactly one")
    if len(blocks) > 1:
        raise AnswerError(f"the answer holds {len(blocks)} code blocks; give exactly one")
    return blocks[0].rstrip() + "\n"


def python_program(text: str) -> str:
    """A complete program from an answer; raises AnswerError when it does not compile."""
    program = python_block(text)
    try:
        compile(program, "solution.py", "exec")
    except SyntaxError as error:
        raise AnswerError(f"the program does not compile: line {error.lineno}: {error.msg}") from None
    return program


def json_block(text: str) -> Any:
    """The one JSON value of an answer, fenced or bare; raises AnswerError."""
    blocks = [body for language, body in _FENCE.findall(text) if language in ("json", "")]
    if len(blocks) > 1:
        raise AnswerError(f"the answer holds {len(blocks)} ```json blocks; give exactly one")
    try:
        return json.loads(blocks[0] if blocks else text)
    except ValueError as error:
        raise AnswerError(f"the answer is not valid JSON: {error}") from None


def tried_section(tried: Sequence[tuple[str, float | None]], keep: int = 20) -> str:
    """Earlier plans and scores as a YAML list, oldest first.

    Past `keep` plans the best half and the latest half stay, and the first line says how many
    were left out.
    """
    if not tried:
        return "none yet"
    kept = list(tried)
    dropped = len(kept) - keep
    head = ""
    if dropped > 0:
        latest = list(range(len(kept) - keep // 2, len(kept)))
        scored = [i for i in range(latest[0]) if kept[i][1] is not None]
        best = scored[-(keep - len(latest)) :]
        kept = [kept[i] for i in sorted({*best, *latest})]
        head = f"# {len(tried) - len(kept)} earlier plans left out\n"
    rows = [{"plan": plan, "score": "failed" if s is None else float(s)} for plan, s in kept]
    return fenced("yaml", head + yaml.safe_dump(rows, sort_keys=False, width=10_000))


def cut(text: str, limit: int, what: str) -> str:
    """Text within `limit` characters: its first and last parts, with a line that says what was cut."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half} characters of {what} left out ...]\n{text[-half:]}"
