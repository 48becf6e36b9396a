"""The check that every number of a report.md stands in an entry of its attempt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from scratchpad.records import Entry, Kind
from scratchpad.schema import to_entries
from scratchpad.store import Scratchpad

# A minus after a word, a number or a closing sign joins (co2-3y, 0.25-0.75); elsewhere it is a sign.
NUMBER = re.compile(r"(?:(?<![\w.)\]%])-)?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
DIGEST = re.compile(r"\b[0-9a-f]{32,64}\b")
PROGRAM = re.compile(r"```python\n.*?```", re.DOTALL)
TIMES = ("elapsed",)  # metrics that tell when, which no report shows


def numbers(text: str) -> list[str]:
    """The numbers of a text as they are written, with their signs and without those inside a hash."""
    return NUMBER.findall(DIGEST.sub("", text))


def known(entries: Iterable[Entry]) -> set[float]:
    """Every number of the entries that a report may show.

    Keys, hashes, parents, positions, digests of blobs and times prove nothing, nor do programs, whose
    digits are many; and the reporter's own words do not prove themselves.
    """
    texts = (text for entry in entries if entry.title != "report" for text in _texts(entry))
    return {float(number) for text in texts for number in numbers(text)}


def _texts(entry: Entry) -> list[str]:
    shown = [entry.sweep, entry.task, entry.title, entry.error or "", *entry.attachments]
    if entry.kind not in (Kind.EVALUATION, Kind.SUBMISSION):
        shown.append(PROGRAM.sub("", entry.content))
    figures = [entry.attempt, entry.seq, entry.score, entry.seconds, entry.cost]
    figures += [entry.tokens_in, entry.tokens_out]
    figures += [value for name, value in entry.metrics.items() if name not in TIMES]
    return shown + [repr(value) for value in figures if value is not None]


def strays(report: str, entries: Sequence[Entry]) -> list[str]:
    """The numbers of a report that no entry of its attempt has, and those that stand in the wrong row."""
    found = known(entries)
    unknown = [number for number in numbers(report) if float(number) not in found]
    return unknown + _misplaced(report, entries)


def _misplaced(report: str, entries: Sequence[Entry]) -> list[str]:
    """Numbers in the table of scripts that are not those of the entry that the row names."""
    table = report.split("## What was tried\n")[1].split("\n## ", maxsplit=1)[0]
    named = {entry.seq: entry for entry in entries}
    wrong = []
    for seq, row in re.findall(r"^\| (\d+) \| (.*)$", table, re.MULTILINE):
        own = known([named[int(seq)]])
        wrong += [f"{number} in the row of {seq}" for number in numbers(row) if float(number) not in own]
    return wrong


def strays_of_sweep(folder: Path) -> dict[str, list[str]]:
    """The stray numbers of every report that a sweep left, by task and attempt; {} when all is well.

    Raises AssertionError when an attempt that ended has no report.
    """
    with closing(Scratchpad.open(folder / "scratchpad", read_only=True)) as pad:
        entries = to_entries(pad.snapshot())
    ended = {(e.task, e.attempt) for e in entries if e.kind is Kind.ENDING}
    assert ended, f"{folder}: no attempt ended"
    found = {}
    for task, attempt in sorted(ended):
        path = folder / "attempts" / task / str(attempt) / "report.md"
        assert path.is_file(), f"{path} is missing"
        own = [e for e in entries if (e.task, e.attempt) == (task, attempt)]
        found[f"{task}/{attempt}"] = strays(path.read_text(encoding="utf-8"), own)
    return {name: stray for name, stray in found.items() if stray}
