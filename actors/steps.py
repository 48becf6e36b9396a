"""Durable steps.

Each step has a key made of its position in the attempt and its inputs. A key that the scratchpad
already holds returns what was recorded; otherwise the work is done, appended and returned. So resume,
replay and audit are one mechanism, and agents hold no checkpoint code. Positions are counted per
branch, so that steps which run beside each other keep their keys: `branch` before `gather`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from actors.contracts import AttemptSpec
from actors.ledger import Ledger
from scratchpad.client import AttemptClient
from scratchpad.queries import ancestry
from scratchpad.records import Entry, Kind
from scratchpad.schema import to_entries

Work = Callable[[Entry], Awaitable[Entry]]


@dataclass
class _Log:
    """What the branches of one attempt have in common: a fold of its recorded steps."""

    pad: AttemptClient
    ledger: Ledger
    recorded: dict[str, Entry]
    failed_asks: list[Entry]  # of earlier starts, until their step is reached
    replayed: int = 0
    elapsed: float = 0.0  # seconds of the attempt at its last step


class Steps:
    """The steps of one branch of an attempt."""

    def __init__(self, spec: AttemptSpec, log: _Log, path: str = "") -> None:
        self.path = path
        self._spec = spec
        self._log = log
        self._position = 0

    @classmethod
    def open(cls, spec: AttemptSpec, pad: AttemptClient, entries: Sequence[Entry]) -> Steps:
        """Start an attempt, or go on with one from its entries."""
        elapsed = max((e.metrics.get("elapsed", 0.0) for e in entries), default=0.0)
        recorded = {e.key: e for e in entries if e.is_step}
        failed = [e for e in entries if e.kind is Kind.FAILED_ASK]
        return cls(spec, _Log(pad, Ledger(spec.budget, earlier_seconds=elapsed), recorded, failed))

    @property
    def ledger(self) -> Ledger:
        """What the attempt has used."""
        return self._log.ledger

    @property
    def elapsed(self) -> float:
        """Seconds of the attempt at its last step."""
        return self._log.elapsed

    @property
    def replayed(self) -> int:
        """How many steps were returned from the scratchpad instead of being done."""
        return self._log.replayed

    async def history(self) -> list[Entry]:
        """Every entry of the attempt so far, in order."""
        return to_entries(await self._log.pad.snapshot())

    def ancestry(self, keys: Sequence[str]) -> list[Entry]:
        """The steps with these keys and everything they came from, each after its parents."""
        return ancestry(self._log.recorded, keys)

    async def put_blob(self, data: bytes) -> str:
        """Keep an attachment; returns its digest."""
        return await self._log.pad.put_blob(data)

    def branch(self, name: str) -> Steps:
        """Steps with positions of their own, to run beside others."""
        return Steps(self._spec, self._log, f"{self.path}{self._next()}.{name}/")

    async def step(self, kind: Kind, title: str, inputs: bytes, work: Work, budgeted: bool = True) -> Entry:
        """The entry of the next step: as recorded, or what `work` makes of a blank one.

        Raises BudgetExhausted instead of work that is `budgeted`, and what `work` raises.
        """
        log = self._log
        path = f"{self.path}{self._next()}"
        key = hashlib.sha256(b"\0".join([path.encode(), kind.value.encode(), inputs])).hexdigest()[:32]
        # Counted at the step that spent it, so that the steps before it replay as they were.
        self._count(*(e for e in log.failed_asks if e.key == key))
        log.failed_asks = [e for e in log.failed_asks if e.key != key]
        entry = log.recorded.get(key)
        if entry is None:
            if budgeted:
                log.ledger.check()
            spec = self._spec
            blank = Entry(
                sweep=spec.sweep,
                task=spec.task,
                attempt=spec.attempt,
                kind=kind,
                key=key,
                path=path,
                title=title,
            )
            entry = await work(blank)
            entry = replace(entry, metrics={**entry.metrics, "elapsed": log.ledger.seconds})
            await log.pad.append([entry])
            log.recorded[key] = entry
        else:
            log.replayed += 1
        log.elapsed = max(log.elapsed, entry.metrics.get("elapsed", 0.0))
        self._count(entry)
        return entry

    async def spent(self, failed: Entry) -> None:
        """Record what was billed for a step that is not done."""
        await self._log.pad.append([failed])
        self._count(failed)

    def _next(self) -> int:
        self._position += 1
        return self._position - 1

    def _count(self, *entries: Entry) -> None:
        for entry in entries:
            cpu_seconds = entry.metrics.get("cpu_seconds", 0.0)
            self.ledger.add(cpu_seconds, entry.tokens_in + entry.tokens_out, entry.cost)
