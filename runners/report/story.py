"""What one attempt's entries tell, sorted for its report."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from actors.briefing import read_brief
from actors.contracts import Evaluation, TaskBrief
from actors.errors import AnswerError
from actors.leakage import is_suspicious
from actors.roles import data_profiler, data_usage_checker, leakage_checker
from scratchpad.records import Entry, Kind


@dataclass(frozen=True)
class Tried:
    """One scored or failed script."""

    entry: Entry
    evaluation: Evaluation
    suspicious: bool  # printed far better than measured

    @property
    def title(self) -> str:
        """What the agent called it."""
        return self.entry.title or "script"


@dataclass(frozen=True)
class Finding:
    """What a checker found wrong with a script before it ran."""

    entry: Entry
    why: str  # "" where none is given
    script: str  # its title, "" where it is not recorded


@dataclass(frozen=True)
class Story:
    """An attempt as its report tells it."""

    entries: tuple[Entry, ...]
    opening: dict[str, Any]  # the latest start's JSON
    brief: TaskBrief | None  # None in scratchpads that did not record it
    libraries: dict[str, str]
    limits: dict[str, float]  # of one script, as the brief states them
    tried: tuple[Tried, ...]
    leaks: tuple[Finding, ...]
    unused: tuple[Finding, ...]  # data that scripts ignored
    asked: frozenset[str]  # roles
    submission: Entry | None
    winner: Tried | None
    ending: Entry | None
    grade: Entry | None

    def last_ask(self, role: str) -> Entry | None:
        """The latest answer of a role."""
        return next((e for e in reversed(self.entries) if e.kind is Kind.ASK and e.role == role), None)

    def answers(self, role: str) -> list[Entry]:
        """Every usable answer of a role, in order."""
        return [e for e in self.entries if e.kind is Kind.ASK and e.role == role and e.error is None]

    @property
    def notes(self) -> data_profiler.DataNotes | None:
        """The data profiler's notes, None when it has none."""
        answers = self.answers("data_profiler")
        try:
            return data_profiler.parse(answers[-1].content) if answers else None
        except AnswerError:  # an older or newer parser took it
            return None

    @property
    def isolation(self) -> list[str]:
        """The levels at which scripts ran."""
        runs = [_json(e).get("isolation", "") for e in self.entries if e.kind is Kind.EXECUTION]
        return sorted(set(runs) - {""})

    @property
    def models(self) -> list[str]:
        """The chat models that answered."""
        return sorted({e.model for e in self.entries if e.kind is Kind.ASK} - {""})

    @property
    def end_facts(self) -> dict[str, Any]:
        """The ending's JSON, empty while it runs."""
        return {} if self.ending is None else _json(self.ending)


def tell(entries: Sequence[Entry]) -> Story:
    """Fold one attempt's entries, in their order; raises ValueError when there is none."""
    if not entries:
        raise ValueError("an attempt without entries has no report")
    opening = _json(_last(entries, Kind.ATTEMPT)) if _last(entries, Kind.ATTEMPT) else {}
    brief: TaskBrief | None = None
    libraries: dict[str, str] = {}
    limits: dict[str, float] = {}
    if opening.get("brief"):
        brief, stated, libraries = read_brief(opening["brief"])
        limits = {
            "seconds": stated.wall_seconds,
            "memory_gib": round(stated.memory_bytes / 2**30, 2),
            "cpus": stated.cpus,
        }
    tried = tuple(_tried(e, brief) for e in entries if e.kind is Kind.EVALUATION)
    submission = _last(entries, Kind.SUBMISSION)
    origin = submission.parents[0] if submission is not None and submission.parents else ""
    return Story(
        entries=tuple(entries),
        opening=opening,
        brief=brief,
        libraries=libraries,
        limits=limits,
        tried=tried,
        leaks=tuple(_findings(entries, "leakage_checker", _leak)),
        unused=tuple(_findings(entries, "data_usage_checker", _ignored)),
        asked=frozenset(e.role for e in entries if e.kind is Kind.ASK),
        submission=submission,
        winner=next((t for t in tried if t.entry.key == origin), None),
        ending=_last(entries, Kind.ENDING),
        grade=_last(entries, Kind.GRADE),
    )


def _last(entries: Sequence[Entry], kind: Kind) -> Entry | None:
    return next((e for e in reversed(entries) if e.kind is kind), None)


def _tried(entry: Entry, brief: TaskBrief | None) -> Tried:
    folds = sorted(
        (int(n.removeprefix("fold_")), s) for n, s in entry.metrics.items() if n.startswith("fold_")
    )
    evaluation = Evaluation(
        script=entry.content,
        score=entry.score,
        fold_scores=tuple(score for _, score in folds),
        printed=entry.metrics.get("printed"),
        validation="harness" if folds else ("printed" if brief is None else brief.validation),
        failure=entry.error,
        key=entry.key,
    )
    return Tried(entry, evaluation, brief is not None and is_suspicious(evaluation, brief))


def _findings(entries: Sequence[Entry], role: str, found: Callable[[str], str | None]) -> Iterator[Finding]:
    """A checker's findings; `found` reads its answer and gives the reason, None when all is well."""
    for entry in entries:
        if entry.kind is not Kind.ASK or entry.role != role or entry.error is not None:
            continue
        try:
            why = found(entry.content)
        except AnswerError:  # an older or newer parser took it
            continue
        if why is not None:
            yield Finding(entry, why, entry.title.partition(": ")[2])


def _leak(answer: str) -> str | None:
    verdict = leakage_checker.parse(answer)
    return verdict.why if verdict.leaky else None


def _ignored(answer: str) -> str | None:
    return None if data_usage_checker.parse(answer) is None else ""


def _json(entry: Entry | None) -> dict[str, Any]:
    value = json.loads(entry.content) if entry is not None and entry.content else {}
    return value if isinstance(value, dict) else {}
