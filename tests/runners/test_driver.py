"""The fan-out against hosts that end, raise and die."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from doubles import spec

from actors.contracts import AttemptSpec, Ending, Grade
from actors.errors import FatalModelError, TransientModelError
from actors.host import AttemptEnd
from runners.driver import FAULT_STARTS, LOST_STARTS, Driver
from scratchpad.client import LocalClient
from scratchpad.records import Kind
from scratchpad.schema import to_entries

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("cluster")]


def host_class() -> type:
    """Made in a function, so that Ray sends it by value: its workers cannot import test modules."""

    class Host:
        def run(self, attempt: AttemptSpec, how: str) -> AttemptEnd:
            if how == "fatal":
                raise FatalModelError("the key is wrong")
            if how == "fault" or (how.startswith("fault once") and not Path(how[11:]).exists()):
                Path(how[11:] or os.devnull).touch()
                raise TransientModelError("boom; gave up after 6 tries")
            if how == "die" or (how.startswith("die once") and not Path(how[9:]).exists()):
                Path(how[9:] or os.devnull).touch()
                os._exit(1)
            time.sleep(0.2)
            return AttemptEnd(Ending.FINISHED, 0, "mle_star", 1, "harness", 0.5, submission="digest")

    return Host


@dataclass
class FakeCrew:
    """Real Ray actors as hosts, one an attempt; `how` says what becomes of each."""

    how: dict[int, str]
    client: LocalClient = field(default_factory=LocalClient)
    started: list[int] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def start(self, attempt: AttemptSpec) -> Any:
        import ray

        self.started.append(attempt.attempt)
        host = ray.remote(host_class()).options(num_cpus=0).remote()
        return host.run.remote(attempt, self.how.get(attempt.attempt, "end"))

    def grade(self, attempt: AttemptSpec, submission: str) -> Any:
        import ray

        return ray.put(Grade(0.5, True, Ending.FINISHED))


def drive(crew: FakeCrew, count: int, drain_after: int | None = None) -> list[Any]:
    specs = [spec(attempt=n) for n in range(count)]
    driver = Driver(
        crew,  # type: ignore[arg-type]
        slots=2,
        draining=lambda: drain_after is not None and len(crew.started) >= drain_after,
        on_tick=lambda: None,
        say=crew.said.append,
    )
    driver.run(specs)
    return to_entries(crew.client.snapshot())


def test_every_attempt_is_graded_in_order_of_start() -> None:
    crew = FakeCrew({})
    entries = drive(crew, 4)
    assert crew.started == [0, 1, 2, 3]
    assert sorted(e.attempt for e in entries if e.kind is Kind.GRADE) == [0, 1, 2, 3]


def test_an_attempt_whose_host_died_is_taken_up_again(tmp_path: Path) -> None:
    crew = FakeCrew({0: f"die once {tmp_path / 'died'}"})
    entries = drive(crew, 2)
    assert crew.started.count(0) == 2
    assert {e.attempt for e in entries if e.kind is Kind.GRADE} == {0, 1}


def test_an_attempt_that_keeps_killing_its_host_is_lost_and_the_others_are_not() -> None:
    crew = FakeCrew({1: "die"})
    entries = drive(crew, 3)
    assert crew.started.count(1) == LOST_STARTS
    lost = [AttemptEnd.loads(e.content) for e in entries if e.kind is Kind.ENDING]
    assert [end.ending for end in lost] == [Ending.ACTOR_LOST]
    assert {e.attempt for e in entries if e.kind is Kind.GRADE} == {0, 2}


def test_a_fatal_model_error_ends_the_sweep_without_an_ending() -> None:
    crew = FakeCrew({1: "fatal"})
    with pytest.raises(FatalModelError, match="the key is wrong"):
        drive(crew, 8)
    entries = to_entries(crew.client.snapshot())
    assert not any(e.attempt == 1 for e in entries)
    assert len(crew.started) < 8


def test_an_attempt_that_its_endpoint_failed_goes_on_after_the_others(tmp_path: Path) -> None:
    crew = FakeCrew({0: f"fault once {tmp_path / 'failed'}"})
    entries = drive(crew, 4)
    assert crew.started == [0, 1, 2, 3, 0]
    assert sorted(e.attempt for e in entries if e.kind is Kind.GRADE) == [0, 1, 2, 3]
    assert crew.said == ["toy attempt 1: boom; gave up after 6 tries; it goes on after the others"]


def test_an_attempt_that_its_endpoint_keeps_failing_has_no_ending_and_a_resume_goes_on_with_it() -> None:
    crew = FakeCrew({1: "fault"})
    entries = drive(crew, 3)
    assert crew.started.count(1) == FAULT_STARTS
    assert {e.attempt for e in entries if e.kind is Kind.GRADE} == {0, 2}
    assert not [e for e in entries if e.attempt == 1]
    assert crew.said[-1].endswith("it is left for a resume")
    crew.how, crew.started = {}, []
    entries = drive(crew, 3)
    assert crew.started == [1]
    assert {e.attempt for e in entries if e.kind is Kind.GRADE} == {0, 1, 2}


def test_draining_starts_nothing_more_and_finishes_what_runs() -> None:
    crew = FakeCrew({})
    entries = drive(crew, 6, drain_after=3)
    assert crew.started == [0, 1, 2]
    assert {e.attempt for e in entries if e.kind is Kind.GRADE} == {0, 1, 2}


def test_what_is_graded_is_neither_run_nor_graded_again() -> None:
    crew = FakeCrew({})
    drive(crew, 2)
    entries = drive(crew, 3)
    assert crew.started == [0, 1, 2]
    assert sorted(e.attempt for e in entries if e.kind is Kind.GRADE) == [0, 1, 2]
