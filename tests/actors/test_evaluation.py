"""Which of two evaluations is better, and by how much the folds let one say so."""

from __future__ import annotations

import statistics
from dataclasses import replace

import pytest
from doubles import BRIEF

from actors.contracts import Evaluation
from actors.evaluation import at_least, beyond_spread

LOSS = replace(BRIEF, metric="rmse", direction="minimize")


def scored(*folds: float) -> Evaluation:
    return Evaluation("script", statistics.fmean(folds), folds)


FAILED = Evaluation("script", None, failure="Traceback")
PRINTED = Evaluation("script", 0.7, (), 0.7, "printed")


@pytest.mark.parametrize(
    ("challenger", "champion", "better", "clearly"),
    [
        (scored(0.6, 0.9), scored(0.5, 0.8), True, True),  # ahead on both, however far apart the folds are
        (scored(0.9, 0.5), scored(0.6, 0.6), True, False),  # ahead by one fold alone
        (scored(0.61, 0.63, 0.59, 0.62), scored(0.60, 0.60, 0.60, 0.60), True, True),
        (scored(0.70, 0.55, 0.58, 0.60), scored(0.60, 0.60, 0.60, 0.60), True, False),
        (scored(0.5, 0.5), scored(0.5, 0.5), True, False),
        (scored(0.5, 0.7), scored(0.7, 0.7), False, False),
        (scored(0.6), scored(0.5), True, True),  # one fold has no spread
        (scored(0.5), scored(0.5), True, False),
        (replace(PRINTED, score=0.8), PRINTED, True, True),
        (FAILED, scored(0.1, 0.1), False, False),
        (scored(-9, -9), FAILED, True, True),
        (scored(-9, -9), None, True, True),
        (FAILED, FAILED, False, False),
    ],
)
def test_better_and_better_beyond_the_spread(
    challenger: Evaluation, champion: Evaluation | None, better: bool, clearly: bool
) -> None:
    assert at_least(challenger, champion, BRIEF) is better
    assert beyond_spread(challenger, champion, BRIEF) is clearly


def test_a_loss_is_better_when_it_is_smaller() -> None:
    assert beyond_spread(scored(0.5, 0.8), scored(0.6, 0.9), LOSS)
    assert not beyond_spread(scored(0.6, 0.9), scored(0.5, 0.8), LOSS)
    assert not beyond_spread(scored(0.5, 1.0), scored(0.8, 0.8), LOSS)
