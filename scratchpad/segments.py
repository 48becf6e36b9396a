"""The durable journal on an object store: each commit writes one new immutable segment."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa

from scratchpad.errors import JournalError
from scratchpad.folder import Folder
from scratchpad.schema import SCHEMA, check, conform

_READERS = 16  # objects fetched at a time: each takes a round trip


class SegmentJournal:
    """Numbered segments, each an Arrow IPC stream.

    Object stores have no locks: a second writer is noticed when the next number is taken.
    """

    def __init__(self, folder: Folder, *, read_only: bool = False) -> None:
        self._folder = folder
        self._read_only = read_only
        self._next = 0  # the first segment not yet read or written
        self._pending: list[pa.RecordBatch] = []

    def load(self) -> list[pa.RecordBatch]:
        """The batches of the segments after those loaded before."""
        names = self._folder.names()[self._next :]
        with ThreadPoolExecutor(_READERS) as pool:
            contents = list(pool.map(self._folder.read, names))
        batches: list[pa.RecordBatch] = []
        for name, content in zip(names, contents, strict=True):
            if name != _name(self._next):
                raise JournalError(f"segment {_name(self._next)} is missing, {name} follows")
            try:
                batches += _read(content)
            except (pa.ArrowInvalid, OSError) as error:
                if name != names[-1]:
                    raise JournalError(f"segment {name} is damaged: {error}") from None
                if not self._read_only:
                    self._folder.remove(name)  # a torn end; its batches were never acknowledged
                break
            except JournalError as error:
                raise JournalError(f"segment {name}: {error}") from None
            self._next += 1
        return batches

    def append(self, batch: pa.RecordBatch) -> None:
        """Keep a batch for the next commit."""
        if self._read_only:
            raise JournalError("this journal was opened for reading only")
        self._pending.append(batch)

    def commit(self) -> None:
        """Write what was appended as one segment."""
        taken = len(self._pending)
        if not taken:
            return
        name = _name(self._next)
        if self._folder.exists(name):
            raise JournalError(f"segment {name} exists: another writer uses this journal")
        sink = io.BytesIO()
        with pa.ipc.new_stream(sink, SCHEMA) as writer:
            for batch in self._pending[:taken]:
                writer.write_batch(batch)
        try:
            self._folder.write(name, sink.getvalue())
        except OSError as error:
            raise JournalError(f"segment {name} cannot be written: {error}") from None
        del self._pending[:taken]
        self._next += 1

    def close(self) -> None:
        """Write what is left."""
        if not self._read_only:
            self.commit()


def _name(number: int) -> str:
    return f"{number:012d}.arrows"


def _read(data: bytes) -> list[pa.RecordBatch]:
    with pa.ipc.open_stream(data) as reader:
        check(reader.schema)
        return [conform(batch) for batch in reader]
