"""Tells an endpoint that no longer answers from one that is slow."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

ROUNDS = 2.5  # times the longest wait: waits that end together may be one short hang, a third one is not
SLOWER = 2.0  # times the longest answer so far: a silence of that length may be more than slowness
LEAST_SHARE = 0.1  # of a try's timeout that a silence lasts at least


@dataclass
class Silence:
    """What one model's answers, and the waits without any, say of its endpoint."""

    timeout: float  # seconds of one try
    longest: float | None = None  # seconds of an answer; None before the first
    waits: int = 0  # in a row that ended without an answer
    _longest_wait: float = 0.0
    _began: float = 0.0
    _heard: float = field(default_factory=time.monotonic)

    def answered(self, seconds: float) -> None:
        """An answer came after so many seconds."""
        self.longest = max(self.longest or 0.0, seconds)
        self.waits, self._longest_wait = 0, 0.0
        self._heard = time.monotonic()

    def waited(self, seconds: float) -> None:
        """A wait of so many seconds ended without an answer."""
        began = time.monotonic() - seconds
        self._began = began if not self.waits else min(self._began, began)
        self._longest_wait = max(self._longest_wait, seconds)
        self.waits += 1

    @property
    def lasting(self) -> bool:
        """Whether waits have followed each other for longer than a short hang lasts."""
        return self.waits > 0 and time.monotonic() - self._began >= ROUNDS * self._longest_wait

    @property
    def unusual(self) -> bool:
        """Whether nothing has come for longer than this model's answers take; so before its first."""
        if self.longest is None:
            return True
        quiet = time.monotonic() - self._heard
        return quiet >= max(SLOWER * self.longest, LEAST_SHARE * self.timeout)
