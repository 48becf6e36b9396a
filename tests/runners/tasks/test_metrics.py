import numpy as np
import pytest
from sklearn import metrics as sk

from runners.tasks.metrics import METRICS, Scale

RNG = np.random.default_rng(0)
NAMES = [
    *("accuracy", "balanced_accuracy", "f1", "f1_macro", "f1_micro", "f1_weighted", "matthews"),
    *("quadratic_kappa", "roc_auc", "average_precision", "log_loss", "brier"),
    *("rmse", "mean_rmse", "mae", "median_ae", "mape", "smape", "rmsle", "rmspe", "r2", "mean_r2"),
    *("d2_poisson", "d2_tweedie", "pinball", "spearman", "c_index"),
]
TWO = Scale(("0", "1"))
THREE = Scale(("a", "b", "c"))


def column(*values: float) -> np.ndarray:
    return np.array(values).reshape(-1, 1)


def score(name: str, truth: np.ndarray, predicted: np.ndarray, scale: Scale = TWO) -> float:
    return METRICS[name].score(truth, predicted, scale)


def test_every_promised_metric_is_declared_once() -> None:
    assert sorted(METRICS) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_truth_scores_better_than_noise_in_the_declared_direction(name: str) -> None:
    metric = METRICS[name]
    truth = RNG.integers(0, 2, (60, 1)).astype(float)
    truth[:2] = [[0.0], [1.0]]
    noise = 1 - truth
    if metric.needs == ("value",):
        truth = RNG.gamma(2, 3, (60, 1)) + 0.1
        noise = RNG.gamma(2, 3, (60, 1)) + 0.1
    scale = Scale(("0", "1"), (0.5,))
    if name == "c_index":
        truth = np.column_stack([truth[:, 0], np.ones(60)])
        assert score(name, truth, -truth[:, :1]) == 1.0 > score(name, truth, noise)
        return
    best, worse = metric.score(truth, truth, scale), metric.score(truth, noise, scale)
    assert best > worse if metric.direction == "maximize" else best < worse


@pytest.mark.parametrize(
    ("name", "expected"), [("smape", (2 / 3 + 0 + 2) / 3), ("rmspe", 1.0), ("median_ae", 1.0), ("mae", 2 / 3)]
)
def test_small_cases_by_hand(name: str, expected: float) -> None:
    assert score(name, column(1, 0, 1), column(2, 0, 0)) == pytest.approx(expected)


def test_mean_rmse_averages_over_outputs_and_rmse_does_not() -> None:
    truth, predicted = np.zeros((2, 2)), np.array([[3.0, 1.0], [3.0, 1.0]])
    assert score("mean_rmse", truth, predicted) == pytest.approx(2.0)
    assert score("rmse", truth, predicted) == pytest.approx(np.sqrt(5))


def test_class_probabilities_agree_with_scikit_learn() -> None:
    truth = RNG.integers(0, 3, (50, 1))
    chances = RNG.dirichlet([1, 1, 1], 50)
    assert score("log_loss", truth, chances, THREE) == pytest.approx(sk.log_loss(truth[:, 0], chances))
    auc = sk.roc_auc_score(truth[:, 0], chances, multi_class="ovr")
    assert score("roc_auc", truth, chances, THREE) == pytest.approx(auc)
    hot = np.eye(3)[truth[:, 0]]
    assert score("brier", truth, chances, THREE) == pytest.approx(((chances - hot) ** 2).sum(axis=1).mean())


def test_f1_takes_the_last_class_as_positive() -> None:
    assert score("f1", column(1, 1, 0, 0), column(1, 0, 0, 0)) == pytest.approx(2 / 3)


def test_pinball_is_the_mean_over_levels() -> None:
    truth, predicted = column(10.0, 10.0), np.array([[8.0, 12.0], [8.0, 12.0]])
    assert score("pinball", truth, predicted, Scale(levels=(0.1, 0.9))) == pytest.approx(0.2)


def test_c_index_counts_only_comparable_pairs() -> None:
    truth = np.array([[1.0, 1], [2.0, 0], [3.0, 1]])  # the second is censored: it only outlives the first
    assert score("c_index", truth, column(3, 2, 1)) == 1.0
    assert score("c_index", truth, column(2, 3, 1)) == 0.5
    assert score("c_index", truth, column(1, 1, 1)) == 0.5


def test_constant_predictions_have_a_score() -> None:
    assert score("spearman", column(1, 2, 3), column(5, 5, 5)) == 0.0
    assert score("quadratic_kappa", column(1, 1, 1), column(1, 1, 1)) == 0.0
    assert score("matthews", column(0, 1, 1), column(1, 1, 1)) == 0.0
