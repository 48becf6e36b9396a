"""Task data on a node: every bundle is written once, read-only, in a folder named by its digest."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import time
import uuid
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from actors.contracts import DataBundle
from actors.errors import InputError

KEEP_SECONDS = 7 * 24 * 3600.0
READ_ONLY_FILE = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH
READ_ONLY_FOLDER = READ_ONLY_FILE | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


class BundleCache:
    """A folder of bundles, shared by all workers of a node and user."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._prune()

    def path(self, digest: str, fetch: Callable[[], DataBundle]) -> Path:
        """The folder of a bundle; `fetch` is called when this node lacks it."""
        if not digest or digest.startswith(".") or "/" in digest:
            raise InputError(f"bundle digest {digest!r}: give a plain name")
        final = self.folder / digest
        if not final.exists():
            self._write(fetch(), final)
        os.utime(final)
        return final

    def _prune(self) -> None:
        """Remove what nobody asked for in a week, and the drafts of workers that died."""
        for entry in list(os.scandir(self.folder)):
            with contextlib.suppress(FileNotFoundError):  # another worker prunes too
                if time.time() - entry.stat().st_mtime > KEEP_SECONDS:
                    _remove(Path(entry.path))

    def _write(self, bundle: DataBundle, final: Path) -> None:
        draft = self.folder / f".{uuid.uuid4().hex}"
        draft.mkdir()
        for name, content in bundle.files:
            path = draft / _checked(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(READ_ONLY_FILE)
            os.utime(path, (0, 0))  # times tell nothing of a fold, and a listing reads the same every time
        for folder, _, _ in os.walk(draft, topdown=False):
            if folder != str(draft):
                os.chmod(folder, READ_ONLY_FOLDER)
        try:
            draft.rename(final)
        except OSError:  # another worker was first; the content is the same by its digest
            _remove(draft)
        else:
            final.chmod(READ_ONLY_FOLDER)


def _remove(folder: Path) -> None:
    for path, _, _ in os.walk(folder):
        os.chmod(path, stat.S_IRWXU)
    shutil.rmtree(folder)


def _checked(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if not name or path.is_absolute() or ".." in path.parts:
        raise InputError(f"file {name!r} of a bundle: give a path inside the bundle")
    return path
