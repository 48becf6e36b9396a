"""An agent's own settings are checked where they are declared."""

from __future__ import annotations

import pytest

from actors.agents.options import Option, read_options
from actors.errors import InputError

DECLARED = {"steps": Option(14, least=1), "chance": Option(0.5, most=1, whole=False)}


def test_what_is_not_given_keeps_its_default() -> None:
    assert read_options(DECLARED, {"steps": 3}) == {"steps": 3.0, "chance": 0.5}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"steps": 0}, r"agent.options.steps=0: must be a whole number of at least 1"),
        ({"steps": 2.5}, r"agent.options.steps=2.5: must be a whole number"),
        ({"steps": float("inf")}, r"agent.options.steps=inf: must be a whole number"),
        ({"steps": float("nan")}, r"agent.options.steps=nan: must be a whole number"),
        ({"chance": 1.5}, r"agent.options.chance=1.5: must be a number from 0 to 1"),
        ({"chance": -0.1}, r"agent.options.chance=-0.1: must be a number from 0 to 1"),
        (
            {"step": 3},
            r"agent.options.step: this agent has no such setting \(did you mean 'steps'\?\); valid: steps",
        ),
    ],
)
def test_nonsense_is_refused_in_one_line(given: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_options(DECLARED, given)
