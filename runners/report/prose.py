"""The reporter's prose, cut into the sections that its role is asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from runners.report.markup import inert
from runners.report.story import Story

_HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)


@dataclass(frozen=True)
class Prose:
    """What the reporter wrote; empty where it wrote nothing."""

    won: str
    learnt: str
    risks: str


def sections(story: Story) -> Prose:
    """The three sections; prose under other headings, or none, stands with the winner."""
    asked = story.last_ask("reporter")
    if asked is None:
        return Prose("No prose: the reporter was not asked.", "", "")
    if asked.error is not None:
        return Prose("No prose: the reporter gave no usable answer.", "", "")
    pieces = _HEADING.split(asked.content)
    found = {"won": [inert(pieces[0]).strip()], "learnt": [], "risks": []}
    for heading, body in zip(pieces[1::2], pieces[2::2], strict=True):
        name = heading.strip().casefold()
        if "learnt" in name or "learned" in name:
            found["learnt"].append(inert(body).strip())
        elif "risk" in name:
            found["risks"].append(inert(body).strip())
        else:
            known = "won" in name
            found["won"].append(("" if known else f"**{inert(heading)}**\n\n") + inert(body).strip())
    return Prose(*("\n\n".join(filter(None, found[key])) for key in ("won", "learnt", "risks")))
