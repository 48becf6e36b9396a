"""The limits of a sweep's requests: at once, a minute, and in dollars."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from math import isfinite

from actors.errors import FatalModelError

MINUTE = 60.0


class Concurrency:
    """How many requests run at once: one more a round of successes, half after a congestion."""

    def __init__(self, most: int) -> None:
        self.allowed = float(most)
        self.running = 0
        self._most = most
        self._cut = 0  # the round of the last cut
        self._round = 0  # requests started
        self._free = asyncio.Condition()

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[int]:
        """Wait for a slot and hold it; yields the number to hand to `congested`."""
        async with self._free:
            await self._free.wait_for(lambda: self.running < max(1, int(self.allowed)))
            self.running += 1
            self._round += 1
            number = self._round
        try:
            yield number
        finally:
            async with self._free:
                self.running -= 1
                self._free.notify_all()

    def passed(self) -> None:
        """A request went through."""
        self.allowed = min(float(self._most), self.allowed + 1.0 / max(1.0, self.allowed))

    def congested(self, number: int) -> None:
        """Halve, once for all the requests that were under way together."""
        if number > self._cut:
            self.allowed = max(1.0, self.allowed / 2)
            self._cut = self._round


class MinuteWindow:
    """At most so much in any sixty seconds; one item that is larger waits for an empty window."""

    def __init__(self, limit: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._taken: deque[list[float]] = deque()  # [time, amount]
        self._sum = 0.0
        self._turn = asyncio.Lock()  # first come, first served

    async def take(self, amount: float) -> list[float]:
        """Wait until `amount` fits; the result is for `correct`."""
        item = [0.0, amount]
        if not isfinite(self._limit):
            return item
        async with self._turn:
            while wait := self._wait(amount):
                await asyncio.sleep(wait)
            item[0] = self._clock()
            self._taken.append(item)
            self._sum += amount
        return item

    def correct(self, item: list[float], amount: float) -> None:
        """Put the true amount in the place of the estimate, while the window holds it."""
        if any(held is item for held in self._taken):
            self._sum += amount - item[1]
            item[1] = amount

    def give_back(self, item: list[float]) -> None:
        """Free what was taken and not used."""
        held = len(self._taken)
        self._taken = deque(other for other in self._taken if other is not item)
        self._sum -= item[1] if len(self._taken) < held else 0.0

    def _wait(self, amount: float) -> float:
        """Seconds until the oldest item leaves; 0 when there is room now."""
        now = self._clock()
        while self._taken and self._taken[0][0] <= now - MINUTE:
            self._sum -= self._taken.popleft()[1]
        if not self._taken or self._sum + amount <= self._limit:
            return 0.0
        return max(0.001, self._taken[0][0] + MINUTE - now)


class SpendCap:
    """Dollars spent and still on their way; a request waits while those might pass the cap."""

    def __init__(self, cap: float, spent: float = 0.0) -> None:
        self.spent = spent
        self._cap = cap
        self._reserved = 0.0
        self._dearest = 0.0  # of the requests so far
        self._settled = asyncio.Condition()

    @asynccontextmanager
    async def reserve(self, estimate: float) -> AsyncIterator[None]:
        """Hold back what a request may cost; raises FatalModelError once the cap is reached.

        A request is let through alone while anything is left, so that the cap is passed by the cost of
        one request at most, once a first reply has shown what requests cost.
        """
        if not isfinite(self._cap):
            yield
            return
        async with self._settled:
            await self._settled.wait_for(lambda: not self._reserved or self._fits(estimate))
            if self.spent >= self._cap:
                raise FatalModelError(
                    f"model.spend_cap_dollars={self._cap:g}: reached, ${self.spent:.2f} is spent; "
                    "resume with a higher cap"
                )
            held = max(estimate, self._dearest, 1e-9)
            self._reserved += held
        try:
            yield
        finally:
            async with self._settled:
                self._reserved = max(0.0, self._reserved - held)
                if self._reserved < 1e-12:
                    self._reserved = 0.0
                self._settled.notify_all()

    def add(self, dollars: float) -> None:
        """Count what a request cost."""
        self.spent += dollars
        self._dearest = max(self._dearest, dollars)

    def _fits(self, estimate: float) -> bool:
        return self.spent + self._reserved + max(estimate, self._dearest) <= self._cap
