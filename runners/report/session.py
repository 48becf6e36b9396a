"""What an attempt did at its shell, a command a row."""

from __future__ import annotations

import json
from typing import Any

from runners.report.markup import cell, figure, table
from runners.report.story import Story
from scratchpad.records import Entry, Kind

THOUGHT = 200  # characters that are shown
HEAD = ("entry", "thought", "command", "ended", "seconds")


def session(story: Story) -> str:
    """The table of commands, "" for an attempt that had no shell."""
    rows, thought = [], ""
    for entry in story.entries:
        if entry.kind is Kind.ASK and entry.role == "shell_operator":
            thought = entry.content.partition("```")[0]
        facts = _command(entry)
        if facts is not None:
            rows.append(
                [
                    figure(entry.seq),
                    cell(thought, THOUGHT),
                    cell(entry.title),
                    cell(facts["detail"] or facts["status"]),
                    figure(entry.seconds),
                ]
            )
    return table(HEAD, rows, ("entry", "seconds")) if rows else ""


def _command(entry: Entry) -> dict[str, Any] | None:
    if entry.kind is not Kind.EXECUTION or not entry.content:
        return None
    facts: dict[str, Any] = json.loads(entry.content)
    return facts if "command" in facts else None
