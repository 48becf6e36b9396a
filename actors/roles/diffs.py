"""Unified diffs as models write them: found by their text, not by their line numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from actors.errors import AnswerError

NOTHING = "/dev/null"
_BLOCK = re.compile(r"^```(?:diff|patch)?[ \t]*\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE | re.IGNORECASE)
_HUNK = re.compile(r"@@(?: -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@.*|.*)$")


@dataclass(frozen=True)
class Hunk:
    """Lines of a file and what stands in their place afterwards."""

    line: int | None  # where the old lines should begin, 1-based
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True)
class FileDiff:
    """The hunks of one file; `old` or `new` is None for a file that comes or goes."""

    old: str | None
    new: str | None
    hunks: tuple[Hunk, ...]


def read_diffs(text: str) -> tuple[FileDiff, ...]:
    """The diffs of an answer's code blocks; raises AnswerError."""
    diffs = [diff for block in _BLOCK.findall(text) for diff in _read(block.splitlines())]
    if not diffs:
        raise AnswerError("the answer holds no ```diff block with `--- a/NAME`, `+++ b/NAME` and hunks")
    return tuple(diffs)


def apply_diffs(files: Mapping[str, str], diffs: tuple[FileDiff, ...]) -> dict[str, str]:
    """The files after all diffs; raises AnswerError naming the first hunk that does not apply."""
    changed = dict(files)
    for diff in diffs:
        if diff.old is not None and diff.old not in changed:
            raise AnswerError(f"there is no file {diff.old}; the files are {', '.join(changed)}")
        if diff.old is None and diff.new in changed:
            raise AnswerError(f"{diff.new} exists; give its lines, not {NOTHING}")
        if diff.old != diff.new and diff.new in changed:
            raise AnswerError(f"{diff.new} exists; {diff.old} cannot take its name")
        text = changed.pop(diff.old) if diff.old is not None else ""
        lines = text.removesuffix("\n").split("\n") if text else []
        for number, hunk in enumerate(diff.hunks, 1):
            lines = _applied(lines, hunk, f"hunk {number} of {diff.old or diff.new}")
        if diff.new is not None:
            changed[diff.new] = "".join(f"{line}\n" for line in lines)
    return {name: changed[name] for name in [*(n for n in files if n in changed), *_fresh(files, changed)]}


def _fresh(files: Mapping[str, str], changed: Mapping[str, str]) -> list[str]:
    return [name for name in changed if name not in files]


def _applied(lines: list[str], hunk: Hunk, what: str) -> list[str]:
    if not hunk.old:
        at = len(lines) if hunk.line is None else min(hunk.line, len(lines))
        return [*lines[:at], *hunk.new, *lines[at:]]
    size = len(hunk.old)
    places = _places(lines, hunk.old) or _places(
        [line.rstrip() for line in lines], tuple(line.rstrip() for line in hunk.old)
    )
    if not places:
        near = next((line for line in hunk.old if line not in lines), hunk.old[0])
        raise AnswerError(f"{what} does not apply: its lines do not follow each other in the file ({near!r})")
    if len(places) > 1 and hunk.line is None:
        raise AnswerError(f"{what} fits at {len(places)} places: give more lines around it")
    start = min(places, key=lambda place: abs(place + 1 - (hunk.line or 1)))
    return [*lines[:start], *hunk.new, *lines[start + size :]]


def _places(lines: list[str], old: tuple[str, ...]) -> list[int]:
    """Where lines follow each other, 0-based."""
    size = len(old)
    return [at for at in range(len(lines) - size + 1) if tuple(lines[at : at + size]) == old]


def _read(rows: list[str]) -> list[FileDiff]:
    """The diffs of one block."""
    diffs: list[FileDiff] = []
    at = 0
    while at < len(rows):
        if rows[at].startswith("--- ") and at + 1 < len(rows) and rows[at + 1].startswith("+++ "):
            old, new = _name(rows[at]), _name(rows[at + 1])
            if old is None and new is None:
                raise AnswerError(f"a diff from {NOTHING} to {NOTHING} names no file")
            hunks, at = _hunks(rows, at + 2)
            if not hunks and new is not None:
                raise AnswerError(f"the diff of {new} has no hunk that begins with @@")
            diffs.append(FileDiff(old, new, hunks))
        else:
            at += 1
    return diffs


def _name(row: str) -> str | None:
    name = row[4:].split("\t", maxsplit=1)[0].strip()
    return None if name == NOTHING else re.sub(r"^[ab]/", "", name)


def _hunks(rows: list[str], at: int) -> tuple[tuple[Hunk, ...], int]:
    hunks: list[Hunk] = []
    while at < len(rows) and (head := _HUNK.match(rows[at])):
        first = at = at + 1
        while at < len(rows) and not _HUNK.match(rows[at]) and not _next_file(rows, at):
            at += 1
        body = rows[first:at]
        while body and not body[-1]:  # between this hunk and what follows it
            body.pop()
        hunks.append(_hunk(int(head[1]) if head[1] else None, body))
    return tuple(hunks), at


def _hunk(line: int | None, body: list[str]) -> Hunk:
    wrong = next((row for row in body if row[:1] not in (" ", "-", "+", "", "\\")), None)
    if wrong is not None:
        raise AnswerError(f"a hunk's line must start with a blank, - or +, not {wrong!r}")
    # An empty line may have lost its blank.
    old = tuple(row[1:] for row in body if row[:1] in (" ", "-", ""))
    new = tuple(row[1:] for row in body if row[:1] in (" ", "+", ""))
    return Hunk(line, old, new)


def _next_file(rows: list[str], at: int) -> bool:
    return rows[at].startswith("--- ") and at + 1 < len(rows) and rows[at + 1].startswith("+++ ")
