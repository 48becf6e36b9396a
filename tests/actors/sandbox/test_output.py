from __future__ import annotations

import os

from actors.sandbox.output import FLOOD, Capture


def captured(data: bytes, keep: int) -> str:
    capture = Capture(keep)
    os.set_blocking(capture.writer, False)
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(capture.writer, view) :]
        except BlockingIOError:
            capture.pump()
    return capture.close()


def test_short_output_is_kept_whole() -> None:
    assert captured(b"hello\n", 100) == "hello\n"
    assert captured(b"", 100) == ""
    assert captured(b"x" * 100, 100) == "x" * 100


def test_long_output_keeps_head_and_tail_and_says_what_is_missing() -> None:
    text = captured(b"".join(b"%06d\n" % i for i in range(100_000)), 1000)
    assert text.startswith("000000\n000001\n")
    assert text.endswith("099999\n")
    assert "[... 699000 bytes left out ...]" in text
    assert len(text) < 1100


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert captured(b"\xff\x1b[2J", 100) == "\ufffd\x1b[2J"


def test_a_flood_is_noticed() -> None:
    capture = Capture(10)
    os.write(capture.writer, b"x" * (10 * FLOOD + 1))
    capture.pump()
    assert capture.flooded
    capture.close()
