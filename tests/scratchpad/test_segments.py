"""The journal on an object store: one immutable segment a commit."""

from __future__ import annotations

from pathlib import Path

import pyarrow.fs as pafs
import pytest

from scratchpad.errors import JournalError, ScratchpadError
from scratchpad.records import Entry, Kind
from scratchpad.store import Scratchpad


def note(key: str) -> Entry:
    return Entry(sweep="s", task="t", attempt=0, kind=Kind.ASK, key=key)


def keys(pad: Scratchpad) -> list[str]:
    return list(pad.snapshot().column("key").to_pylist())


@pytest.fixture(params=["subtree", "mock"])
def filesystem(request: pytest.FixtureRequest, tmp_path: Path) -> pafs.FileSystem:
    if request.param == "subtree":
        return pafs.SubTreeFileSystem(str(tmp_path), pafs.LocalFileSystem())
    return pafs._MockFileSystem()


def segments(filesystem: pafs.FileSystem) -> list[str]:
    found = filesystem.get_file_info(pafs.FileSelector("pad/segments"))
    return sorted(info.path for info in found)


def test_each_commit_is_a_segment(filesystem: pafs.FileSystem) -> None:
    pad = Scratchpad.open("pad", filesystem=filesystem)
    pad.append([note("a"), note("b")])
    pad.append([note("c")], commit=False)
    pad.append([note("d")], commit=False)
    assert len(segments(filesystem)) == 1
    pad.commit()
    pad.commit()
    assert len(segments(filesystem)) == 2, "a group is one segment; an empty commit is none"
    reader = Scratchpad.open("pad", filesystem=filesystem, read_only=True)
    assert keys(reader) == ["a", "b", "c", "d"]
    pad.append([note("e")])
    assert reader.refresh() == 1
    with pytest.raises(JournalError, match="reading only"):
        reader.append([note("f")])
    pad.close()
    assert keys(Scratchpad.open("pad", filesystem=filesystem)) == ["a", "b", "c", "d", "e"]


def test_a_torn_last_segment_is_dropped_by_the_next_writer(filesystem: pafs.FileSystem) -> None:
    pad = Scratchpad.open("pad", filesystem=filesystem)
    pad.append([note("a")])
    pad.append([note("b")])
    pad.close()
    last = segments(filesystem)[-1]
    with filesystem.open_input_stream(last) as stream:
        data = stream.read()
    with filesystem.open_output_stream(last) as stream:
        stream.write(data[: len(data) // 2])
    assert keys(Scratchpad.open("pad", filesystem=filesystem, read_only=True)) == ["a"]
    assert len(segments(filesystem)) == 2
    again = Scratchpad.open("pad", filesystem=filesystem)
    again.append([note("c")])
    assert keys(Scratchpad.open("pad", filesystem=filesystem)) == ["a", "c"]


def test_a_hole_or_damage_in_the_middle_is_an_error(filesystem: pafs.FileSystem) -> None:
    pad = Scratchpad.open("pad", filesystem=filesystem)
    for key in "abc":
        pad.append([note(key)])
    middle = segments(filesystem)[1]
    with filesystem.open_output_stream(middle) as stream:
        stream.write(b"noise")
    with pytest.raises(JournalError, match=r"000000000001\.arrows is damaged"):
        Scratchpad.open("pad", filesystem=filesystem)
    filesystem.delete_file(middle)
    with pytest.raises(JournalError, match=r"000000000001\.arrows is missing"):
        Scratchpad.open("pad", filesystem=filesystem)


def test_a_second_writer_is_noticed(filesystem: pafs.FileSystem) -> None:
    first = Scratchpad.open("pad", filesystem=filesystem)
    second = Scratchpad.open("pad", filesystem=filesystem)
    second.append([note("theirs")])
    with pytest.raises(JournalError, match="another writer"):
        first.append([note("mine")])
    assert keys(Scratchpad.open("pad", filesystem=filesystem)) == ["theirs"]


def test_uris_lead_to_their_filesystem(tmp_path: Path) -> None:
    by_uri = Scratchpad.open(f"file://{tmp_path}/pad")
    by_uri.append([note("a")])
    by_uri.close()
    assert keys(Scratchpad.open(tmp_path / "pad", read_only=True)) == ["a"]
    with pytest.raises(ScratchpadError, match="no filesystem for scratchpad nowhere://x"):
        Scratchpad.open("nowhere://x/y")
