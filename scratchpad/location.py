"""From a URI to the journal and the blobs that live there."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.fs as pafs

from scratchpad.blobs import BlobStore
from scratchpad.errors import ScratchpadError
from scratchpad.folder import ArrowFolder, LocalFolder
from scratchpad.journal import Journal, StreamJournal
from scratchpad.segments import SegmentJournal

JOURNAL_FILE = "journal.arrows"


def open_location(
    uri: str | Path,
    *,
    filesystem: pafs.FileSystem | None = None,
    read_only: bool = False,
    lock_wait: float = 0.0,
) -> tuple[Journal, BlobStore]:
    """The journal and blobs in the folder at `uri`: a path, or any URI that pyarrow.fs knows.

    A local path holds one stream file; any other filesystem, and one given explicitly, holds segments.
    Raises ScratchpadError for a URI without a filesystem, JournalError when it cannot be opened.
    """
    path = str(uri)
    if filesystem is None and "://" in path:
        try:
            filesystem, path = pafs.FileSystem.from_uri(path)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise ScratchpadError(f"no filesystem for scratchpad {uri}: {error}") from None
        if isinstance(filesystem, pafs.LocalFileSystem):
            filesystem = None
    if filesystem is None:
        root = Path(path).absolute()
        journal = StreamJournal(root / JOURNAL_FILE, read_only=read_only, lock_wait=lock_wait)
        return journal, BlobStore(LocalFolder(root / "blobs"))
    return (
        SegmentJournal(ArrowFolder(filesystem, f"{path}/segments"), read_only=read_only),
        BlobStore(ArrowFolder(filesystem, f"{path}/blobs")),
    )


def is_local(uri: str | Path) -> bool:
    """Whether a scratchpad at `uri` lies on one machine's disk."""
    return "://" not in str(uri) or str(uri).startswith("file://")
