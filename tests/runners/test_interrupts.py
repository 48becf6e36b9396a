"""Ctrl-C once and twice."""

from __future__ import annotations

import os
import signal

import pytest

from runners.interrupts import Interrupts


def test_the_first_drains_the_second_stops_and_both_say_how_to_go_on() -> None:
    said: list[str] = []
    before = signal.getsignal(signal.SIGINT)
    with Interrupts(said.append, "bench resume=x") as interrupts:
        assert not interrupts.draining()
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupts.draining()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
    assert len(said) == 2
    assert all("bench resume=x" in line for line in said)
    assert signal.getsignal(signal.SIGINT) is before
