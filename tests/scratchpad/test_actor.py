"""What only the actor-held scratchpad has to do: survive, share commits, publish without copying."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import threading
import time
from pathlib import Path

import pytest

from scratchpad.errors import JournalError, ScratchpadError
from scratchpad.records import Entry, Kind
from scratchpad.store import Scratchpad

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("cluster")]


def note(key: str, attempt: int = 0, kind: Kind = Kind.ASK) -> Entry:
    return Entry(sweep="s", task="t", attempt=attempt, kind=kind, key=key)


def kill_holder(root: Path) -> None:
    """Kill -9 the process that holds the journal: the lock file names it."""
    os.kill(int((root / "LOCK").read_text().split()[1]), signal.SIGKILL)


def test_nothing_acknowledged_is_lost_when_the_actor_is_killed(tmp_path: Path) -> None:
    from scratchpad.actor import ScratchpadClient

    client = ScratchpadClient.start(tmp_path)
    digest = client.put_blob(b"data")
    steps = 60

    async def attempt(number: int) -> list[int]:
        own = client.namespace("t", number)
        seqs = []
        for n in range(steps):
            seqs += await own.append([note(f"k{n}", number), note("", number, Kind.ATTEMPT)])
        return seqs

    async def attempts() -> list[list[int]]:
        return await asyncio.gather(*(attempt(number) for number in range(4)))

    def kill_twice() -> None:
        for _ in range(2):
            time.sleep(0.3)
            while client.snapshot().num_rows == 0:
                time.sleep(0.01)
            kill_holder(tmp_path)
            client.snapshot()  # waits until it is back

    killer = threading.Thread(target=kill_twice)
    killer.start()
    seqs = asyncio.run(attempts())
    killer.join()
    assert sorted(seq for own in seqs for seq in own) == list(range(4 * steps * 2)), "none lost, none twice"
    rows = client.snapshot().select(["attempt", "seq"]).to_pylist()
    for number, own in enumerate(seqs):
        assert [r["seq"] for r in rows if r["attempt"] == number] == own
    assert client.get_blob(digest) == b"data"
    assert client.append([note("afterwards")]) == [4 * steps * 2]
    client.close()
    assert len(Scratchpad.open(tmp_path, read_only=True)) == 4 * steps * 2 + 1


def test_an_actor_that_cannot_open_its_journal_says_why(tmp_path: Path) -> None:
    from scratchpad.actor import ScratchpadClient

    holder = Scratchpad.open(tmp_path)
    with pytest.raises(JournalError, match="is being written by process"):
        ScratchpadClient.start(tmp_path, lock_wait=0.1)
    holder.close()


def test_a_killed_sweep_can_be_resumed_at_once(tmp_path: Path) -> None:
    from scratchpad.actor import ScratchpadClient

    dying = Scratchpad.open(tmp_path)
    timer = threading.Timer(1.0, dying.close)
    timer.start()
    ScratchpadClient.start(tmp_path).close()
    timer.join()


def test_calls_of_a_closed_scratchpad_end_at_once(tmp_path: Path) -> None:
    from scratchpad.actor import ScratchpadClient

    client = ScratchpadClient.start(tmp_path)
    client.close()
    began = time.monotonic()
    with pytest.raises(ScratchpadError, match="gone for good"):
        client.append([note("a")])
    assert time.monotonic() - began < 10


def test_a_snapshot_is_published_once_and_not_copied(tmp_path: Path) -> None:
    import pyarrow as pa
    import ray

    from scratchpad.actor import ScratchpadClient

    original = ScratchpadClient.start(tmp_path)
    client = pickle.loads(pickle.dumps(original))  # as an actor receives it
    big = [Entry("s", "t", Kind.ASK, 0, f"k{n}", content="x" * 100_000) for n in range(50)]
    client.append(big)
    before = pa.total_allocated_bytes()
    table = client.snapshot()
    assert table.nbytes > 5_000_000
    assert pa.total_allocated_bytes() - before < 100_000
    actor = client._caller.actor
    first, second = ray.get([actor.snapshot.remote(), actor.snapshot.remote()])
    assert first == second
    client.append([note("more")])
    assert ray.get(actor.snapshot.remote()) != first
    assert client.snapshot().num_rows == 51
    del table
    client.close()


def test_appends_that_arrive_together_share_a_commit(tmp_path: Path) -> None:
    import pyarrow.fs as pafs

    from scratchpad.actor import ScratchpadClient

    filesystem = pafs.SubTreeFileSystem(str(tmp_path), pafs.LocalFileSystem())
    client = ScratchpadClient.start("pad", filesystem=filesystem)

    async def together() -> list[list[int]]:
        return await asyncio.gather(*(client.namespace("t", n).append([note("k", n)]) for n in range(60)))

    seqs = asyncio.run(together())
    assert sorted(seq for (seq,) in seqs) == list(range(60))
    commits = len(list((tmp_path / "pad" / "segments").iterdir()))
    assert 1 <= commits < 40
    client.close()
