from itertools import combinations

import pytest

from runners.success import success_at, success_interval, suite_success_at


@pytest.mark.parametrize("successes", range(6))
@pytest.mark.parametrize("k", range(1, 6))
def test_the_estimate_is_the_share_of_subsets_with_a_success(successes: int, k: int) -> None:
    outcomes = [True] * successes + [False] * (5 - successes)
    subsets = list(combinations(outcomes, k))
    assert success_at(5, successes, k) == pytest.approx(sum(map(any, subsets)) / len(subsets))


@pytest.mark.parametrize("k", [0, 6])
def test_k_beyond_the_attempts_is_refused(k: int) -> None:
    with pytest.raises(ValueError, match=f"success@{k}"):
        success_at(5, 2, k)


def test_the_suite_is_the_mean_over_tasks() -> None:
    assert suite_success_at([(5, 5), (5, 0), (5, 1)], 1) == pytest.approx(0.4)
    assert suite_success_at([(5, 5), (5, 0), (5, 1)], 5) == pytest.approx(2 / 3)


def test_wilson_at_the_number_of_attempts() -> None:
    outcomes = [(5, 1)] * 16 + [(5, 0)] * 4
    assert success_interval(outcomes, 5) == pytest.approx((0.5840, 0.9193), abs=1e-4)


def test_bootstrap_over_tasks_holds_the_mean_and_is_repeatable() -> None:
    outcomes = [(5, c) for c in (0, 1, 2, 3, 4, 5) * 3]
    low, high = success_interval(outcomes, 1)
    assert 0.0 < low < suite_success_at(outcomes, 1) < high < 1.0
    assert success_interval(outcomes, 1) == (low, high)


def test_tasks_that_agree_need_no_resampling() -> None:
    assert success_interval([(5, 0), (5, 0)], 2) == (0.0, 0.0)
