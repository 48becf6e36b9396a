"""A place for small named objects: a local folder, any pyarrow filesystem, or memory."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import Protocol

import pyarrow.fs as pafs

_ATOMIC_ON_CLOSE = frozenset({"s3", "gcs", "abfs"})  # an object appears whole or not at all


class Folder(Protocol):
    """Named objects, each written whole; names may hold one slash."""

    def write(self, name: str, data: bytes) -> None:
        """Write an object so that a reader sees all of it or nothing."""

    def read(self, name: str) -> bytes:
        """The bytes of an object; raises FileNotFoundError."""

    def exists(self, name: str) -> bool:
        """Whether the object is there."""

    def remove(self, name: str) -> None:
        """Remove an object."""

    def names(self) -> list[str]:
        """The objects directly in the folder, sorted."""


class MemoryFolder:
    """Objects in memory."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}

    def write(self, name: str, data: bytes) -> None:
        """Keep an object."""
        self._objects[name] = data

    def read(self, name: str) -> bytes:
        """The bytes of an object; raises FileNotFoundError."""
        try:
            return self._objects[name]
        except KeyError:
            raise FileNotFoundError(name) from None

    def exists(self, name: str) -> bool:
        """Whether the object is there."""
        return name in self._objects

    def remove(self, name: str) -> None:
        """Remove an object."""
        del self._objects[name]

    def names(self) -> list[str]:
        """The objects directly in the folder, sorted."""
        return sorted(name for name in self._objects if "/" not in name)


class LocalFolder:
    """Objects as files of a local folder, on disk before `write` returns."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, name: str, data: bytes) -> None:
        """Write a file beside its place, then rename it there."""
        target = self._root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
        sync_folder(target.parent)

    def read(self, name: str) -> bytes:
        """The bytes of a file; raises FileNotFoundError."""
        return (self._root / name).read_bytes()

    def exists(self, name: str) -> bool:
        """Whether the file is there."""
        return (self._root / name).is_file()

    def remove(self, name: str) -> None:
        """Remove a file."""
        (self._root / name).unlink()

    def names(self) -> list[str]:
        """The files directly in the folder, sorted; drafts are left out."""
        if not self._root.is_dir():
            return []
        return sorted(p.name for p in self._root.iterdir() if p.is_file() and p.name[0] != ".")


class ArrowFolder:
    """Objects on a pyarrow filesystem, an object store for instance."""

    def __init__(self, filesystem: pafs.FileSystem, root: str) -> None:
        self._fs = filesystem
        self._root = root.rstrip("/")

    def write(self, name: str, data: bytes) -> None:
        """Write an object; where the store shows half-written ones, under a draft name first."""
        target = f"{self._root}/{name}"
        if self._fs.type_name in _ATOMIC_ON_CLOSE:
            self._put(target, data)
            return
        folder, base = target.rsplit("/", 1)
        self._fs.create_dir(folder, recursive=True)
        draft = f"{folder}/.{base}.{uuid.uuid4().hex}"
        self._put(draft, data)
        self._fs.move(draft, target)

    def _put(self, path: str, data: bytes) -> None:
        with self._fs.open_output_stream(path, compression=None) as stream:
            stream.write(data)

    def read(self, name: str) -> bytes:
        """The bytes of an object; raises FileNotFoundError."""
        with self._fs.open_input_stream(f"{self._root}/{name}", compression=None) as stream:
            return bytes(stream.read())

    def exists(self, name: str) -> bool:
        """Whether the object is there."""
        return bool(self._fs.get_file_info(f"{self._root}/{name}").type == pafs.FileType.File)

    def remove(self, name: str) -> None:
        """Remove an object."""
        self._fs.delete_file(f"{self._root}/{name}")

    def names(self) -> list[str]:
        """The objects directly in the folder, sorted; drafts are left out."""
        found = self._fs.get_file_info(pafs.FileSelector(self._root, allow_not_found=True))
        return sorted(i.base_name for i in found if i.type == pafs.FileType.File and i.base_name[0] != ".")


def sync_folder(path: Path) -> None:
    """Make a new or renamed file's name in `path` survive a power loss."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
