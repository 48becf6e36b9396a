"""What a role's messages say: the only input that the engineer works from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from actors.briefing import read_brief
from actors.contracts import Limits, Message, TaskBrief
from actors.errors import ModelError

_FENCE = re.compile(r"^```([\w+-]*)[ \t]*\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Question:
    """One role's request, read from its messages."""

    role: str
    brief: TaskBrief
    limits: Limits
    libraries: dict[str, str]
    sections: dict[str, str]  # heading -> body, without the brief
    seed: int
    complaint: str = ""  # why an earlier answer was refused

    def section(self, name: str) -> str:
        """A section's body; a missing one is a malformed request."""
        if name not in self.sections:
            raise ModelError(f"the request to {self.role} has no section {name!r}")
        return self.sections[name]

    def code(self, name: str) -> str:
        """The first code block of a section."""
        blocks = fences(self.section(name))
        return blocks[0] if blocks else ""


def fences(text: str) -> list[str]:
    """The bodies of all code blocks."""
    return [body for _, body in _FENCE.findall(text)]


def split_sections(text: str) -> dict[str, str]:
    """`## Heading` sections, headings inside code blocks left alone."""
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    inside = False
    for line in text.splitlines():
        if line.startswith("```"):
            inside = not inside
        if line.startswith("## ") and not inside:
            current = sections.setdefault(line[3:].strip(), [])
        else:
            current.append(line)
    return {k: "\n".join(v).strip() for k, v in sections.items()}


def read_question(messages: Sequence[Message], seed: int) -> Question:
    """Read a request; raises ModelError when it is not one of this system's."""
    system = next((m.content for m in messages if m.role == "system"), "")
    user = [m.content for m in messages if m.role == "user"]
    found = re.match(r"Role: (\w+)", system)
    if not found or not user:
        raise ModelError("the offline engineer answers requests that begin with `Role: <name>` only")
    sections = split_sections(user[0])
    blocks = fences(sections.pop("Task brief", ""))
    if not blocks:
        raise ModelError("the request has no `## Task brief` section with a yaml block")
    brief, limits, libraries = _brief(blocks[0])
    complaint = user[-1] if len(user) > 1 else ""
    return Question(found[1], brief, limits, libraries, sections, seed, complaint)


# An attempt asks with the same brief a hundred times.
_brief = lru_cache(maxsize=64)(read_brief)
