"""SWE-Agent's operator: an engineer at a shell, whose only memory is the history.

It looks at the files, writes a first program and runs it; then it makes one change after the other
and takes back what does not improve the printed score. Its notes stand in its thoughts, because old
observations are elided.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace

from actors.models.offline.answers.finish import repaired
from actors.models.offline.answers.start import chosen_steps
from actors.models.offline.composing import candidates, compose, ranked_members
from actors.models.offline.conversation import Question, fences
from actors.models.offline.editing import Edit, apply_edit
from actors.models.offline.options import interleave, member_edits, pipeline_edits, untried
from actors.models.offline.script import read_script, render
from actors.roles.base import fenced

LOOK, CREATE, OPEN, SUBMIT = "ls input", "create solution.py", "open solution.py", "submit"
RUN = "python solution.py"
KEEP, TAKE_BACK = "cp solution.py kept.py", "cp kept.py solution.py"
CHANGES = 8  # tried at most
IN_VAIN = 4  # changes in a row after which it stops
REPAIRS = 5  # of one program
TURNS_OF_A_CHANGE = 4  # edit, run, keep or take back; and one to submit
EDITED = "[The file was changed."
_TURN = re.compile(r"^### Turn \d+$", re.MULTILINE)
_BEST = re.compile(r"best so far: (\S+)\.")
_PRINTED = re.compile(r"Final Validation Performance:\s*(\S+)")
_ENDED = re.compile(r"^\[(exit code \d+|\w+: .*)\]$", re.MULTILINE)


@dataclass(frozen=True)
class Turn:
    """One turn as the history shows it."""

    thought: str
    command: str
    observation: str | None  # None when it is elided


@dataclass(frozen=True)
class Desk:
    """What the history comes to."""

    phase: str = ""  # the last command that took effect: "edit", or one of those above
    text: str = ""  # of solution.py
    kept: str = ""  # of kept.py, the best so far
    best: float | None = None  # score that the kept text printed
    output: str = ""  # of the last run, while it is shown
    repairs: int = 0  # edits since a program last ran well
    changes: int = 0  # that were run
    vain: int = 0  # of these, taken back in a row
    ran: frozenset[str] = frozenset()  # every text that was run
    refused: bool = False  # the last edit did not take effect


def shell_operator(question: Question) -> str:
    """The next thought and command."""
    turns = read_turns(question.section("History"))
    desk = read_desk(turns)
    thought, command = next_action(question, desk, [turn.thought for turn in turns])
    return f"{thought}\n\n{fenced('', command)}"


def read_turns(history: str) -> list[Turn]:
    """Every turn, oldest first."""
    turns = []
    for piece in _TURN.split(history)[1:]:
        blocks = fences(piece)
        shown = blocks[1] if len(blocks) > 1 else None
        turns.append(Turn(piece[: piece.index("```")].strip(), blocks[0].rstrip("\n"), shown))
    return turns


def read_desk(turns: list[Turn]) -> Desk:
    """Fold the turns; whether an old edit took effect shows in what was done next."""
    desk = Desk()
    for number, turn in enumerate(turns):
        after = turns[number + 1].command if number + 1 < len(turns) else ""
        if turn.command.startswith("edit "):
            refused = after == OPEN or (turn.observation is not None and EDITED not in turn.observation)
            desk = replace(desk, refused=refused) if refused else edited(desk, turn.command)
        elif turn.command == KEEP:
            found = _BEST.findall(turn.thought)
            best = float(found[-1]) if found else desk.best
            desk = replace(desk, phase=KEEP, kept=desk.text, best=best, vain=0, repairs=0)
        elif turn.command == TAKE_BACK:
            desk = replace(desk, phase=TAKE_BACK, text=desk.kept, vain=desk.vain + 1, repairs=0)
        elif turn.command == RUN:
            changes = desk.changes + (desk.kept != "" and desk.repairs == 1)
            output = turn.observation or ""
            desk = replace(desk, phase=RUN, output=output, changes=changes, ran=desk.ran | {desk.text})
        elif turn.command in (LOOK, CREATE):
            desk = replace(desk, phase=turn.command)
        elif turn.command == OPEN:
            desk = replace(desk, refused=False)
    return desk


def edited(desk: Desk, command: str) -> Desk:
    """The desk after an edit that took effect."""
    head, *body = command.split("\n")
    first, last = (int(n) for n in head.removeprefix("edit ").split(":"))
    lines = desk.text.removesuffix("\n").split("\n") if desk.text else []
    changed = [*lines[: first - 1], *body[:-1], *lines[last:]]
    text = "".join(f"{line}\n" for line in changed)
    return replace(desk, phase="edit", text=text, repairs=desk.repairs + 1, refused=False)


def next_action(question: Question, desk: Desk, thoughts: list[str]) -> tuple[str, str]:
    """What to do at this point, and why."""
    if desk.refused:
        return "The edit was refused. I open the file again before I repeat it.", OPEN
    plain = {
        "": ("I look at what there is before I write anything.", LOOK),
        LOOK: ("The brief says how the files are read. I start the solution.", CREATE),
        "edit": ("I run it and read the score that it prints.", RUN),
    }
    if desk.phase in plain:
        return plain[desk.phase]
    if desk.phase == CREATE:
        return begun(question)
    return judged(question, desk) if desk.phase == RUN else changed(question, desk, thoughts)


def begun(question: Question) -> tuple[str, str]:
    """A first program of one model."""
    member = ranked_members(question.brief, question.seed)[0]
    steps = chosen_steps(question)
    text = render(compose(question.brief, question.limits, question.seed, [member], steps))
    return f"I write a first program with one model, `{member.name}`.", edit_command("", text)


def judged(question: Question, desk: Desk) -> tuple[str, str]:
    """What to do about a program that has run."""
    ended = _ENDED.findall(desk.output)
    printed = _PRINTED.findall(desk.output)
    if ended or not printed:
        if desk.repairs <= REPAIRS:
            text = mended(question, desk.text, f"status: {ended[-1] if ended else 'ok'}\n{desk.output}")
            if text != desk.text:
                return "It failed. I mend what the output points at.", edit_command(desk.text, text)
        if desk.kept:
            return "It still fails. I go back to the version that works.", TAKE_BACK
        return "It still fails, and I know no more repairs.", SUBMIT
    score = float(printed[-1])
    if desk.best is None or question.brief.oriented(score) > question.brief.oriented(desk.best):
        return f"It runs; its score is the best so far: {score!r}. I keep a copy.", KEEP
    return f"It scores {score!r}, which is no better than {desk.best!r}. I take it back.", TAKE_BACK


def mended(question: Question, text: str, failure: str) -> str:
    """The program with the smallest change that takes out what the failure points at."""
    script = read_script(text)
    if script is None:
        members = candidates(question.brief, "member")[:1]
        return render(compose(question.brief, question.limits, question.seed, members))
    return render(repaired(question, script, failure))


def changed(question: Question, desk: Desk, thoughts: list[str]) -> tuple[str, str]:
    """The next change of the best program, or the end."""
    left = int(question.section("Turns left").split(";")[0])
    if desk.changes >= CHANGES or desk.vain >= IN_VAIN:
        return "Further changes promise little. I hand in the best version.", SUBMIT
    if left <= TURNS_OF_A_CHANGE:
        return "There are too few turns for another change. I hand in the best version.", SUBMIT
    for edit in ideas(question, desk.text, thoughts):
        text = with_edit(desk.text, edit)
        if text not in desk.ran:
            return f"{edit.sentence()} This was not tried yet.", edit_command(desk.text, text)
    return "Everything that the program offers was tried. I hand in the best version.", SUBMIT


def ideas(question: Question, text: str, thoughts: list[str]) -> list[Edit]:
    """The edits that no thought has named, best guess first."""
    script = read_script(text)
    if script is None:
        return []
    shaker = random.Random(f"{question.seed} {question.role}")
    tuning = interleave(member_edits(script, member, shaker) for member in script.members)
    return untried(interleave([pipeline_edits(script, question.brief, shaker), tuning]), thoughts)


def with_edit(text: str, edit: Edit) -> str:
    """A program after one edit."""
    script = read_script(text)
    return text if script is None else render(apply_edit(script, edit))


def edit_command(before: str, after: str) -> str:
    """The editor's command that turns one text into another, over the lines that differ."""
    old, new = before.split("\n")[:-1], after.split("\n")[:-1]
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    start = max(0, min(start, len(old) - 1))  # the editor replaces one line at least
    end = 0
    while end < min(len(old), len(new)) - start - 1 and old[-1 - end] == new[-1 - end]:
        end += 1
    last = max(len(old) - end, 1)
    return "\n".join([f"edit {start + 1}:{last}", *new[start : len(new) - end], "end_of_edit"])
