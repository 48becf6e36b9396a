"""The leakage checker: a static reading of any program."""

from __future__ import annotations

from collections.abc import Iterator

from actors.contracts import TaskBrief
from actors.models.offline.answers.start import as_json
from actors.models.offline.conversation import Question
from actors.models.offline.leaks import Leak
from actors.models.offline.leaks_features import feature_leaks
from actors.models.offline.leaks_fitting import fitting_leaks
from actors.models.offline.leaks_scoring import scoring_leaks
from actors.models.offline.rows import PRINTED, Rows
from actors.models.offline.syntax import Edit, Scope, Source, scopes

CLEAN = "What is learned, and the rows that it is scored on, stay apart."


def leakage_checker(question: Question) -> str:
    """The leaks that can be read off the program, with one repair for all of them."""
    text = question.code("Script")
    try:
        source = Source(text)
    except SyntaxError:
        return _answer(False, "The program does not compile; nothing can be said.")
    leaks = find_leaks(source, question.brief, harder="Evidence" in question.sections)
    while leaks:
        block, repaired = source.edited(_edits(leaks))
        if block and _compiles(text.replace(block, repaired, 1)):
            return _answer(True, " ".join(dict.fromkeys(leak.why for leak in leaks)), block, repaired)
        leaks = leaks[:-1]
    return _answer(False, CLEAN)


def find_leaks(source: Source, brief: TaskBrief, harder: bool = False) -> list[Leak]:
    """What leaks in a program, in order; `harder` looks into every function too.

    Without evidence only the module and the functions that read the data or print the score are read: in
    others it cannot be known which rows they are given.
    """
    found: list[Leak] = []
    for scope in scopes(source.tree):
        if not harder and not _may_read_or_print(source, scope):
            continue  # most functions, told apart without reading them
        rows = Rows(scope, brief)
        if not (harder or rows.reads or rows.prints):
            continue
        for kind in (scoring_leaks, feature_leaks, fitting_leaks):
            found += [leak for leak in kind(source, scope, rows, brief) if not _overlap(leak, found)]
    return found


def _may_read_or_print(source: Source, scope: Scope) -> bool:
    text = source.of(scope.function) if scope.function else source.text
    return "read_" in text or PRINTED in text


def _overlap(leak: Leak, found: list[Leak]) -> bool:
    taken = _edits(found)
    return any(a.start < b.end and b.start < a.end for a in leak.edits for b in taken if a != b)


def _edits(leaks: list[Leak]) -> list[Edit]:
    def all_edits() -> Iterator[Edit]:
        for leak in leaks:
            yield from leak.edits

    return list(dict.fromkeys(all_edits()))


def _compiles(text: str) -> bool:
    try:
        compile(text, "solution.py", "exec")
    except SyntaxError:
        return False
    return True


def _answer(leaky: bool, why: str, block: str = "", repaired: str = "") -> str:
    return as_json({"leaky": leaky, "why": why, "block": block, "repaired": repaired})
