"""The statistics of a comparison, as pure functions; the tests themselves are scipy's and statsmodels'.

What is compared is oriented: larger is better, and an attempt without a score is below every score.

*The unit is the task.* Attempts of one task share its data and its difficulty, so they are no independent
evidence for other tasks: every test and interval here takes one value a task, and the attempts (each with
a seed of its own) only make that value less noisy. Attempts of equal number are not paired: that two
agents drew from the same seed ties nothing together.

*Why shares of won pairs and not differences.* The metrics of a suite have no common unit, and one script
that went wild would rule a mean of differences. So a task's value is how often A beats B: at k = 1 over
all pairs of their attempts, which compares what one attempt is likely to give (the role of a mean), and
at k = all attempts by the best of each, which is what success@k hands in. By how much a task is won is
not in it; the table of scores beside it shows that.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import numpy as np
from numpy.typing import NDArray
from scipy.stats import permutation_test
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from runners.success import bootstrap_interval

LEVEL = 0.95
_FLIPS = 2**16  # every pattern of signs up to 16 tasks that differ; beyond, so many random ones
_RELATIVE, _ABSOLUTE = 1e-9, 1e-12  # scores that differ by rounding alone are a tie


def advantage(ours: Sequence[float], theirs: Sequence[float], k: int) -> float:
    """How much likelier the best of k of ours is to win than to lose: from -1 to 1, 0 is a draw.

    Both are merits (larger is better, minus infinity for none). The best of k is taken over all subsets,
    with the weights of order statistics. At k = 1 it is Cliff's delta.
    """
    mine, other = np.sort(np.asarray(ours, float)), np.sort(np.asarray(theirs, float))
    same = np.isclose(mine[:, None], other[None, :], _RELATIVE, _ABSOLUTE)
    sign = np.where(same, 0.0, np.where(mine[:, None] > other[None, :], 1.0, -1.0))
    return round(float(_weights(len(mine), k) @ sign @ _weights(len(other), k)), 12)


def permutation_p(values: Sequence[float]) -> float:
    """Two-sided p-value that a mean over tasks is 0: the signs of the tasks' values are flipped.

    Under the null hypothesis the two sweeps may swap places within a task. Tasks without a difference
    say nothing. Exact up to 16 tasks that differ, otherwise from fixed random flips.
    """
    apart = np.asarray([value for value in values if value != 0.0], float)
    if len(apart) < 2:  # either sign of a single one is as extreme
        return 1.0
    result = permutation_test(
        (apart,),
        np.mean,
        permutation_type="samples",
        n_resamples=_FLIPS,
        vectorized=True,
        rng=np.random.default_rng(0),
    )
    return float(min(1.0, result.pvalue))


def mcnemar_p(ours: Sequence[bool], theirs: Sequence[bool]) -> float:
    """Exact McNemar: two-sided p-value from the tasks that only one of the two solved."""
    pairs = list(zip(ours, theirs, strict=True))
    table = [
        [sum(pair == (mine, other) for pair in pairs) for other in (True, False)] for mine in (True, False)
    ]
    if table[0][1] + table[1][0] == 0:
        return 1.0
    return float(min(1.0, mcnemar(table, exact=True).pvalue))


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values adjusted for how many were asked for, in their order."""
    if not p_values:
        return []
    return [float(p) for p in multipletests(list(p_values), method="holm")[1]]


def mean_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """The percentile bootstrap over tasks of a mean; None for a single task, which has no spread.

    Tasks that all agree give an interval without width: read the p-value then.
    """
    return None if len(values) < 2 else bootstrap_interval(values, LEVEL)


def _weights(n: int, k: int) -> NDArray[np.float64]:
    """How likely each of n values, sorted from worst to best, is to be the best of a random k."""
    return np.array([comb(place, k - 1) / comb(n, k) for place in range(n)])
