"""The status of an execution, of what is known in the end."""

from __future__ import annotations

import pytest

from actors.contracts import ExitStatus
from actors.sandbox.ending import ending
from actors.sandbox.supervise import Run


def run(breach: ExitStatus) -> Run:
    return Run("", "", "", 1.0, 3.1, 0, None, (breach, "limit"), cancelled=False, lost=False)


@pytest.mark.parametrize("breach", [ExitStatus.CPU, ExitStatus.WALL])
def test_what_ended_a_script_goes_before_the_limit_that_it_passed_at_its_end(breach: ExitStatus) -> None:
    assert ending(run(breach), "disk\n")[0] is ExitStatus.DISK
    assert ending(run(breach), "\n")[0] is breach


def test_what_a_script_tells_of_itself_hides_no_other_limit() -> None:
    assert ending(run(ExitStatus.PROCESSES), "memory\n")[0] is ExitStatus.PROCESSES
    assert ending(run(ExitStatus.CPU), "hidden /answers\nmemory\n")[0] is ExitStatus.FORBIDDEN
