"""A script's output as it comes: bounded in memory, its head and its tail kept."""

from __future__ import annotations

import contextlib
import os
from collections import deque

CHUNK = 1 << 16
FLOOD = 64  # times what is kept: past that the script is killed


class Capture:
    """One stream of a running script, read through a pipe that never blocks."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_size = 0
        self.total = 0
        self.reader, self.writer = os.pipe()
        os.set_blocking(self.reader, False)

    @property
    def flooded(self) -> bool:
        """Whether far more came than any honest script prints."""
        return self.total > FLOOD * self._keep

    def pump(self) -> bool:
        """Take what is there, up to a bound; False at the stream's end."""
        for _ in range(FLOOD):
            try:
                chunk = os.read(self.reader, CHUNK)
            except BlockingIOError:
                return True
            if not chunk:
                return False
            self._take(chunk)
        return True

    def close_writer(self) -> None:
        """Leave the writing end to the script alone."""
        if self.writer >= 0:
            os.close(self.writer)
            self.writer = -1

    def close(self) -> str:
        """Take the rest, let the pipe go, and return the text."""
        self.close_writer()
        text = self.take()
        os.close(self.reader)
        return text

    def take(self) -> str:
        """Take the rest and return the text; what comes later is counted anew."""
        with contextlib.suppress(OSError):
            self.pump()
        text = self._kept()
        self._head, self._tail, self._tail_size, self.total = bytearray(), deque(), 0, 0
        return text

    def _kept(self) -> str:
        tail = b"".join(self._tail)
        half = self._keep - len(self._head)
        left_out = self.total - len(self._head) - min(len(tail), half)
        middle = f"\n[... {left_out} bytes left out ...]\n" if left_out else ""
        return _text(bytes(self._head)) + middle + _text(tail[max(0, len(tail) - half) :])

    def _take(self, chunk: bytes) -> None:
        self.total += len(chunk)
        room = self._keep // 2 - len(self._head)
        if room > 0:
            self._head += chunk[:room]
            chunk = chunk[room:]
        if chunk:
            self._tail.append(chunk)
            self._tail_size += len(chunk)
            while self._tail_size - len(self._tail[0]) >= self._keep:
                self._tail_size -= len(self._tail.popleft())


def _text(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")
