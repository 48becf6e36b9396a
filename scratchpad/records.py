"""One row of the scratchpad."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

SWEEP_LEVEL = -1  # the attempt number of entries that belong to a whole sweep or task


class Kind(StrEnum):
    """What an entry records."""

    SWEEP = "sweep"
    ATTEMPT = "attempt"
    ASK = "ask"
    FAILED_ASK = "failed_ask"  # what was billed for an ask that came to nothing; no step: it is asked again
    EXECUTION = "execution"
    EVALUATION = "evaluation"
    DECISION = "decision"
    SUBMISSION = "submission"
    ENDING = "ending"
    GRADE = "grade"


STEP_KINDS = frozenset({Kind.ASK, Kind.EXECUTION, Kind.EVALUATION, Kind.DECISION, Kind.SUBMISSION})


@dataclass(frozen=True)
class Entry:
    """One row of the scratchpad.

    Tokens and cost are those of the entry's own work, never of its parents', so that sums are totals.
    An evaluation's seconds are those of its executions.
    """

    sweep: str
    task: str
    kind: Kind
    attempt: int = SWEEP_LEVEL
    key: str = ""  # unique within (sweep, task, attempt) for the step kinds, which need one
    seq: int = -1  # row number in its scratchpad, assigned by the store
    time: float = 0.0  # UTC, seconds since the epoch; 0 is assigned by the store
    team: str = ""
    role: str = ""
    path: str = ""  # position inside the attempt, for example "initialise/1/0"
    parents: tuple[str, ...] = ()  # keys of the same attempt
    title: str = ""
    content: str = ""  # an answer's text, a script or JSON
    content_hash: str = ""  # SHA-256 of content, computed by the store
    attachments: Mapping[str, str] = field(default_factory=dict)  # name -> digest of a blob
    score: float | None = None  # finite; None when there is none
    metrics: Mapping[str, float] = field(default_factory=dict)
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = 0.0  # dollars; None when the model has no price
    seconds: float = 0.0
    error: str | None = None
    model: str = ""  # that answered, asks only

    @property
    def is_step(self) -> bool:
        """Whether the entry is a step, whose key is unique within its attempt."""
        return self.kind in STEP_KINDS

    @property
    def was_run(self) -> bool:
        """Whether the entry is an execution that took place; one with a parent has the parent's outcome."""
        return self.kind is Kind.EXECUTION and not self.parents


def digest_text(text: str) -> str:
    """SHA-256 of a text in UTF-8, as hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
