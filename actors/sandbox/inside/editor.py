"""The editor of a session: a window on one file, and edits that may not break a Python file.

The commands are those of SWE-agent (arXiv:2405.15793, section 3): open, goto, scroll_up,
scroll_down, create, edit, find_file, search_dir, search_file.
"""

from __future__ import annotations

import fnmatch
import os
import shlex
from collections.abc import Callable, Iterator

WINDOW = 100  # lines
FOUND = 100  # lines or files that a search shows, at most
WIDTH = 400  # characters of a line that are shown
FILE_BYTES = 4 << 20  # of a file that is opened or searched, at most
END = "end_of_edit"


class Fault(Exception):
    """A command that cannot be carried out; the message is what is printed."""


class Editor:
    """Holds which file is open and where its window stands."""

    def __init__(self) -> None:
        self._file = ""
        self._line = 1  # in the middle of the window
        self._folder = "."
        self._commands: dict[str, Callable[[list[str], str], None]] = {
            "open": self._open,
            "goto": self._goto,
            "scroll_up": lambda a, b: self._scroll(-WINDOW),
            "scroll_down": lambda a, b: self._scroll(WINDOW),
            "create": self._create,
            "edit": self._edit,
            "find_file": self._find_file,
            "search_dir": self._search_dir,
            "search_file": self._search_file,
        }

    @property
    def where(self) -> str:
        """The open file and its line, "" when none is open."""
        return f"{os.path.relpath(self._file)}, line {self._line}" if self._file else ""

    def knows(self, command: str) -> bool:
        """Whether the command is the editor's."""
        return command.split(None, 1)[:1] != [] and command.split(None, 1)[0] in self._commands

    def run(self, command: str, folder: str) -> int:
        """Carry out a command with paths relative to `folder`; returns 0, or 1 when it was refused."""
        head, _, body = command.strip().partition("\n")
        self._folder = folder
        try:
            name, *words = shlex.split(head)
            self._commands[name](words, body)
        except (Fault, OSError, ValueError) as error:
            print(error)
            return 1
        return 0

    # --- the window

    def _open(self, words: list[str], body: str) -> None:
        if len(words) not in (1, 2):
            raise Fault("usage: open PATH [LINE]")
        path = self._path(words[0])
        lines = _read(path)
        self._file, self._line = path, 1
        self._place(_number(words[1]) if len(words) == 2 else 1, len(lines))
        self._show(lines)

    def _goto(self, words: list[str], body: str) -> None:
        if len(words) != 1:
            raise Fault("usage: goto LINE")
        lines = self._lines()
        line = _number(words[0])
        if line > max(1, len(lines)):
            raise Fault(f"goto: the file has {len(lines)} lines")
        self._place(line, len(lines))
        self._show(lines)

    def _scroll(self, by: int) -> None:
        lines = self._lines()
        self._place(self._line + by, len(lines))
        self._show(lines)

    def _place(self, line: int, count: int) -> None:
        """Put the window around a line, without blank room at either end where that can be helped."""
        half = WINDOW // 2
        self._line = max(
            1, min(max(line, 1 + half), count - half + 1) if count > WINDOW else min(line, count)
        )

    def _show(self, lines: list[str]) -> None:
        first = max(0, self._line - WINDOW // 2 - 1) if len(lines) > WINDOW else 0
        last = min(len(lines), first + WINDOW)
        print(f"[File: {os.path.relpath(self._file)} ({len(lines)} lines)]")
        if first:
            print(f"({first} more lines above)")
        for number, line in enumerate(lines[first:last], first + 1):
            print(f"{number}:{_short(line)}")
        if last < len(lines):
            print(f"({len(lines) - last} more lines below)")

    # --- changes

    def _create(self, words: list[str], body: str) -> None:
        if len(words) != 1:
            raise Fault("usage: create PATH")
        path = self._path(words[0])
        if os.path.exists(path):
            raise Fault(f"create: {words[0]} exists; open it instead")
        with open(path, "x", encoding="utf-8"):
            pass
        self._file, self._line = path, 1
        self._show([])

    def _edit(self, words: list[str], body: str) -> None:
        """Replace lines A to B by the text; a Python file must still compile."""
        first, _, last = words[0].partition(":") if len(words) == 1 else ("", "", "")
        text = body.split("\n")
        if not (first and last) or text[-1].strip() != END:
            raise Fault(f"usage: edit FIRST:LAST, then the new lines, then a line {END}")
        lines = self._lines()
        start, end = _number(first), _number(last)
        if start > end or end > max(1, len(lines)):
            raise Fault(f"edit: lines {start} to {end} are not in the file, which has {len(lines)}")
        changed = [*lines[: start - 1], *text[:-1], *lines[end:]]
        if self._file.endswith(".py"):
            self._lint(lines, changed, start)
        with open(self._file, "w", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in changed))
        self._place(start, len(changed))
        self._show(changed)
        print("[The file was changed. Look whether it is as you meant it; edit again if it is not.]")

    def _lint(self, lines: list[str], changed: list[str], start: int) -> None:
        try:
            compile("".join(f"{line}\n" for line in changed), os.path.basename(self._file), "exec")
        except (SyntaxError, ValueError) as error:
            print("Your edit was NOT made: with it the file is no valid Python.")
            print(f"- line {getattr(error, 'lineno', None)}: {getattr(error, 'msg', error)}")
            print("\nThis is how it would have looked:")
            self._place(getattr(error, "lineno", None) or start, len(changed))
            self._show(changed)
            print("\nThis is the file as it is:")
            self._place(start, len(lines))
            self._show(lines)
            raise Fault("Correct the edit and make it again; the same edit will fail again.") from None

    # --- searches

    def _find_file(self, words: list[str], body: str) -> None:
        if len(words) not in (1, 2):
            raise Fault("usage: find_file NAME [FOLDER]")
        found = [p for p in _files(self._path(*words[1:])) if fnmatch.fnmatch(os.path.basename(p), words[0])]
        print(f"{len(found)} files named {words[0]}:")
        print("\n".join(os.path.relpath(path) for path in found[:FOUND]))

    def _search_dir(self, words: list[str], body: str) -> None:
        if len(words) not in (1, 2):
            raise Fault("usage: search_dir TEXT [FOLDER]")
        counts = {}
        for path in _files(self._path(*words[1:])):
            try:
                count = sum(words[0] in line for line in _read(path))
            except (Fault, OSError):
                continue  # a large or closed file is not searched
            if count:
                counts[path] = count
        print(f"{sum(counts.values())} lines with {words[0]!r} in {len(counts)} files:")
        print("\n".join(f"{os.path.relpath(p)}: {n}" for p, n in list(counts.items())[:FOUND]))

    def _search_file(self, words: list[str], body: str) -> None:
        if len(words) not in (1, 2):
            raise Fault("usage: search_file TEXT [PATH]")
        lines = _read(self._path(words[1])) if len(words) == 2 else self._lines()
        found = [(number, line) for number, line in enumerate(lines, 1) if words[0] in line]
        print(f"{len(found)} lines with {words[0]!r}:")
        print("\n".join(f"{number}:{_short(line)}" for number, line in found[:FOUND]))

    # --- files

    def _path(self, name: str = ".") -> str:
        return os.path.normpath(os.path.join(self._folder, name))

    def _lines(self) -> list[str]:
        if not self._file:
            raise Fault("no file is open: open PATH first")
        return _read(self._file)


def _read(path: str) -> list[str]:
    if not os.path.isfile(path):
        raise Fault(f"{os.path.relpath(path)} is no file")
    if os.path.getsize(path) > FILE_BYTES:
        raise Fault(f"{os.path.relpath(path)} is larger than {FILE_BYTES >> 20} MiB: use the shell")
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    return text.removesuffix("\n").split("\n") if text else []


def _files(folder: str) -> Iterator[str]:
    """The files below a folder, hidden ones left out."""
    for top, folders, names in os.walk(folder, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (os.path.join(top, name) for name in sorted(names) if not name.startswith("."))


def _number(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise Fault(f"{text!r} is no line number")
    return int(text)


def _short(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[:WIDTH]} [... {len(line) - WIDTH} more characters]"
