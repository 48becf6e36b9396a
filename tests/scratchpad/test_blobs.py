"""Blobs: what damage and concurrency do to them."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scratchpad.blobs import BlobStore
from scratchpad.errors import JournalError
from scratchpad.folder import LocalFolder


def test_a_damaged_blob_is_never_returned(tmp_path: Path) -> None:
    store = BlobStore(LocalFolder(tmp_path))
    digest, other = store.put(b"submission" * 100), store.put(b"other" * 100)
    file = tmp_path / digest[:2] / f"{digest}.zst"
    whole = file.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"noise", (tmp_path / other[:2] / f"{other}.zst").read_bytes()):
        file.write_bytes(damaged)
        with pytest.raises(JournalError, match=f"blob {digest} is damaged"):
            store.get(digest)


def test_a_blob_is_compressed_and_written_once(tmp_path: Path) -> None:
    store = BlobStore(LocalFolder(tmp_path))
    data = b"a,b\n1,2\n" * 10_000
    with ThreadPoolExecutor(8) as pool:
        digests = set(pool.map(store.put, [data] * 32))
    (digest,) = digests
    files = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert [p.name for p in files] == [f"{digest}.zst"]
    assert files[0].stat().st_size < len(data) / 100
    inode = os.stat(files[0]).st_ino
    store.put(data)
    assert os.stat(files[0]).st_ino == inode
