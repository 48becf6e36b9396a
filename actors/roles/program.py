"""A program of several files, as prompts and answers spell it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from actors.errors import AnswerError
from actors.roles.base import fenced, must_compile

ENTRY = "solution.py"
RESERVED = ("submission.csv", "report.md", "scores.svg")  # what an attempt's folder holds besides
ProgramFiles = tuple[tuple[str, str], ...]

_FILE = re.compile(r"^### ([^\n]+?)[ \t]*\n+```[\w+-]*[ \t]*\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)


def render_files(files: Sequence[tuple[str, str]]) -> str:
    """Each file under its name; a text that holds fences has them opened up."""
    kinds = {".py": "python", ".json": "json", ".yaml": "yaml"}
    return "\n\n".join(
        f"### {name}\n\n{fenced(kinds.get(PurePosixPath(name).suffix, ''), text)}" for name, text in files
    )


def read_files(text: str) -> ProgramFiles:
    """The files of an answer in its order; raises AnswerError."""
    found = [(name.strip("` "), body) for name, body in _FILE.findall(text)]
    if not found:
        raise AnswerError("the answer holds no file; give each as a line `### NAME` and then its code block")
    names = [name for name, _ in found]
    for name in names:
        if names.count(name) > 1:
            raise AnswerError(f"the answer holds {name} more than once")
    for name, body in found:
        check_file(name, body)
    return tuple(found)


def check_file(name: str, text: str) -> None:
    """A file must have a plain name of its own, and compile if it is Python; raises AnswerError."""
    path = PurePosixPath(name)
    plain = re.fullmatch(r"[\w./-]+", name) and not path.is_absolute() and str(path) == name
    if not plain or any(part.startswith(".") for part in path.parts):
        raise AnswerError(f"{name!r} is no plain file name inside the work folder")
    if name in RESERVED or path.parts[0] == "input":
        raise AnswerError(f"{name} is taken by the system; choose another name")
    if path.suffix == ".py":
        must_compile(text, f"{name} does not compile")


def without_entry(files: Mapping[str, str]) -> ProgramFiles:
    """The files that stand beside the entry point."""
    return tuple((name, text) for name, text in files.items() if name != ENTRY)
