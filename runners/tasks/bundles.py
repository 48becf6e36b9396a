"""Sets of public files, addressed by their content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from actors.contracts import DataBundle


def make_bundle(files: Mapping[str, bytes]) -> DataBundle:
    """A bundle whose digest is the SHA-256 of all names and contents."""
    digest = hashlib.sha256()
    for name in sorted(files):
        for part in (name.encode(), files[name]):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return DataBundle(digest.hexdigest(), tuple((name, files[name]) for name in sorted(files)))


def read_folder(folder: Path) -> dict[str, bytes]:
    """Every regular file below a folder, by its relative name; links and hidden files are left out."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not path.is_symlink()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    }
