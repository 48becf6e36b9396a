"""One contract for every way to hold a scratchpad."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from scratchpad.client import Client
from scratchpad.errors import AccessError, DuplicateStepError, ScratchpadError
from scratchpad.records import Entry, Kind, digest_text
from scratchpad.schema import SCHEMA, to_entries


def step(key: str, task: str = "iris", attempt: int = 0, kind: Kind = Kind.ASK, **more: object) -> Entry:
    return Entry(sweep="s", task=task, attempt=attempt, kind=kind, key=key, **more)  # type: ignore[arg-type]


FULL = Entry(
    sweep="s",
    task="iris",
    attempt=3,
    kind=Kind.EVALUATION,
    key="k1",
    time=1_790_000_000.123456,
    team="training",
    role="coder",
    path="refine/0/1",
    parents=("a", "b"),
    title="évaluation",
    content="print('é')\n" * 100,
    attachments={"submission.csv": "0" * 64},
    score=-0.25,
    metrics={"cpu_seconds": 1.5, "fold_0": float("inf")},
    tokens_in=7,
    tokens_out=9,
    cost=None,
    seconds=2.5,
    error="boom",
    model="offline",
)


def test_an_entry_comes_back_as_it_went_in(client: Client) -> None:
    assert client.append([FULL]) == [0]
    stored = replace(FULL, seq=0, content_hash=digest_text(FULL.content))
    assert client.lookup("iris", 3, "k1") == stored
    assert to_entries(client.snapshot()) == [stored]
    assert to_entries(client.tail()) == [stored]


def test_the_store_assigns_sequence_time_and_hash(client: Client) -> None:
    assert client.append([step("a"), step("b")]) == [0, 1]
    assert client.append([step("c", content_hash="forged")]) == [2]
    entry = client.lookup("iris", 0, "c")
    assert entry is not None
    assert entry.time > 1_700_000_000
    assert entry.content_hash == digest_text("")


def test_a_step_key_is_recorded_once_in_an_attempt(client: Client) -> None:
    client.append([step("a", content="first")])
    with pytest.raises(DuplicateStepError, match="'a' of iris attempt 0"):
        client.append([step("b"), step("a", content="second")])
    assert client.lookup("iris", 0, "b") is None, "all or none"
    with pytest.raises(DuplicateStepError):
        client.append([step("c"), step("c")])
    client.append([step("a", attempt=1), step("a", task="wine")])
    entry = client.lookup("iris", 0, "a")
    assert entry is not None
    assert entry.content == "first"


def test_entries_that_are_no_steps_may_repeat(client: Client) -> None:
    began = step("", kind=Kind.ATTEMPT)
    assert client.append([began]) == [0]
    assert client.append([began]) == [1]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (step(""), "without a key"),
        (step("x", score=float("nan")), "score nan"),
        (replace(step("x"), sweep="other"), "holds 's'"),
    ],
)
def test_a_malformed_entry_is_refused(client: Client, entry: Entry, message: str) -> None:
    client.append([step("a")])
    with pytest.raises(ScratchpadError, match=message):
        client.append([entry])
    assert client.snapshot().num_rows == 1


def test_a_lone_surrogate_does_not_stop_an_append(client: Client) -> None:
    client.append([step("a", content="bad \ud800 text")])
    entry = client.lookup("iris", 0, "a")
    assert entry is not None
    assert entry.content == "bad ? text"
    assert entry.content_hash == digest_text("bad ? text")


def test_tail_gives_what_is_new(client: Client) -> None:
    assert client.tail().num_rows == 0
    client.append([step("a"), step("b")])
    client.append([step("c")])
    assert [e.key for e in to_entries(client.tail(0))] == ["b", "c"]
    client.snapshot()
    client.append([step("d")])
    assert [e.key for e in to_entries(client.tail(1))] == ["c", "d"]
    assert client.tail(3).num_rows == 0
    assert client.tail(3).schema == SCHEMA


def test_a_snapshot_holds_everything_in_one_chunk(client: Client) -> None:
    assert client.snapshot().num_rows == 0
    for number in range(5):
        client.append([step(f"k{number}")])
    table = client.snapshot()
    client.append([step("later")])
    assert table.column("key").to_pylist() == [f"k{n}" for n in range(5)]
    assert table.column("key").num_chunks == 1
    assert client.snapshot().column("seq").to_pylist() == list(range(6))


def test_blobs_are_kept_by_content(client: Client) -> None:
    data = bytes(range(256)) * 1000
    digest = client.put_blob(data)
    assert client.put_blob(data) == digest
    assert client.get_blob(digest) == data
    assert client.get_blob(client.put_blob(b"")) == b""
    with pytest.raises(ScratchpadError, match="no blob"):
        client.get_blob("0" * 64)
    with pytest.raises(ScratchpadError, match="not a blob digest"):
        client.get_blob("../../etc/passwd")


def test_a_namespace_sees_its_own_attempt_alone(client: Client) -> None:
    secret = client.put_blob(b"another attempt's submission")
    client.append([step("shared", attempt=1, content="theirs", attachments={"s": secret})])

    async def attempt_zero() -> None:
        own = client.namespace("iris", 0)
        digest = await own.put_blob(b"mine")
        await own.append([step("mine", attachments={"s": digest})])
        assert (own.task, own.attempt) == ("iris", 0)
        assert await own.lookup("shared") is None
        mine = await own.lookup("mine")
        assert mine is not None
        assert mine.key == "mine"
        assert (await own.snapshot()).column("key").to_pylist() == ["mine"]
        assert await own.get_blob(digest) == b"mine"
        with pytest.raises(AccessError, match="not attached"):
            await own.get_blob(secret)
        for stranger in (step("x", attempt=1), step("x", task="wine"), step("x", attempt=-1)):
            with pytest.raises(AccessError, match="may not reach"):
                await own.append([step("ok"), stranger])
        assert await own.lookup("ok") is None

    asyncio.run(attempt_zero())
    assert client.snapshot().num_rows == 2


def test_concurrent_appends_are_all_kept(client: Client) -> None:
    async def attempt(number: int) -> list[int]:
        own = client.namespace("iris", number)
        return [(await own.append([step(f"k{n}", attempt=number)]))[0] for n in range(5)]

    async def all_attempts() -> list[list[int]]:
        return await asyncio.gather(*(attempt(number) for number in range(10)))

    seqs = asyncio.run(all_attempts())
    assert sorted(seq for own in seqs for seq in own) == list(range(50))
    rows = client.snapshot().select(["attempt", "key", "seq"]).to_pylist()
    for number, own in enumerate(seqs):
        assert [r["seq"] for r in rows if r["attempt"] == number] == own


def test_everything_is_there_when_opened_again(opener, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    if opener.__name__ == "_memory":
        pytest.skip("memory ends with its process")
    first: Client = opener(tmp_path / "again")
    digest = first.put_blob(b"data")
    first.append([step("a"), FULL])
    before = to_entries(first.snapshot())
    first.close()
    second: Client = opener(tmp_path / "again")
    assert to_entries(second.snapshot()) == before
    assert second.get_blob(digest) == b"data"
    with pytest.raises(DuplicateStepError):
        second.append([step("a")])
    assert second.append([step("b")]) == [2]
    second.close()
