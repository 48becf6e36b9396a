"""Slow endpoints and silent ones, by the clock."""

from __future__ import annotations

import pytest

from actors.models import silence
from actors.models.silence import Silence


class Clock:
    """A clock that a test sets."""

    now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(silence, "time", clock)
    return clock


def heard(clock: Clock) -> Silence:
    return Silence(timeout=100.0, _heard=clock.now)


def test_waits_that_end_together_are_one_hang(clock: Clock) -> None:
    it = heard(clock)
    clock.now += 100
    for _ in range(50):
        it.waited(100.0)
    assert not it.lasting
    clock.now += 100
    it.waited(100.0)
    assert not it.lasting
    clock.now += 100
    it.waited(100.0)
    assert it.lasting
    it.answered(5.0)
    assert not it.lasting


def test_short_waits_do_not_make_a_long_one_last(clock: Clock) -> None:
    it = heard(clock)
    clock.now += 100
    it.waited(100.0)
    for _ in range(10):
        clock.now += 1
        it.waited(1.0)
    assert not it.lasting


def test_a_model_that_has_answered_is_silent_when_it_takes_twice_as_long_as_ever(clock: Clock) -> None:
    it = heard(clock)
    assert it.unusual
    it.answered(40.0)
    it.answered(3.0)
    clock.now += 79
    assert not it.unusual
    clock.now += 2
    assert it.unusual


def test_a_quick_model_may_be_slow_for_once(clock: Clock) -> None:
    it = heard(clock)
    it.answered(0.1)
    clock.now += 9
    assert not it.unusual
    clock.now += 2
    assert it.unusual
