"""The scratchpad itself: an append-only, typed log of everything that any agent did."""

from __future__ import annotations

import math
import threading
import time
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.fs as pafs

from scratchpad.blobs import BlobStore
from scratchpad.errors import DuplicateStepError, ScratchpadError
from scratchpad.folder import MemoryFolder
from scratchpad.journal import Journal
from scratchpad.location import open_location
from scratchpad.namespace import Namespace
from scratchpad.records import STEP_KINDS, Entry, digest_text
from scratchpad.schema import SCHEMA, to_batch, to_entries

_EMPTY = pa.Table.from_batches([], SCHEMA)


class Scratchpad:
    """The log of one sweep. Thread-safe; an entry's `seq` is its row number.

    Entries are seen by readers once they are durable, so nothing that was ever read can be lost.
    """

    def __init__(self, journal: Journal | None = None, blobs: BlobStore | None = None) -> None:
        """In memory without a journal; `open` is the usual way to one on disk."""
        self._journal = journal
        self._blobs = blobs or BlobStore(MemoryFolder())
        self._lock = threading.RLock()
        self._commit_lock = threading.Lock()
        self._sweep: str | None = None
        self._batches: list[pa.RecordBatch] = []
        self._starts: list[int] = []  # the row number of each batch's first row
        self._rows = 0
        self._durable = 0
        self._keys: dict[tuple[str, int, str], int] = {}  # of steps
        self._attempts: dict[tuple[str, int], list[int]] = {}  # row numbers
        self._snapshot = _EMPTY
        self.refresh()

    @classmethod
    def open(
        cls,
        uri: str | Path,
        *,
        filesystem: pafs.FileSystem | None = None,
        read_only: bool = False,
        lock_wait: float = 0.0,
    ) -> Scratchpad:
        """The scratchpad in the folder at `uri`, made when absent.

        Read-only it may be opened while another process writes it; `refresh` then fetches what is new.
        """
        journal, blobs = open_location(uri, filesystem=filesystem, read_only=read_only, lock_wait=lock_wait)
        try:
            return cls(journal, blobs)
        except BaseException:
            journal.close()
            raise

    def __len__(self) -> int:
        return self._durable

    def append(self, entries: Sequence[Entry], *, resent: bool = False, commit: bool = True) -> list[int]:
        """Append entries, all or none; returns their sequence numbers, durable unless `commit` is off.

        `resent` says that an earlier try may have got through: entries it left are not repeated.
        Raises DuplicateStepError for a step key that its attempt already has, ScratchpadError for an
        entry that is not well formed, JournalError when the disk refuses.
        """
        stamp = time.time()
        with self._lock:
            sealed: list[Entry] = []
            seqs: list[int] = []
            fresh: set[tuple[str, int, str]] = set()
            sweep = self._sweep
            for entry in entries:
                held = self._held(entry) if resent else None
                if held is not None:
                    seqs.append(held)
                    continue
                sweep = entry.sweep if sweep is None else sweep
                self._check(entry, sweep, fresh)
                seqs.append(self._rows + len(sealed))
                sealed.append(
                    replace(
                        entry,
                        seq=seqs[-1],
                        time=entry.time or stamp,
                        content_hash=digest_text(entry.content),
                    )
                )
            if sealed:
                batch = to_batch(sealed)
                if self._journal is not None:
                    self._journal.append(batch)
                self._index(batch)
        if commit:
            self.commit()
        return seqs

    def commit(self) -> None:
        """Make all appended entries durable and visible."""
        with self._commit_lock:
            with self._lock:
                rows = self._rows
            if self._journal is not None and rows > self._durable:
                self._journal.commit()
            self._durable = rows

    def refresh(self) -> int:
        """Read what the journal holds beyond what is known; returns the number of new entries."""
        with self._lock:
            for batch in self._journal.load() if self._journal is not None else ():
                self._index(batch)
            new, self._durable = self._rows - self._durable, self._rows
            return new

    def lookup(self, task: str, attempt: int, key: str) -> Entry | None:
        """The step of an attempt with this key, in constant time."""
        with self._lock:
            seq = self._keys.get((task, attempt, key))
            return None if seq is None or seq >= self._durable else to_entries(self._row(seq))[0]

    def snapshot(self) -> pa.Table:
        """All entries as one table with one chunk a column; the same object until entries are added."""
        with self._lock:
            if self._snapshot.num_rows != self._durable:
                kept = bisect_right(self._starts, self._durable - 1)
                table = pa.Table.from_batches(self._batches[:kept], SCHEMA).slice(0, self._durable)
                (whole,) = table.combine_chunks().to_batches()
                self._snapshot = pa.Table.from_batches([whole])
                self._batches[:kept] = [whole]
                self._starts[:kept] = [0]
            return self._snapshot

    def tail(self, after: int = -1) -> pa.Table:
        """The entries whose sequence number is above `after`, in order."""
        with self._lock:
            first = after + 1
            if first >= self._durable:
                return _EMPTY
            at = bisect_right(self._starts, first) - 1
            table = pa.Table.from_batches(self._batches[at:], SCHEMA)
            return table.slice(first - self._starts[at], self._durable - first)

    def attempt_table(self, task: str, attempt: int) -> pa.Table:
        """The entries of one attempt, in order."""
        with self._lock:
            rows = [self._row(s) for s in self._attempts.get((task, attempt), ()) if s < self._durable]
            return pa.Table.from_batches(rows, SCHEMA).combine_chunks()

    def attached(self, task: str, attempt: int, digest: str) -> bool:
        """Whether an entry of the attempt names this blob among its attachments."""
        with self._lock:
            rows = (self._row(seq) for seq in self._attempts.get((task, attempt), ()))
            return any(digest in dict(row.column("attachments")[0].as_py()).values() for row in rows)

    def put_blob(self, data: bytes) -> str:
        """Keep bytes too big for a row; returns the digest to name in an entry's attachments."""
        return self._blobs.put(data)

    def get_blob(self, digest: str) -> bytes:
        """The bytes of a digest; raises ScratchpadError."""
        return self._blobs.get(digest)

    def namespace(self, task: str, attempt: int) -> Namespace:
        """The view that one attempt gets: its own entries and nothing else."""
        return Namespace(self, task, attempt)

    def close(self) -> None:
        """Commit and let another writer in."""
        if self._journal is not None:
            self._journal.close()

    def _check(self, entry: Entry, sweep: str, fresh: set[tuple[str, int, str]]) -> None:
        where = f"{entry.kind} {entry.key!r} of {entry.task} attempt {entry.attempt}"
        if entry.sweep != sweep:
            raise ScratchpadError(f"{where} is of sweep {entry.sweep!r}; this scratchpad holds {sweep!r}")
        if entry.score is not None and not math.isfinite(entry.score):
            raise ScratchpadError(f"{where} has the score {entry.score}; use None for no score")
        if not entry.is_step:
            return
        step = (entry.task, entry.attempt, entry.key)
        if not entry.key:
            raise ScratchpadError(f"{where} is a step without a key")
        if step in self._keys or step in fresh:
            raise DuplicateStepError(f"{where} is already recorded")
        fresh.add(step)

    def _held(self, entry: Entry) -> int | None:
        """The sequence number of an entry that an earlier try of the same call has left."""
        if entry.is_step:
            seq = self._keys.get((entry.task, entry.attempt, entry.key))
            candidates = [] if seq is None else [seq]
        else:
            candidates = self._attempts.get((entry.task, entry.attempt), [])
        stamp = round(entry.time * 1_000_000)
        for seq in reversed(candidates):
            held = to_entries(self._row(seq))[0]
            same = (held.kind, held.key, round(held.time * 1_000_000)) == (entry.kind, entry.key, stamp)
            if same and held.content_hash == digest_text(entry.content):
                return seq
        return None

    def _index(self, batch: pa.RecordBatch) -> None:
        if not batch.num_rows:
            return
        self._batches.append(batch)
        self._starts.append(self._rows)
        columns = (batch.column(name).to_pylist() for name in ("task", "attempt", "kind", "key"))
        for seq, (task, attempt, kind, key) in enumerate(zip(*columns, strict=True), self._rows):
            self._attempts.setdefault((task, attempt), []).append(seq)
            if kind in STEP_KINDS:
                self._keys[task, attempt, key] = seq
        self._sweep = batch.column("sweep")[0].as_py()
        self._rows += batch.num_rows

    def _row(self, seq: int) -> pa.RecordBatch:
        at = bisect_right(self._starts, seq) - 1
        return self._batches[at].slice(seq - self._starts[at], 1)
