"""Content-addressed blobs beside the journal: submissions, prompts and whatever is too big for a row."""

from __future__ import annotations

import hashlib
import re

import pyarrow as pa

from scratchpad.errors import JournalError, ScratchpadError
from scratchpad.folder import Folder

_DIGEST = re.compile(r"[0-9a-f]{64}")


class BlobStore:
    """Bytes by their SHA-256, zstd-compressed, each written once."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def put(self, data: bytes) -> str:
        """Keep `data`; returns its digest. Safe to call twice and from several threads."""
        digest = hashlib.sha256(data).hexdigest()
        if not self._folder.exists(_name(digest)):
            self._folder.write(_name(digest), _compress(data))
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes of a digest; raises ScratchpadError when absent, JournalError when damaged."""
        if not _DIGEST.fullmatch(digest):
            raise ScratchpadError(f"not a blob digest: {digest!r}; it has 64 hexadecimal digits")
        try:
            packed = self._folder.read(_name(digest))
        except FileNotFoundError:
            raise ScratchpadError(f"no blob {digest} in this scratchpad") from None
        try:
            data = _decompress(packed)
        except (OSError, pa.ArrowInvalid) as error:
            raise JournalError(f"blob {digest} is damaged: {error}") from None
        if hashlib.sha256(data).hexdigest() != digest:
            raise JournalError(f"blob {digest} is damaged: its content has another digest")
        return data


def _name(digest: str) -> str:
    return f"{digest[:2]}/{digest}.zst"


def _compress(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return bytes(sink.getvalue().to_pybytes())


def _decompress(packed: bytes) -> bytes:
    with pa.CompressedInputStream(pa.BufferReader(packed), "zstd") as stream:
        return bytes(stream.read())
