"""The statistics: symmetric, the libraries' own values, nothing found where nothing is."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, mannwhitneyu, rankdata, wilcoxon

from runners.comparing.statistics import advantage, holm, mcnemar_p, mean_interval, permutation_p

NONE = float("-inf")
MERITS = st.lists(
    st.sampled_from([NONE, -2.5, -1.0, 0.0, 0.3, 0.30000000000000004, 7.0]), min_size=3, max_size=6
)


@given(MERITS, MERITS, st.integers(1, 3))
def test_an_advantage_is_the_others_disadvantage_and_bounded(
    ours: list[float], theirs: list[float], k: int
) -> None:
    assert advantage(ours, theirs, k) == -advantage(theirs, ours, k)
    assert -1.0 <= advantage(ours, theirs, k) <= 1.0
    assert advantage(ours, ours, k) == 0.0


@given(MERITS, MERITS, st.integers(1, 3))
def test_an_advantage_counts_all_subsets(ours: list[float], theirs: list[float], k: int) -> None:
    best = [[max(subset) for subset in combinations(own, k)] for own in (ours, theirs)]
    wins = [0.0 if _same(a, b) else np.sign(a - b) for a in best[0] for b in best[1]]
    assert advantage(ours, theirs, k) == pytest.approx(np.mean(wins))


def _same(a: float, b: float) -> bool:
    return a == b or abs(a - b) < 1e-9


def test_an_advantage_over_single_attempts_is_mann_whitneys() -> None:
    ours, theirs = [0.9, 0.8, 0.7, 0.95, 0.6], [0.5, 0.85, 0.65, 0.7, 0.55]
    u = mannwhitneyu(ours, theirs).statistic
    assert advantage(ours, theirs, 1) == pytest.approx(2 * u / 25 - 1)


def test_no_score_loses_to_every_score_and_ties_with_none() -> None:
    assert advantage([NONE, NONE], [-1e30, -1e30], 2) == -1.0
    assert advantage([NONE, NONE], [NONE, NONE], 1) == 0.0


@pytest.mark.parametrize("seed", range(3))
def test_a_permutation_of_signed_ranks_is_wilcoxons_test(seed: int) -> None:
    values = np.random.default_rng(seed).normal(0.5, 1.0, 9)
    ranks = np.sign(values) * rankdata(np.abs(values))
    assert permutation_p(list(ranks)) == pytest.approx(wilcoxon(values, method="exact").pvalue)


def test_a_permutation_ignores_order_sign_and_tasks_without_a_difference() -> None:
    values = [0.4, -0.1, 0.9, 0.2]
    p = permutation_p(values)
    assert p == permutation_p([-v for v in reversed(values)]) == permutation_p([*values, 0.0, 0.0])
    assert permutation_p([1.0] * 6) == pytest.approx(2 / 2**6)  # the sign test
    assert permutation_p([0.0, 0.0]) == permutation_p([]) == permutation_p([1.0]) == 1.0


def test_many_tasks_are_sampled_repeatably_and_near_the_exact_value() -> None:
    values = [1.0] * 15 + [-1.0] * 5
    assert permutation_p(values) == permutation_p(values)
    assert permutation_p(values) == pytest.approx(binomtest(5, 20).pvalue, abs=0.004)


def test_mcnemar_is_the_binomial_test_of_the_discordant_tasks() -> None:
    ours = [True] * 9 + [False] + [True] * 5
    theirs = [False] * 9 + [True] + [True] * 5
    assert mcnemar_p(ours, theirs) == pytest.approx(binomtest(1, 10).pvalue)
    assert mcnemar_p(ours, theirs) == mcnemar_p(theirs, ours)
    assert mcnemar_p(ours, ours) == 1.0
    assert mcnemar_p([True, False], [False, True]) == 1.0


def test_holm_multiplies_and_keeps_the_order() -> None:
    assert holm([0.04, 0.001, 0.03]) == pytest.approx([0.06, 0.003, 0.06])
    assert holm([]) == []


def test_an_interval_holds_the_mean_and_one_task_has_none() -> None:
    values = [-0.2, 0.1, 0.4, 0.9, 0.3]
    interval = mean_interval(values)
    assert interval is not None
    assert interval[0] < np.mean(values) < interval[1]
    assert mean_interval(values) == interval
    assert mean_interval([0.5, 0.5]) == (0.5, 0.5)
    assert mean_interval([0.5]) is None


def test_p_values_under_the_null_are_not_too_small() -> None:
    draws = np.random.default_rng(0)
    p = [permutation_p(list(np.round(draws.normal(0.0, 1.0, 8), 2))) for _ in range(200)]
    assert np.mean(np.array(p) <= 0.05) <= 0.09  # 0.05 and two standard errors
