"""Works at a shell and an editor, one command a turn (SWE-agent, arXiv:2405.15793)."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from actors.contracts import Team
from actors.errors import AnswerError
from actors.roles.base import PROGRAM_CONTRACT, Role, brief_section, cut, fenced

SUBMIT = "submit"
SHOWN = 10_000  # characters of an observation
INTERACTIVE = ("vi", "vim", "nano", "emacs", "less", "more", "top", "htop", "man")
USAGE = {  # the editor's commands: how many words may follow, and what they are
    "open": (1, 2, "open PATH [LINE]"),
    "goto": (1, 1, "goto LINE"),
    "scroll_up": (0, 0, "scroll_up"),
    "scroll_down": (0, 0, "scroll_down"),
    "create": (1, 1, "create PATH"),
    "edit": (1, 1, "edit FIRST:LAST"),
    "find_file": (1, 2, "find_file NAME [FOLDER]"),
    "search_dir": (1, 2, "search_dir TEXT [FOLDER]"),
    "search_file": (1, 2, "search_file TEXT [PATH]"),
    SUBMIT: (0, 0, SUBMIT),
}
_FENCE = re.compile(r"^```[\w+-]*[ \t]*\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Turn:
    """One turn that was taken."""

    thought: str
    command: str
    observation: str


@dataclass(frozen=True)
class Inputs:
    """What the operator sees."""

    brief: str
    turns: tuple[Turn, ...]
    whole: int  # observations that are shown whole
    left: int  # turns
    seconds: float  # of one command


@dataclass(frozen=True)
class Action:
    """What to do next and why."""

    thought: str
    command: str


def parse(text: str) -> Action:
    """A thought and one command in a code block; raises AnswerError."""
    blocks = _FENCE.findall(text)
    if len(blocks) != 1:
        raise AnswerError(
            f"the answer holds {len(blocks)} code blocks; give your thought and exactly one, with one command"
        )
    thought, command = text[: text.index("```")].strip(), blocks[0].strip("\n")
    if not command.strip():
        raise AnswerError("the code block is empty; give one command")
    _check(command)
    return Action(thought, command)


def _check(command: str) -> None:
    head, _, body = command.strip().partition("\n")
    name = head.split()[0]
    if name in INTERACTIVE:
        raise AnswerError(f"{name} waits for keys, which nobody presses; use the editor's commands")
    if name not in USAGE:
        return
    least, most, usage = USAGE[name]
    try:
        words = shlex.split(head)[1:]
    except ValueError as error:
        raise AnswerError(f"{usage}: {error}") from None
    if not least <= len(words) <= most:
        raise AnswerError(f"usage: {usage}")
    if name == "edit":
        if not re.fullmatch(r"[1-9]\d*:[1-9]\d*", words[0]) or body.split("\n")[-1].strip() != "end_of_edit":
            raise AnswerError("usage: edit FIRST:LAST, then the new lines, then a line end_of_edit")
    elif body.strip():
        raise AnswerError(f"{name} stands alone; give one command a turn")


def render_history(inputs: Inputs) -> str:
    """Every turn in order; observations past the last few are elided with a line that says so."""
    if not inputs.turns:
        return "nothing yet: the shell has just been opened"
    kept = len(inputs.turns) - inputs.whole
    return "\n\n".join(_turn(number, turn, number > kept) for number, turn in enumerate(inputs.turns, 1))


def _turn(number: int, turn: Turn, whole: bool) -> str:
    lines = turn.observation.count("\n") + 1
    observation = (
        fenced("", cut(turn.observation, SHOWN, "the observation"))
        if whole
        else f"Old observation: {lines} lines left out."
    )
    return f"### Turn {number}\n\n{turn.thought}\n\n{fenced('', turn.command)}\n\n{observation}"


ROLE = Role[Inputs, Action](
    name="shell_operator",
    team=Team.TRAINING,
    duty="You solve a task at a command line, one command a turn.",
    instructions=f"""
You have a shell in a sandbox without network. Its folder, variables and functions last from turn to
turn. The task's files are in ./input. What you hand in is ./solution.py in the folder where you
start: one self-contained program that
{PROGRAM_CONTRACT}

Commands, one a turn:
- open PATH [LINE], goto LINE, scroll_up, scroll_down: a window of 100 lines on one file
- create PATH: make and open an empty file
- edit FIRST:LAST, then on the next lines the new text, then a line end_of_edit: replaces these lines of
  the open file (1:1 in an empty one). An edit after which a Python file does not compile is refused.
- find_file NAME [FOLDER], search_dir TEXT [FOLDER], search_file TEXT [PATH]
- submit: hand in ./solution.py and end
- anything else goes to bash. It has no input; nothing interactive works; a command that takes too
  long is killed.

Answer with your thought, a few sentences on what you know and what to do next, and then exactly one
code block with one command. Look at the data, write the program, run it, read the validation score
that it prints, and improve it while that is worth the time. Then submit.
""",
    render=lambda i: [
        brief_section(i.brief),
        ("Turns left", f"{i.left}; a command is killed after {i.seconds:g} seconds"),
        ("History", render_history(i)),
    ],
    parse=parse,
    re_asks=3,  # malformed actions
)
