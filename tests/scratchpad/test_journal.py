"""The local journal: torn ends, sudden deaths, second openers and old versions."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scratchpad.errors import JournalError
from scratchpad.journal import StreamJournal
from scratchpad.records import Entry, Kind
from scratchpad.schema import SCHEMA, VERSION, to_batch, to_entries
from scratchpad.store import Scratchpad

FIXTURES = Path(__file__).parent / "fixtures"
_VERSION_METADATA = b"fivestar.scratchpad"


def note(key: str, content: str = "") -> Entry:
    return Entry(sweep="s", task="t", attempt=0, kind=Kind.ASK, key=key, content=content)


def keys(pad: Scratchpad) -> list[str]:
    return list(pad.snapshot().column("key").to_pylist())


class Written(tuple[bytes, list[int]]):
    """A journal's bytes and the sizes it had; too long to print."""

    def __repr__(self) -> str:
        return f"Written({self[1]})"


@pytest.fixture(scope="module")
def written() -> Written:
    """A journal's bytes, and its size after the header and after each of its eight appends."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "journal.arrows"
        pad = Scratchpad.open(name)
        ends = [path.stat().st_size]
        for number in range(8):
            pad.append([note(f"k{number}", "x" * 37 * number)])
            ends.append(path.stat().st_size)
        pad.close()
        return Written((path.read_bytes(), ends))


@settings(max_examples=60, deadline=None)
@given(
    data=st.data(), garbage=st.sampled_from([b"", b"\0" * 700, b"\xff\xff\xff\xff\x10\0\0\0", b"noise" * 9])
)
def test_a_torn_end_loses_only_the_torn_batch(written: Written, data: st.DataObject, garbage: bytes) -> None:
    whole, ends = written
    cut = data.draw(st.integers(ends[0], len(whole)))
    torn = whole[:cut] + garbage  # zeros may happen to complete a batch that ends in zeros
    acknowledged = [f"k{n}" for n in range(8) if torn.startswith(whole[: ends[n + 1]])]
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "journal.arrows"
        path.write_bytes(torn)
        size = path.stat().st_size
        assert keys(Scratchpad.open(name, read_only=True)) == acknowledged
        assert path.stat().st_size == size, "a reader must not touch the file"
        pad = Scratchpad.open(name)
        assert keys(pad) == acknowledged
        pad.append([note("after")])
        pad.close()
        assert keys(Scratchpad.open(name, read_only=True)) == [*acknowledged, "after"]


@settings(max_examples=60, deadline=None)
@given(share=st.floats(0, 1), side=st.sampled_from(["before", "after"]))
def test_a_page_that_never_reached_the_disk_loses_only_its_batch(
    written: Written, share: float, side: str
) -> None:
    """Pages are written back in any order: either side of a page's edge inside a batch may be zeros."""
    whole, ends = written
    edge = ends[-2] + round(share * (ends[-1] - ends[-2]))
    torn = whole[: ends[-2]] + (
        bytes(edge - ends[-2]) + whole[edge:]
        if side == "before"
        else whole[ends[-2] : edge] + bytes(ends[-1] - edge)
    )
    kept = [f"k{n}" for n in range(8 if torn == whole else 7)]
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "journal.arrows").write_bytes(torn)
        assert keys(Scratchpad.open(name, read_only=True)) == kept
        pad = Scratchpad.open(name)
        pad.append([note("after")])
        pad.close()
        assert keys(Scratchpad.open(name, read_only=True)) == [*kept, "after"]


@pytest.mark.parametrize("cut", [0, 1, 40])
def test_a_torn_header_is_written_again(tmp_path: Path, written: Written, cut: int) -> None:
    (tmp_path / "journal.arrows").write_bytes(written[0][:cut])
    assert keys(Scratchpad.open(tmp_path, read_only=True)) == []
    pad = Scratchpad.open(tmp_path)
    pad.append([note("a")])
    pad.close()
    assert keys(Scratchpad.open(tmp_path, read_only=True)) == ["a"]


def test_the_bytes_cut_off_are_kept_beside(tmp_path: Path, written: Written) -> None:
    whole, ends = written
    (tmp_path / "journal.arrows").write_bytes(whole[: ends[3] + 50])
    Scratchpad.open(tmp_path).close()
    assert (tmp_path / "journal.arrows.torn").read_bytes() == whole[ends[3] : ends[3] + 50]


def test_another_kind_of_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.arrows"
    path.write_bytes(b"id,target\n1,2\n" * 50)
    with pytest.raises(JournalError, match="not a scratchpad journal"):
        Scratchpad.open(tmp_path)
    assert path.read_bytes() == b"id,target\n1,2\n" * 50
    path.unlink()
    Scratchpad.open(tmp_path).close()  # the failed opener let go of the lock


_WRITER = """
import sys
from scratchpad.records import Entry, Kind
from scratchpad.store import Scratchpad
pad = Scratchpad.open(sys.argv[1])
for n in range(10**9):
    pad.append([Entry("s", "t", Kind.ASK, 0, f"k{n}", content="x" * (n % 5000))])
    print(n, flush=True)
"""


