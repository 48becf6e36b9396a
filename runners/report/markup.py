"""Text of models and scripts inside Markdown: shown, never obeyed."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

_TAG = re.compile(r"<(?=[A-Za-z/!?])")  # where CommonMark may begin HTML or an autolink
_ESCAPE_CODE = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


def inert(text: str) -> str:
    """Text whose HTML, pictures and control characters stay text; other Markdown stays Markdown."""
    plain = _ESCAPE_CODE.sub("", text)
    plain = "".join(c if c.isprintable() or c == "\n" else " " for c in plain)
    return _TAG.sub("&lt;", plain).replace("![", "!\\[").replace("](", "]\\(")


def cell(text: str, width: int = 160) -> str:
    """One line of a table, cut between words."""
    return inert(textwrap.shorten(text, width, placeholder=" …")).replace("|", "\\|")


def line(text: str) -> str:
    """Text as one line of a list or paragraph."""
    return inert(" ".join(text.split()))


def quoted(text: str) -> str:
    """Text as a block quote."""
    return "\n".join(f"> {row}".rstrip() for row in inert(text).strip().splitlines())


def bullets(rows: Sequence[str]) -> str:
    """A list."""
    return "\n".join(f"- {row}" for row in rows)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[str] = ()) -> str:
    """A table; the columns named in `numeric` are set flush right."""
    marks = ["---:" if name in numeric else "---" for name in head]
    return "\n".join("| " + " | ".join(row) + " |" for row in [list(head), marks, *rows])


def figure(value: float | None) -> str:
    """A number as the scratchpad has it, in its shortest exact form; a dash for none.

    Nothing in an attempt's report is rounded or computed, so each number can be searched for in its
    entries.
    """
    if value is None:
        return "–"
    return repr(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(value)
