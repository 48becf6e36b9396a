from __future__ import annotations

import os
from pathlib import Path

import pytest

from actors.contracts import DataBundle
from actors.errors import InputError
from actors.sandbox.bundles import BundleCache

BUNDLE = DataBundle("abc", (("a/b.csv", b"1"), ("c.csv", b"2")))


def test_a_bundle_is_fetched_once(tmp_path: Path) -> None:
    calls: list[int] = []

    def fetch() -> DataBundle:
        calls.append(1)
        return BUNDLE

    first = BundleCache(tmp_path / "cache").path("abc", fetch)
    second = BundleCache(tmp_path / "cache").path("abc", fetch)
    assert first == second
    assert len(calls) == 1
    assert (first / "a/b.csv").read_bytes() == b"1"
    assert os.stat(first / "c.csv").st_mode & 0o222 == 0
    assert os.stat(first / "a").st_mode & 0o222 == 0
    assert os.stat(first / "a/b.csv").st_mtime == os.stat(first / "c.csv").st_mtime == 0
    assert os.listdir(tmp_path / "cache") == ["abc"]


def test_the_loser_of_a_race_leaves_nothing(tmp_path: Path) -> None:
    cache = BundleCache(tmp_path)

    def fetch_after_another() -> DataBundle:
        BundleCache(tmp_path).path("abc", lambda: BUNDLE)
        return BUNDLE

    assert (cache.path("abc", fetch_after_another) / "c.csv").read_bytes() == b"2"
    assert os.listdir(tmp_path) == ["abc"]


def test_bundles_out_of_use_are_removed(tmp_path: Path) -> None:
    old = BundleCache(tmp_path).path("abc", lambda: BUNDLE)
    os.utime(old, (0, 0))
    recent = BundleCache(tmp_path).path("def", lambda: BUNDLE)
    assert not old.exists()
    assert recent.exists()


@pytest.mark.parametrize("name", ["../x", "/x", ""])
def test_file_names_stay_inside(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="inside the bundle"):
        BundleCache(tmp_path).path("abc", lambda: DataBundle("abc", ((name, b""),)))


@pytest.mark.parametrize("digest", ["", "../x", ".hidden"])
def test_digests_are_plain_names(tmp_path: Path, digest: str) -> None:
    with pytest.raises(InputError, match="plain name"):
        BundleCache(tmp_path).path(digest, lambda: BUNDLE)
