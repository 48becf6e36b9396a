"""The Arrow schema of the scratchpad, and entries to and from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from scratchpad.errors import JournalError
from scratchpad.records import Entry, Kind

VERSION = 2
_VERSION_KEY = b"fivestar.scratchpad"

SCHEMA = pa.schema(
    [
        pa.field("sweep", pa.string(), nullable=False),
        pa.field("task", pa.string(), nullable=False),
        pa.field("attempt", pa.int32(), nullable=False),
        pa.field("seq", pa.int64(), nullable=False),
        pa.field("time", pa.timestamp("us", "UTC"), nullable=False),
        pa.field("team", pa.string(), nullable=False),
        pa.field("role", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("key", pa.string(), nullable=False),
        pa.field("path", pa.string(), nullable=False),
        pa.field("parents", pa.list_(pa.string()), nullable=False),
        pa.field("title", pa.string(), nullable=False),
        pa.field("content", pa.large_string(), nullable=False),
        pa.field("content_hash", pa.string(), nullable=False),
        pa.field("attachments", pa.map_(pa.string(), pa.string()), nullable=False),
        pa.field("score", pa.float64()),
        pa.field("metrics", pa.map_(pa.string(), pa.float64()), nullable=False),
        pa.field("tokens_in", pa.int64(), nullable=False),
        pa.field("tokens_out", pa.int64(), nullable=False),
        pa.field("cost", pa.float64()),
        pa.field("seconds", pa.float64(), nullable=False),
        pa.field("error", pa.string()),
        pa.field("model", pa.string(), nullable=False),
    ],
    metadata={_VERSION_KEY: str(VERSION).encode()},
)

_ADDED = {"model": (2, "")}  # column -> the version that brought it, its value in older rows


def to_batch(entries: Sequence[Entry]) -> pa.RecordBatch:
    """Entries as one record batch of `SCHEMA`."""
    columns = [
        pa.array([_cell(field.name, getattr(entry, field.name)) for entry in entries], field.type)
        for field in SCHEMA
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def to_entries(rows: pa.RecordBatch | pa.Table) -> list[Entry]:
    """The entries of a batch or table of `SCHEMA`, in its order."""
    columns: dict[str, Iterable[Any]] = {
        name: (rows.column(name).cast(pa.int64()) if name == "time" else rows.column(name)).to_pylist()
        for name in SCHEMA.names
    }
    return [
        Entry(**{name: _value(name, cell) for name, cell in zip(columns, row, strict=True)})
        for row in zip(*columns.values(), strict=True)
    ]


def version_of(schema: pa.Schema) -> int:
    """The version that a schema's metadata declares; raises JournalError when it declares none."""
    text = (schema.metadata or {}).get(_VERSION_KEY)
    if text is None or not text.isdigit():
        raise JournalError("not a scratchpad: its Arrow schema carries no version")
    return int(text)


def check(schema: pa.Schema) -> None:
    """Refuse a schema that is not of this or an older version; raises JournalError.

    An unknown column is refused, whatever its version: its meaning would be lost in silence.
    """
    version = version_of(schema)
    if version > VERSION:
        raise JournalError(f"schema version {version} is newer than this program's {VERSION}; upgrade it")
    unknown = [name for name in schema.names if name not in SCHEMA.names]
    if unknown:
        raise JournalError(f"unknown columns in the schema: {', '.join(unknown)}")
    for field in SCHEMA:
        if field.name not in schema.names:
            if field.name not in _ADDED or _ADDED[field.name][0] <= version:
                raise JournalError(f"column {field.name} is missing")
        elif schema.field(field.name).type != field.type:
            raise JournalError(
                f"column {field.name} is of type {schema.field(field.name).type}, not {field.type}"
            )


def conform(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch whose schema passes `check` as one of `SCHEMA`."""
    if batch.schema.equals(SCHEMA):
        return batch
    columns = [
        batch.column(field.name)
        if field.name in batch.schema.names
        else pa.repeat(pa.scalar(_ADDED[field.name][1], field.type), batch.num_rows)
        for field in SCHEMA
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def clean(text: str) -> str:
    """The text with lone surrogates, which UTF-8 cannot hold and models do send, as question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _cell(name: str, value: Any) -> Any:
    if name == "time":
        return round(value * 1_000_000)
    if name in ("attachments", "metrics"):
        return list(value.items())
    return clean(value) if isinstance(value, str) else value


def _value(name: str, cell: Any) -> Any:
    if name == "time":
        return cell / 1_000_000
    if name in ("attachments", "metrics"):
        return dict(cell)
    if name == "parents":
        return tuple(cell)
    return Kind(cell) if name == "kind" else cell
