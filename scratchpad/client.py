"""How the rest of the system speaks to a scratchpad, wherever it is held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import pyarrow as pa

from scratchpad.namespace import Namespace
from scratchpad.records import Entry
from scratchpad.store import Scratchpad


class AttemptClient(Protocol):
    """What an attempt gets: its own namespace, without blocking."""

    @property
    def task(self) -> str:
        """The task of the attempt."""

    @property
    def attempt(self) -> int:
        """The number of the attempt."""

    async def append(self, entries: Sequence[Entry]) -> list[int]:
        """Append entries of this attempt, all or none, durably; raises AccessError, DuplicateStepError."""

    async def lookup(self, key: str) -> Entry | None:
        """The step of this attempt with this key."""

    async def snapshot(self) -> pa.Table:
        """The entries of this attempt, in order."""

    async def put_blob(self, data: bytes) -> str:
        """Keep bytes too big for a row; returns the digest to name in an entry's attachments."""

    async def get_blob(self, digest: str) -> bytes:
        """A blob attached to an entry of this attempt; raises AccessError for any other."""


class Client(Protocol):
    """What the driver, the tracker and the progress view get: the whole scratchpad, blocking."""

    def append(self, entries: Sequence[Entry]) -> list[int]:
        """Append entries, all or none, durably; returns their sequence numbers."""

    def lookup(self, task: str, attempt: int, key: str) -> Entry | None:
        """The step of an attempt with this key."""

    def snapshot(self) -> pa.Table:
        """All entries as one table."""

    def tail(self, after: int = -1) -> pa.Table:
        """The entries whose sequence number is above `after`, in order."""

    def put_blob(self, data: bytes) -> str:
        """Keep bytes too big for a row; returns their digest."""

    def get_blob(self, digest: str) -> bytes:
        """The bytes of a digest; raises ScratchpadError."""

    def namespace(self, task: str, attempt: int) -> AttemptClient:
        """The view that one attempt gets."""

    def close(self) -> None:
        """Make all durable and let go of the journal."""


class LocalNamespace:
    """An attempt's namespace of a scratchpad in this process."""

    def __init__(self, view: Namespace) -> None:
        self._view = view
        self.task = view.task
        self.attempt = view.attempt

    async def append(self, entries: Sequence[Entry]) -> list[int]:
        """Append entries of this attempt, all or none, durably."""
        return self._view.append(entries)

    async def lookup(self, key: str) -> Entry | None:
        """The step of this attempt with this key."""
        return self._view.lookup(key)

    async def snapshot(self) -> pa.Table:
        """The entries of this attempt, in order."""
        return self._view.snapshot()

    async def put_blob(self, data: bytes) -> str:
        """Keep bytes too big for a row; returns their digest."""
        return self._view.put_blob(data)

    async def get_blob(self, digest: str) -> bytes:
        """A blob attached to an entry of this attempt."""
        return self._view.get_blob(digest)


class LocalClient:
    """A scratchpad in this process behind the same calls as one held by an actor."""

    def __init__(self, store: Scratchpad | None = None) -> None:
        """Around `store`, or around a fresh one in memory."""
        self.store = Scratchpad() if store is None else store

    def append(self, entries: Sequence[Entry]) -> list[int]:
        """Append entries, all or none, durably; returns their sequence numbers."""
        return self.store.append(entries)

    def lookup(self, task: str, attempt: int, key: str) -> Entry | None:
        """The step of an attempt with this key."""
        return self.store.lookup(task, attempt, key)

    def snapshot(self) -> pa.Table:
        """All entries as one table."""
        return self.store.snapshot()

    def tail(self, after: int = -1) -> pa.Table:
        """The entries whose sequence number is above `after`, in order."""
        return self.store.tail(after)

    def put_blob(self, data: bytes) -> str:
        """Keep bytes too big for a row; returns their digest."""
        return self.store.put_blob(data)

    def get_blob(self, digest: str) -> bytes:
        """The bytes of a digest; raises ScratchpadError."""
        return self.store.get_blob(digest)

    def namespace(self, task: str, attempt: int) -> LocalNamespace:
        """The view that one attempt gets."""
        return LocalNamespace(self.store.namespace(task, attempt))

    def close(self) -> None:
        """Make all durable and let go of the journal."""
        self.store.close()
