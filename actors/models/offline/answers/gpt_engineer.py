"""GPT-Engineer's three roles: a program in modules, its entry point, repairs as diffs."""

from __future__ import annotations

import difflib
import re

from actors.models.offline.answers.finish import repaired
from actors.models.offline.answers.start import chosen_steps, different_members, python
from actors.models.offline.composing import candidates, compose
from actors.models.offline.conversation import Question, fences
from actors.models.offline.script import ORDER, Script, read_script, render
from actors.roles.base import fenced
from actors.roles.program import ENTRY, read_files, render_files

PARTS, PIPELINE = "parts.py", "pipeline.py"
MEMBERS = 3  # averaged: as many as the first search of a team of agents tries
_TASK = "# %% task and pipeline\n"
_START = re.compile(r'^if __name__ == "__main__":\n    (.+)\n?\Z', re.MULTILINE)


def modules(script: Script) -> dict[str, str]:
    """A script in three files: the functions, the choice among them, the entry point."""
    functions, _, rest = render(script).partition(_TASK)
    start = _START.search(rest)
    assert start is not None
    used = ["Task", *dict.fromkeys(name for part in ORDER for name in script.parts[part])]
    pipeline = f'"""The task, and which functions solve it."""\n\nfrom parts import {", ".join(used)}\n\n'
    entry = (
        f'"""{script.title}"""\n\nfrom parts import solve\nfrom pipeline import {", ".join(("TASK", *ORDER))}'
    )
    return {
        PARTS: functions.rstrip() + "\n",
        PIPELINE: pipeline + _TASK + rest[: start.start()].rstrip() + "\n",
        ENTRY: f'{entry}\n\nif __name__ == "__main__":\n    {start[1]}\n',
    }


def whole(files: dict[str, str]) -> Script | None:
    """The script that `modules` took apart; None for somebody else's program."""
    if not {PARTS, PIPELINE, ENTRY} <= set(files):
        return None
    choice = files[PIPELINE].partition(_TASK)[2]
    return read_script(f"{files[PARTS]}\n\n{choice}")


def first_program(question: Question) -> dict[str, str]:
    """The most promising models side by side, with what the brief calls for."""
    members = different_members(question, MEMBERS)
    return modules(compose(question.brief, question.limits, question.seed, members, chosen_steps(question)))


def file_writer(question: Question) -> str:
    """Every module of the first program."""
    files = [(name, text) for name, text in first_program(question).items() if name != ENTRY]
    brief = question.brief
    assumed = (
        f"Assumptions: {', '.join(brief.target)} is to be predicted for every row of the sample submission; "
        f"a validation split of kind {brief.split.kind} stands for the test rows."
    )
    return f"{assumed}\n\n{render_files(files)}"


def entry_writer(question: Question) -> str:
    """The call of `solve` with the parts that the pipeline names."""
    files = dict(read_files(question.section("Files")))
    script = whole({**files, ENTRY: ""})
    if script is None:
        module = next(name for name in files if name.endswith(".py")).removesuffix(".py")
        return python(f"import {module.replace('/', '.')}\n")
    return python(modules(script)[ENTRY])


def improver(question: Question) -> str:
    """Diffs from the failed program to one with the part at fault replaced, made cheaper or taken out."""
    before = dict(read_files(question.section("Files")))
    script = whole(before)
    failure = "\n".join(fences(question.section("Failure"))) or question.section("Failure")
    if script is None:
        members = candidates(question.brief, "member")[:1]
        after = modules(compose(question.brief, question.limits, question.seed, members))
    else:
        after = modules(repaired(question, script, failure))
    return "\n\n".join(
        fenced("diff", diff) for name in after if (diff := unified(name, before.get(name), after[name]))
    )


def unified(name: str, before: str | None, after: str) -> str:
    """A unified diff, "" when nothing changes."""
    old = "/dev/null" if before is None else f"a/{name}"
    rows = difflib.unified_diff(
        (before or "").splitlines(), after.splitlines(), old, f"b/{name}", lineterm="", n=3
    )
    return "\n".join(rows)
