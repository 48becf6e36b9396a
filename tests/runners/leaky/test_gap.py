"""When a printed score is suspicious."""

from __future__ import annotations

from dataclasses import replace

import pytest
from doubles import BRIEF

from actors.contracts import Evaluation
from actors.leakage import is_suspicious, leakage_gap


def evaluation(printed: float | None, *folds: float) -> Evaluation:
    return Evaluation("", sum(folds) / len(folds), folds, printed)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("printed", "folds", "suspicious"),
    [
        (0.99, (0.72, 0.70, 0.74, 0.71, 0.73), True),
        (0.75, (0.72, 0.70, 0.74, 0.71, 0.73), False),  # within what folds differ by
        (0.50, (0.72, 0.70, 0.74, 0.71, 0.73), False),  # worse than measured
        (0.905, (0.9, 0.9, 0.9, 0.9, 0.9), False),  # no spread, but a trifle
        (0.95, (0.9, 0.9, 0.9, 0.9, 0.9), True),
        (0.80, (0.45, 0.75), False),  # two folds say little
        (3.0, (0.5, 1.5), True),  # but not this little
        (0.80, (0.75,), False),
        (0.90, (0.75,), True),
    ],
)
def test_the_gap_is_held_against_chance(
    sign: int, printed: float, folds: tuple[float, ...], suspicious: bool
) -> None:
    brief = replace(BRIEF, direction="maximize" if sign > 0 else "minimize")
    if sign < 0 and min(folds) < 0.46:
        return  # an error turned round is no mirror of a score where sizes matter
    found = evaluation(sign * printed, *(sign * f for f in folds))
    assert is_suspicious(found, brief) is suspicious


def test_an_error_of_which_a_third_is_printed_is_suspicious_with_few_folds() -> None:
    brief = replace(BRIEF, direction="minimize")
    assert is_suspicious(evaluation(0.54, 2.1, 7.9), brief)
    assert not is_suspicious(evaluation(3.9, 4.7, 12.8), brief)


def test_without_two_comparable_scores_there_is_no_gap() -> None:
    assert leakage_gap(evaluation(None, 0.5), BRIEF) is None
    assert leakage_gap(Evaluation("", None, (), 0.9, failure="crash"), BRIEF) is None
    assert leakage_gap(Evaluation("", 0.9, (), 0.9, "printed"), BRIEF) is None
    own = replace(BRIEF, metric="custom")
    assert leakage_gap(evaluation(9.0, 0.5, 0.6), own) is None
    assert not is_suspicious(evaluation(9.0, 0.5, 0.6), own)
