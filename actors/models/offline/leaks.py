"""One leak that was read off a program."""

from __future__ import annotations

from dataclasses import dataclass

from actors.models.offline.syntax import Edit


@dataclass(frozen=True)
class Leak:
    """What leaks, and the edits that end it."""

    why: str  # one sentence
    edits: tuple[Edit, ...]
