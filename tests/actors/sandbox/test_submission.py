from __future__ import annotations

import os
from pathlib import Path

import pytest

from actors.sandbox.submission import read_submission


def read(folder: Path, most: int = 1000) -> tuple[bytes | None, str]:
    fd = os.open(folder, os.O_RDONLY)
    try:
        return read_submission(fd, most)
    finally:
        os.close(fd)


def test_a_plain_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "submission.csv").write_bytes(b"id\n1\n")
    assert read(tmp_path) == (b"id\n1\n", "")


def test_none_is_no_fault(tmp_path: Path) -> None:
    assert read(tmp_path) == (None, "")


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda p: p.symlink_to("/etc/passwd"), "symbolic"),
        (os.mkfifo, "regular"),
        (lambda p: p.mkdir(), "regular"),
        (lambda p: p.write_bytes(b"x" * 1001), "more than 1000"),
        (lambda p: (p.touch(), os.link(p, p.parent / "other")), "hard links"),
    ],
)
def test_anything_else_is_refused_at_once(tmp_path: Path, make, word: str) -> None:
    make(tmp_path / "submission.csv")
    content, reason = read(tmp_path)
    assert content is None
    assert word in reason
