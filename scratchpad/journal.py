"""The durable journal: an Arrow IPC stream on a local disk, one write a batch, group commit."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from scratchpad.errors import JournalError
from scratchpad.folder import sync_folder
from scratchpad.frames import HEADER, frame, read_frame
from scratchpad.lock import WriterLock
from scratchpad.schema import SCHEMA, VERSION, check, conform, version_of


class Journal(Protocol):
    """Where a scratchpad's batches survive its process."""

    def load(self) -> list[pa.RecordBatch]:
        """The batches since the last `load`, all of them the first time; a writer loads once, first."""

    def append(self, batch: pa.RecordBatch) -> None:
        """Hand a batch over; it is durable after the next `commit`."""

    def commit(self) -> None:
        """Make every batch appended so far durable; one caller at a time, appends may go on meanwhile."""

    def close(self) -> None:
        """Commit and let another writer in."""


class StreamJournal:
    """One growing file. A crash can only tear its end, which the next writer cuts off.

    Read-only, a torn end is left alone: it may be a write under way.
    """

    def __init__(self, path: Path, *, read_only: bool = False, lock_wait: float = 0.0) -> None:
        """Open or create; raises JournalError for a second writer, or a reader without a file."""
        self._path = path
        self._good = 0  # bytes known to be whole
        self._schema: pa.Schema | None = None
        self._broken: str | None = None
        self._lock: WriterLock | None = None
        self._handle: int | None = None
        if read_only:
            if not path.is_file():
                raise JournalError(f"no journal at {path}")
            return
        self._lock = WriterLock(path.with_name("LOCK"), lock_wait)
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            self._lock.release()
            raise JournalError(f"cannot open journal {path}: {error.strerror}") from None

    def load(self) -> list[pa.RecordBatch]:
        """The whole batches after those loaded before; a writer also cuts a torn end off."""
        try:
            batches = self._read()
        except JournalError as error:
            raise JournalError(f"journal {self._path}: {error}") from None
        if self._handle is not None:
            self._cut_torn_end()
            if self._schema is None:
                self._write(HEADER)
                self.commit()
                sync_folder(self._path.parent)
            elif version_of(self._schema) != VERSION:
                self._rewrite(batches)
        return batches

    def append(self, batch: pa.RecordBatch) -> None:
        """Write a batch in one piece; raises JournalError and leaves the file as it was."""
        self._write(frame(batch))

    def commit(self) -> None:
        """Flush to the disk; raises JournalError, after which the journal takes nothing more."""
        try:
            os.fdatasync(self._writable())
        except OSError as error:
            # After a failed flush the kernel may drop the pages: what is on disk is unknown.
            self._broken = error.strerror
            raise JournalError(f"journal {self._path} cannot be flushed: {error.strerror}") from None

    def close(self) -> None:
        """Flush and release the lock; once is enough."""
        if self._handle is None or self._lock is None:
            return
        try:
            os.fdatasync(self._handle)
        finally:
            os.close(self._handle)
            self._handle = None
            self._lock.release()

    def _read(self) -> list[pa.RecordBatch]:
        batches = []
        with pa.OSFile(str(self._path), "rb") as file:
            file.seek(self._good)
            try:
                if self._schema is None:
                    schema = pa.ipc.read_schema(pa.ipc.read_message(file))
                    check(schema)
                    self._schema, self._good = schema, file.tell()
                while True:
                    batches.append(conform(read_frame(file, self._schema)))
                    self._good = file.tell()
            except (EOFError, pa.ArrowInvalid):
                pass  # the end, whole or torn
            except OSError as error:
                if error.errno:  # Arrow reports a torn body as an OSError too, one without a number
                    raise JournalError(f"cannot be read: {error.strerror}") from None
        return batches

    def _cut_torn_end(self) -> None:
        """Truncate to the last whole batch; the cut bytes are kept beside, in case they mattered."""
        tail = self._path.read_bytes()[self._good :] if self._size() > self._good else b""
        if not tail:
            return
        if self._schema is None and not HEADER.startswith(tail):
            raise JournalError(f"{self._path} is not a scratchpad journal")
        with self._path.with_name(f"{self._path.name}.torn").open("ab") as file:
            file.write(tail)
        os.truncate(self._path, self._good)

    def _rewrite(self, batches: list[pa.RecordBatch]) -> None:
        """Replace a journal of an older version by one of this version, in one step."""
        draft = self._path.with_name(f".{self._path.name}.draft")
        handle = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
        os.close(self._writable())
        self._handle, self._good, self._schema = handle, 0, SCHEMA
        self._write(HEADER)
        for batch in batches:
            self.append(batch)
        self.commit()
        draft.replace(self._path)
        sync_folder(self._path.parent)

    def _write(self, data: bytes | pa.Buffer) -> None:
        handle = self._writable()
        view = memoryview(data)
        size = len(view)
        try:
            while view:
                view = view[os.write(handle, view) :]
        except OSError as error:
            try:
                os.ftruncate(handle, self._good)  # or the next batch would follow half of this one
            except OSError:
                self._broken = error.strerror
            raise JournalError(f"journal {self._path} cannot be written: {error.strerror}") from None
        self._good += size

    def _writable(self) -> int:
        if self._broken:
            raise JournalError(f"journal {self._path} has failed: {self._broken}")
        if self._handle is None:
            raise JournalError(f"journal {self._path} is not open for writing")
        return self._handle

    def _size(self) -> int:
        return self._path.stat().st_size
