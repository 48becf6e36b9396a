"""What one attempt may see of the scratchpad."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from scratchpad.errors import AccessError
from scratchpad.records import Entry

if TYPE_CHECKING:
    from scratchpad.store import Scratchpad


class Namespace:
    """One attempt's own entries: reads see no others, appends of others are refused.

    Attempts that share nothing are what makes success@5 mean what it says.
    """

    def __init__(self, store: Scratchpad, task: str, attempt: int) -> None:
        self._store = store
        self.task = task
        self.attempt = attempt

    def append(self, entries: Sequence[Entry], *, resent: bool = False, commit: bool = True) -> list[int]:
        """Append entries of this attempt; raises AccessError when one is of another."""
        for entry in entries:
            self._own(entry.task, entry.attempt)
        return self._store.append(entries, resent=resent, commit=commit)

    def lookup(self, key: str) -> Entry | None:
        """The step of this attempt with this key."""
        return self._store.lookup(self.task, self.attempt, key)

    def snapshot(self) -> pa.Table:
        """The entries of this attempt, in order."""
        return self._store.attempt_table(self.task, self.attempt)

    def put_blob(self, data: bytes) -> str:
        """Keep bytes too big for a row; returns the digest to name in an entry's attachments."""
        return self._store.put_blob(data)

    def get_blob(self, digest: str) -> bytes:
        """A blob attached to an entry of this attempt; raises AccessError for any other."""
        if not self._store.attached(self.task, self.attempt, digest):
            raise AccessError(f"blob {digest} is not attached to {self.task} attempt {self.attempt}")
        return self._store.get_blob(digest)

    def _own(self, task: str, attempt: int) -> None:
        if (task, attempt) != (self.task, self.attempt):
            raise AccessError(
                f"{self.task} attempt {self.attempt} may not reach {task} attempt {attempt}: "
                "attempts share nothing"
            )
