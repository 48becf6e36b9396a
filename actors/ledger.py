"""What an attempt has used of its budget, folded from its recorded steps."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from actors.contracts import Budget
from actors.errors import BudgetExhausted


@dataclass
class Ledger:
    """Counts seconds, CPU seconds, tokens and dollars against a budget."""

    budget: Budget
    cpu_seconds: float = 0.0
    tokens: int = 0
    dollars: float = 0.0
    earlier_seconds: float = 0.0  # of the attempt before it was resumed

    def __post_init__(self) -> None:
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        """Wall seconds of the attempt, the time before a resume included."""
        return self.earlier_seconds + time.monotonic() - self._start

    @property
    def seconds_left(self) -> float:
        """Wall seconds left."""
        return max(0.0, self.budget.wall_seconds - self.seconds)

    def left_of(self, share: float) -> tuple[float, float]:
        """Wall and CPU seconds until this share of either is used."""
        wall, cpu = share * self.budget.wall_seconds, share * self.budget.cpu_seconds
        return max(0.0, wall - self.seconds), max(0.0, cpu - self.cpu_seconds)

    def add(self, cpu_seconds: float = 0.0, tokens: int = 0, dollars: float | None = 0.0) -> None:
        """Count what a step used; an unpriced call (None) counts tokens only."""
        self.cpu_seconds += cpu_seconds
        self.tokens += tokens
        self.dollars += dollars or 0.0

    def check(self) -> None:
        """Raise BudgetExhausted when anything is used up."""
        for name, used, limit in self._uses(self.seconds):
            if math.isfinite(limit) and used >= limit:
                raise BudgetExhausted(f"used {used:.6g} of {limit:.6g} {name}")

    def share(self, seconds: float) -> float:
        """The used share of what is used most, with so many wall seconds; 0 when all is unlimited."""
        return max(used / limit for _, used, limit in self._uses(seconds))

    def _uses(self, seconds: float) -> tuple[tuple[str, float, float], ...]:
        return (
            ("wall seconds", seconds, self.budget.wall_seconds),
            ("CPU seconds", self.cpu_seconds, self.budget.cpu_seconds),
            ("tokens", float(self.tokens), self.budget.tokens),
            ("dollars", self.dollars, self.budget.dollars),
        )
