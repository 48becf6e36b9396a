"""Mends a program that failed, by diffs (GPT-Engineer's improve step)."""

from __future__ import annotations

from dataclasses import dataclass

from actors.contracts import Team
from actors.errors import AnswerError
from actors.roles.base import Role, brief_section, cut, fenced
from actors.roles.diffs import FileDiff, apply_diffs, read_diffs
from actors.roles.program import ENTRY, ProgramFiles, check_file, render_files


@dataclass(frozen=True)
class Inputs:
    """What the improver sees."""

    brief: str
    files: ProgramFiles  # the entry point among them
    failure: str


def improved(files: ProgramFiles, diffs: tuple[FileDiff, ...]) -> ProgramFiles:
    """The program after its diffs; raises AnswerError where one does not fit or breaks a file."""
    changed = apply_diffs(dict(files), diffs)
    if ENTRY not in changed:
        raise AnswerError(f"{ENTRY} is the entry point and cannot be removed")
    for name, text in changed.items():
        check_file(name, text)
    return tuple(changed.items())


def validate(inputs: Inputs, diffs: tuple[FileDiff, ...]) -> None:
    """Every hunk must apply; raises AnswerError."""
    if improved(inputs.files, diffs) == inputs.files:
        raise AnswerError("the diffs change nothing")


ROLE = Role[Inputs, tuple[FileDiff, ...]](
    name="improver",
    team=Team.TRAINING,
    duty="You mend programs by small edits.",
    instructions="""
The program below failed. Read how it ended, its output and its traceback, find the cause and mend
it, changing no more than needed. If it ran out of time or memory, make it cheaper. If its submission
was refused, mend what the message names.

Answer with unified diffs in ```diff blocks, one block a file: `--- a/NAME` and `+++ b/NAME`
(`/dev/null` for a file that is new or goes), then hunks under `@@ -LINE,COUNT +LINE,COUNT @@`. In a
hunk every line starts with a blank (stays), `-` (goes) or `+` (comes). The lines that stay or go must
be copied exactly from the file, and be enough of them to be found at one place only; the numbers only
choose between equal places.
""",
    render=lambda i: [
        brief_section(i.brief),
        ("Files", render_files(i.files)),
        ("Failure", fenced("", cut(i.failure, 12_000, "the output"))),
    ],
    parse=read_diffs,
    check=validate,
    re_asks=2,  # hunks that do not apply
)