def test_every_acknowledged_entry_survives_kill_9(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        for _ in range(200):
            acknowledged = int(writer.stdout.readline())
        reader = Scratchpad.open(tmp_path, read_only=True)
        assert len(reader) > acknowledged
        with pytest.raises(JournalError, match=f"being written by process {writer.pid} "):
            Scratchpad.open(tmp_path)
        writer.send_signal(signal.SIGKILL)
        acknowledged = int(writer.stdout.read().split()[-1] or acknowledged)
    pad = Scratchpad.open(tmp_path)
    assert len(pad) in (acknowledged + 1, acknowledged + 2), "at most one was on its way"
    assert keys(pad) == [f"k{n}" for n in range(len(pad))]
    assert pad.append([note("after")]) == [len(pad) - 1]
    pad.close()
    assert reader.refresh() > 0
    assert keys(reader)[-1] == "after"


def test_one_process_cannot_write_a_journal_twice(tmp_path: Path) -> None:
    first = Scratchpad.open(tmp_path)
    with pytest.raises(JournalError, match="is being written by"):
        Scratchpad.open(tmp_path)
    first.close()
    Scratchpad.open(tmp_path).close()


def test_a_reader_follows_a_writer(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="no journal at"):
        Scratchpad.open(tmp_path, read_only=True)
    writer = Scratchpad.open(tmp_path)
    reader = Scratchpad.open(tmp_path, read_only=True)
    assert reader.refresh() == 0
    writer.append([note("a"), note("b")])
    assert reader.refresh() == 2
    writer.append([note("c")])
    assert reader.refresh() == 1
    assert keys(reader) == ["a", "b", "c"]
    with pytest.raises(JournalError, match="not open for writing"):
        reader.append([note("d")])
    writer.close()


def test_what_is_not_committed_is_not_seen(tmp_path: Path) -> None:
    pad = Scratchpad.open(tmp_path)
    pad.append([note("a")], commit=False)
    assert (len(pad), pad.lookup("t", 0, "a"), pad.snapshot().num_rows, pad.tail().num_rows) == (
        0,
        None,
        0,
        0,
    )
    assert pad.namespace("t", 0).snapshot().num_rows == 0
    pad.commit()
    assert keys(pad) == ["a"]
    pad.close()


def test_a_failed_write_leaves_the_journal_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pad = Scratchpad.open(tmp_path)
    pad.append([note("a")])
    real = os.write

    def half(handle: int, data: memoryview) -> int:
        if len(data) < 100:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(handle, data[: len(data) // 2])

    with monkeypatch.context() as patch:
        patch.setattr("scratchpad.journal.os.write", half)
        with pytest.raises(JournalError, match="No space left"):
            pad.append([note("b")])
    assert pad.append([note("b")]) == [1]
    pad.close()
    assert keys(Scratchpad.open(tmp_path, read_only=True)) == ["a", "b"]


def test_after_a_failed_flush_nothing_more_is_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pad = Scratchpad.open(tmp_path)

    def fail(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("scratchpad.journal.os.fdatasync", fail)
        with pytest.raises(JournalError, match="cannot be flushed"):
            pad.append([note("a")])
    with pytest.raises(JournalError, match="has failed"):
        pad.append([note("b")])
    assert len(pad) == 0
    pad.close()


@pytest.mark.parametrize("version", range(1, VERSION + 1))
def test_journals_of_every_version_load(tmp_path: Path, version: int) -> None:
    shutil.copytree(FIXTURES / f"version{version}", tmp_path, dirs_exist_ok=True)
    reader = Scratchpad.open(tmp_path, read_only=True)
    before = to_entries(reader.snapshot())
    assert [e.kind for e in before] == [
        Kind.SWEEP, Kind.ATTEMPT, Kind.ASK, Kind.EXECUTION, Kind.EVALUATION, Kind.ENDING, Kind.GRADE
    ]  # fmt: skip
    assert before[2].content == "Try a forest — größer"
    assert before[2].model == ("offline" if version > 1 else "")
    assert (before[4].score, before[4].metrics) == (0.75, {"fold_0": 0.7, "fold_1": 0.8})
    assert reader.get_blob(before[4].attachments["submission.csv"]) == b"id,target\n1,0.5\n"
    pad = Scratchpad.open(tmp_path)
    pad.append([Entry("s1", "iris", Kind.ASK, 1, "new", model="m")])
    pad.close()
    again = to_entries(Scratchpad.open(tmp_path, read_only=True).snapshot())
    assert again[:-1] == before
    assert again[-1].model == "m"


def _journal_of(path: Path, batch: pa.RecordBatch) -> None:
    path.mkdir(exist_ok=True)
    data = batch.schema.serialize().to_pybytes() + batch.serialize().to_pybytes()
    (path / "journal.arrows").write_bytes(data)


@pytest.mark.parametrize("version", [1, VERSION])
def test_unknown_columns_are_refused(tmp_path: Path, version: int) -> None:
    batch = to_batch([note("a")]).append_column("mood", pa.array(["good"]))
    _journal_of(tmp_path, batch.replace_schema_metadata({_VERSION_METADATA: str(version).encode()}))
    size = (tmp_path / "journal.arrows").stat().st_size
    for read_only in (True, False):
        with pytest.raises(JournalError, match=r"journal\.arrows: unknown columns in the schema: mood"):
            Scratchpad.open(tmp_path, read_only=read_only)
    assert (tmp_path / "journal.arrows").stat().st_size == size


def test_other_schemas_are_refused(tmp_path: Path) -> None:
    whole = to_batch([note("a")])
    newer = whole.replace_schema_metadata({_VERSION_METADATA: b"999"})
    text_seq = whole.set_column(3, "seq", pa.array(["0"])).replace_schema_metadata(SCHEMA.metadata)
    cases = {
        "newer than this program": newer,
        "column content is missing": whole.drop_columns(["content"]),
        "column seq is of type string": text_seq,
        "carries no version": whole.replace_schema_metadata({}),
    }
    for message, batch in cases.items():
        _journal_of(tmp_path, batch)
        with pytest.raises(JournalError, match=message):
            Scratchpad.open(tmp_path, read_only=True)


def test_a_journal_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    (tmp_path / "journal.arrows").mkdir()
    with pytest.raises(JournalError, match="cannot open journal"):
        StreamJournal(tmp_path / "journal.arrows")
