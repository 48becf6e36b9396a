"""The scratchpad held by a Ray actor, and the facade that hides Ray from its users."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs
import ray
from ray.exceptions import ActorDiedError, ObjectLostError, RayActorError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from scratchpad.errors import ScratchpadError
from scratchpad.location import is_local
from scratchpad.namespace import Namespace
from scratchpad.records import Entry
from scratchpad.schema import SCHEMA, to_batch, to_entries
from scratchpad.store import Scratchpad

_RETRY_SECONDS = 60.0  # a restart takes about 2 s, the loss of a node about 14 s
_LOCK_WAIT = 15.0  # the actor of a driver killed a moment ago holds its lock for some 2 s
_Scope = tuple[str, int] | None


class ScratchpadActor:
    """Ray's side: one store, its commits shared by all appends that arrive meanwhile."""

    def __init__(self, uri: str, filesystem: pafs.FileSystem | None, lock_wait: float) -> None:
        self._fault: ScratchpadError | None = None
        self._group: asyncio.Task[None] | None = None  # the commit that has not begun
        self._gate = asyncio.Lock()
        self._published: tuple[int, Any] = (-1, None)
        try:
            self._store = Scratchpad.open(uri, filesystem=filesystem, lock_wait=lock_wait)
        except ScratchpadError as error:
            self._fault = error  # raised by `ready`: Ray would bury it in an actor's death

    async def ready(self) -> None:
        """Raise what kept the store from opening."""
        if self._fault is not None:
            raise self._fault

    async def append(self, data: bytes, scope: _Scope, resent: bool) -> list[int]:
        """Append a serialised batch; returns once it is durable."""
        await self.ready()
        entries = to_entries(pa.ipc.read_record_batch(pa.py_buffer(data), SCHEMA))
        seqs = self._view(scope).append(entries, resent=resent, commit=False)
        if self._group is None:
            self._group = asyncio.create_task(self._commit())
        await asyncio.shield(self._group)
        return seqs

    async def lookup(self, task: str, attempt: int, key: str) -> bytes | None:
        """A step as a serialised batch of one row."""
        await self.ready()
        entry = self._store.lookup(task, attempt, key)
        return None if entry is None else _pack([entry])

    async def snapshot(self) -> list[Any]:
        """The reference of the whole table in the object store, inside a list so that Ray passes it on."""
        await self.ready()
        if self._published[0] != len(self._store):
            self._published = await asyncio.to_thread(self._publish)
        return [self._published[1]]

    async def tail(self, after: int) -> pa.Table:
        """The entries after a sequence number."""
        await self.ready()
        return self._store.tail(after).combine_chunks()

    async def attempt_table(self, task: str, attempt: int) -> pa.Table:
        """The entries of one attempt."""
        await self.ready()
        return self._store.namespace(task, attempt).snapshot()

    async def put_blob(self, data: bytes) -> str:
        """Keep a blob."""
        await self.ready()
        return await asyncio.to_thread(self._store.put_blob, data)

    async def get_blob(self, digest: str, scope: _Scope) -> bytes:
        """A blob's bytes."""
        await self.ready()
        return await asyncio.to_thread(self._view(scope).get_blob, digest)

    async def close(self) -> None:
        """Flush and unlock."""
        if self._fault is None:
            self._store.close()

    async def _commit(self) -> None:
        async with self._gate:  # while the previous commit runs, more appends join this one
            self._group = None
            await asyncio.to_thread(self._store.commit)

    def _publish(self) -> tuple[int, Any]:
        table = self._store.snapshot()
        return table.num_rows, ray.put(table)

    def _view(self, scope: _Scope) -> Scratchpad | Namespace:
        return self._store if scope is None else self._store.namespace(*scope)


class _Caller:
    """Calls of the actor that outlive its restarts."""

    def __init__(self, actor: Any) -> None:
        self.actor = actor

    def get(self, method: str, *args: object) -> Any:
        """Call and wait, blocking."""
        deadline = time.monotonic() + _RETRY_SECONDS
        while True:
            try:
                return ray.get(getattr(self.actor, method).remote(*args))
            except (RayActorError, ObjectLostError, RayTaskError) as error:
                time.sleep(_pause(error, deadline))
                args = _again(method, args)

    async def ask(self, method: str, *args: object) -> Any:
        """Call and wait, letting the event loop go on."""
        deadline = time.monotonic() + _RETRY_SECONDS
        while True:
            try:
                return await getattr(self.actor, method).remote(*args)
            except (RayActorError, ObjectLostError, RayTaskError) as error:
                await asyncio.sleep(_pause(error, deadline))
                args = _again(method, args)


