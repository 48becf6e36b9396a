"""Batches as Arrow IPC messages that carry a checksum: a lost page must not pass for an entry."""

from __future__ import annotations

import zlib
from typing import IO

import pyarrow as pa

from scratchpad.schema import SCHEMA, version_of

HEADER: bytes = SCHEMA.serialize().to_pybytes()
_END_MARK = 8  # bytes that a finished stream has after its last message
_CHECKSUM = b"crc32"


def frame(batch: pa.RecordBatch) -> pa.Buffer:
    """A batch as one message of a stream of `SCHEMA`, with the CRC-32 of its body as metadata."""
    checksum = _checksum(pa.ipc.read_message(batch.serialize()))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, SCHEMA) as writer:
        writer.write_batch(batch, custom_metadata={_CHECKSUM: checksum})
    stream = sink.getvalue()
    return stream.slice(len(HEADER), stream.size - len(HEADER) - _END_MARK)


def read_frame(file: IO[bytes] | pa.NativeFile, schema: pa.Schema) -> pa.RecordBatch:
    """The next batch of a stream whose header is read.

    Raises EOFError at the end, ArrowInvalid or OSError where the file is torn or damaged. Journals of
    version 1 carry no checksums.
    """
    message = pa.ipc.read_message(file)
    stream = pa.ipc.open_stream(pa.py_buffer(schema.serialize().to_pybytes() + message.serialize()))
    batch, metadata = stream.read_next_batch_with_custom_metadata()
    if version_of(schema) > 1 and (metadata or {}).get(_CHECKSUM) != _checksum(message):
        raise pa.ArrowInvalid("the checksum of a batch does not match")
    return batch


def _checksum(message: pa.Message) -> bytes:
    return str(zlib.crc32(message.body)).encode()
