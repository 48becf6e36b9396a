"""An append that is sent again, because its first answer was lost, leaves each entry once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scratchpad.errors import DuplicateStepError
from scratchpad.records import Entry, Kind
from scratchpad.store import Scratchpad

STEP = Entry("s", "t", Kind.ASK, 0, "k", time=1_790_000_000.123457, content="answer")
BEGAN = Entry("s", "t", Kind.ATTEMPT, 0, time=1_790_000_001.5)


def test_what_got_through_is_not_repeated() -> None:
    pad = Scratchpad()
    assert pad.append([STEP, BEGAN]) == [0, 1]
    new = replace(STEP, key="k2")
    assert pad.append([STEP, BEGAN, new], resent=True) == [0, 1, 2]
    assert len(pad) == 3
    assert pad.append([STEP], resent=True) == [0]


def test_what_did_not_get_through_is_appended() -> None:
    pad = Scratchpad()
    assert pad.append([STEP, BEGAN], resent=True) == [0, 1]


@pytest.mark.parametrize("change", [{"content": "other"}, {"time": 1_790_000_009.0}, {"kind": Kind.DECISION}])
def test_another_entry_under_the_same_key_is_still_refused(change: dict[str, object]) -> None:
    pad = Scratchpad()
    pad.append([STEP])
    with pytest.raises(DuplicateStepError):
        pad.append([replace(STEP, **change)], resent=True)  # type: ignore[arg-type]


def test_an_entry_that_is_no_step_and_came_later_is_another() -> None:
    pad = Scratchpad()
    pad.append([BEGAN])
    assert pad.append([replace(BEGAN, time=BEGAN.time + 1)], resent=True) == [1]
