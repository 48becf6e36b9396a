"""success@k and its intervals, as pure functions of the attempts' outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
from scipy.stats import bootstrap
from statsmodels.stats.proportion import proportion_confint

_RESAMPLES = 2_000


@dataclass(frozen=True)
class Rate:
    """success@k over tasks and its interval, as shares."""

    k: int
    value: float
    low: float
    high: float


def success_at(attempts: int, successes: int, k: int) -> float:
    """The unbiased estimate that at least one of k attempts succeeds: 1 - C(n-c, k) / C(n, k).

    Chen et al. 2021 (arXiv:2107.03374), section 2.1. Raises ValueError for k beyond the attempts.
    """
    if not 1 <= k <= attempts:
        raise ValueError(f"success@{k} needs at least {k} attempts a task, not {attempts}")
    return 1.0 - comb(attempts - successes, k) / comb(attempts, k)


def suite_success_at(outcomes: Sequence[tuple[int, int]], k: int) -> float:
    """The mean over tasks; `outcomes` holds (attempts, successes) a task."""
    return float(np.mean([success_at(n, c, k) for n, c in outcomes]))


def success_interval(
    outcomes: Sequence[tuple[int, int]], k: int, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """An interval by task: Wilson's where each task is a plain yes or no (k equals every task's
    attempts), otherwise the percentile bootstrap over tasks."""
    scores = np.array([success_at(n, c, k) for n, c in outcomes])
    if all(n == k for n, _ in outcomes):
        low, high = proportion_confint(int(scores.sum()), len(scores), alpha=1 - level, method="wilson")
        return float(low), float(high)
    return bootstrap_interval(scores.tolist(), level, seed)


def success_rates(outcomes: Sequence[tuple[int, int]], most: int) -> tuple[Rate, ...]:
    """success@1 to success@most."""
    return tuple(
        Rate(k, suite_success_at(outcomes, k), *success_interval(outcomes, k)) for k in range(1, most + 1)
    )


def bootstrap_interval(values: Sequence[float], level: float = 0.95, seed: int = 0) -> tuple[float, float]:
    """The percentile bootstrap of a mean; without width where there is one value or all agree."""
    array = np.asarray(values, float)
    if len(array) < 2 or np.ptp(array) == 0:
        return float(array.min()), float(array.max())
    interval = bootstrap(
        (array,),
        np.mean,
        n_resamples=_RESAMPLES,
        confidence_level=level,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return float(interval.low), float(interval.high)