class RemoteNamespace:
    """An attempt's namespace of a scratchpad held by an actor; the actor itself refuses the rest."""

    def __init__(self, actor: Any, task: str, attempt: int) -> None:
        self._caller = _Caller(actor)
        self.task = task
        self.attempt = attempt

    async def append(self, entries: Sequence[Entry]) -> list[int]:
        """Append entries of this attempt, all or none, durably."""
        scope = (self.task, self.attempt)
        seqs: list[int] = await self._caller.ask("append", _pack(entries), scope, False)
        return seqs

    async def lookup(self, key: str) -> Entry | None:
        """The step of this attempt with this key."""
        return _unpack(await self._caller.ask("lookup", self.task, self.attempt, key))

    async def snapshot(self) -> pa.Table:
        """The entries of this attempt, in order."""
        return await self._caller.ask("attempt_table", self.task, self.attempt)

    async def put_blob(self, data: bytes) -> str:
        """Keep bytes too big for a row; returns their digest."""
        digest: str = await self._caller.ask("put_blob", data)
        return digest

    async def get_blob(self, digest: str) -> bytes:
        """A blob attached to an entry of this attempt."""
        data: bytes = await self._caller.ask("get_blob", digest, (self.task, self.attempt))
        return data


class ScratchpadClient:
    """The facade of a scratchpad held by an actor; may be sent to any actor or task."""

    def __init__(self, actor: Any) -> None:
        """Around a running actor; `start` makes one."""
        self._caller = _Caller(actor)

    @classmethod
    def start(
        cls,
        uri: str | Path,
        *,
        filesystem: pafs.FileSystem | None = None,
        lock_wait: float = _LOCK_WAIT,
    ) -> ScratchpadClient:
        """Start the actor that holds the scratchpad at `uri`; raises what kept it from opening.

        Another writer is given `lock_wait` seconds to let go, so that a killed sweep can be resumed at once.
        A journal on a local disk keeps its actor on this node, also when it restarts.
        """
        options: dict[str, Any] = {"num_cpus": 0, "max_restarts": -1, "max_task_retries": 0}
        if is_local(uri) and filesystem is None:
            uri = uri if "://" in str(uri) else Path(uri).absolute()
            node = ray.get_runtime_context().get_node_id()
            options["scheduling_strategy"] = NodeAffinitySchedulingStrategy(node, soft=False)
        client = cls(ray.remote(ScratchpadActor).options(**options).remote(str(uri), filesystem, lock_wait))
        client._caller.get("ready")
        return client

    def append(self, entries: Sequence[Entry]) -> list[int]:
        """Append entries, all or none, durably; returns their sequence numbers."""
        seqs: list[int] = self._caller.get("append", _pack(entries), None, False)
        return seqs

    def lookup(self, task: str, attempt: int, key: str) -> Entry | None:
        """The step of an attempt with this key."""
        return _unpack(self._caller.get("lookup", task, attempt, key))

    def snapshot(self) -> pa.Table:
        """All entries as one table, shared with the object store and not copied."""
        deadline = time.monotonic() + _RETRY_SECONDS
        while True:
            (reference,) = self._caller.get("snapshot")
            try:
                return ray.get(reference)
            except ObjectLostError as error:  # the actor died between the two calls
                time.sleep(_pause(error, deadline))

    def tail(self, after: int = -1) -> pa.Table:
        """The entries whose sequence number is above `after`, in order."""
        return self._caller.get("tail", after)

    def put_blob(self, data: bytes) -> str:
        """Keep bytes too big for a row; returns their digest."""
        digest: str = self._caller.get("put_blob", data)
        return digest

    def get_blob(self, digest: str) -> bytes:
        """The bytes of a digest; raises ScratchpadError."""
        data: bytes = self._caller.get("get_blob", digest, None)
        return data

    def namespace(self, task: str, attempt: int) -> RemoteNamespace:
        """The view that one attempt gets."""
        return RemoteNamespace(self._caller.actor, task, attempt)

    def close(self) -> None:
        """Make all durable, let go of the journal and end the actor."""
        self._caller.get("close")
        ray.kill(self._caller.actor)


def _pack(entries: Sequence[Entry]) -> bytes:
    """Entries as IPC bytes; stamped here, so that one sent twice can be told from two."""
    now = time.time()
    stamped = [entry if entry.time else replace(entry, time=now) for entry in entries]
    return bytes(to_batch(stamped).serialize().to_pybytes())


def _unpack(data: bytes | None) -> Entry | None:
    if data is None:
        return None
    return to_entries(pa.ipc.read_record_batch(pa.py_buffer(data), SCHEMA))[0]


def _again(method: str, args: tuple[object, ...]) -> tuple[object, ...]:
    """The arguments of a repeated call: an append says that its first try may have got through."""
    return (*args[:-1], True) if method == "append" else args


def _pause(error: Exception, deadline: float) -> float:
    """Seconds to wait before the next try; raises where another try cannot help."""
    if isinstance(error, RayTaskError):
        if isinstance(error.cause, ScratchpadError):
            raise error.cause from None
        raise error
    if isinstance(error, ActorDiedError):
        raise ScratchpadError(f"the scratchpad's actor is gone for good: {error}") from error
    if time.monotonic() > deadline:
        raise ScratchpadError(f"the scratchpad's actor did not come back: {error}") from error
    return 0.2
