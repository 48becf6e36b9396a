"""The metrics of tasks: each declared once with its direction, what it needs and its dummy prediction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn import metrics as sk

from actors.contracts import Direction, Prediction

Array = NDArray[Any]
Dummy = Literal["mean", "median", "log_mean", "prior", "mode", "quantile"]
Domain = Literal["any", "nonnegative", "positive"]


@dataclass(frozen=True)
class Scale:
    """What a metric must know of its task."""

    classes: tuple[str, ...] = ()  # in order; the last of two is the positive class
    levels: tuple[float, ...] = ()  # quantile levels


@dataclass(frozen=True)
class Metric:
    """A way to score predictions.

    `score(truth, predicted, scale)` takes two-dimensional arrays with a row a test row: `truth` holds
    numbers, or positions in `scale.classes` where labels or probabilities of classes are predicted;
    `predicted` holds numbers, positions, or a probability a class (one column: the positive class).
    """

    name: str
    direction: Direction
    needs: tuple[Prediction, ...]  # the first is the default
    dummy: Dummy
    score: Callable[[Array, Array, Scale], float]
    domain: Domain = "any"  # of predicted values
    targets: int | None = 1  # how many target columns; None for any number


def _labels(function: Callable[..., float], **options: object) -> Callable[[Array, Array, Scale], float]:
    def score(truth: Array, predicted: Array, scale: Scale) -> float:
        return _mean_over_columns(truth, predicted, lambda t, p: function(t, p, **options))

    return score


def _mean_over_columns(truth: Array, predicted: Array, function: Callable[[Array, Array], float]) -> float:
    return float(np.mean([function(truth[:, i], predicted[:, i]) for i in range(truth.shape[1])]))


def _f1(truth: Array, predicted: Array, scale: Scale) -> float:
    positive = max(len(scale.classes) - 1, 1)
    return _mean_over_columns(
        truth, predicted, lambda t, p: sk.f1_score(t == positive, p == positive, zero_division=0.0)
    )


def _averaged_f1(average: str) -> Callable[[Array, Array, Scale], float]:
    return _labels(sk.f1_score, average=average, zero_division=0.0)


def _kappa(truth: Array, predicted: Array, scale: Scale) -> float:
    """Zero for a constant prediction of the constant truth, where the kappa is not defined."""
    labels = list(range(max(len(scale.classes), 2)))
    if np.ptp(truth[:, 0]) == 0 and np.array_equal(truth[:, 0], predicted[:, 0]):
        return 0.0
    return float(sk.cohen_kappa_score(truth[:, 0], predicted[:, 0], weights="quadratic", labels=labels))


def _ranking(function: Callable[..., float]) -> Callable[[Array, Array, Scale], float]:
    """Binary: scores of the positive class, a column a target; multiclass: mean of one against the rest."""

    def score(truth: Array, predicted: Array, scale: Scale) -> float:
        if truth.shape[1] == 1 and predicted.shape[1] > 1:
            present = [c for c in range(predicted.shape[1]) if 0 < np.sum(truth[:, 0] == c) < len(truth)]
            return float(np.mean([function(truth[:, 0] == c, predicted[:, c]) for c in present]))
        return _mean_over_columns(truth, predicted, lambda t, p: function(t > 0, p))

    return score


def _log_loss(truth: Array, predicted: Array, scale: Scale) -> float:
    if truth.shape[1] == 1 and predicted.shape[1] > 1:
        labels = list(range(predicted.shape[1]))
        return float(
            sk.log_loss(truth[:, 0], predicted / predicted.sum(axis=1, keepdims=True), labels=labels)
        )
    return _mean_over_columns(truth, predicted, lambda t, p: sk.log_loss(t, p, labels=[0, 1]))


def _brier(truth: Array, predicted: Array, scale: Scale) -> float:
    """The mean squared error of the probabilities; summed over the classes when there are several."""
    if truth.shape[1] == 1 and predicted.shape[1] > 1:
        hot = truth[:, :1] == np.arange(predicted.shape[1])
        return float(np.mean(np.sum((predicted - hot) ** 2, axis=1)))
    return _mean_over_columns(truth, predicted, lambda t, p: sk.brier_score_loss(t, p, pos_label=1))


def _pooled(function: Callable[..., float]) -> Callable[[Array, Array, Scale], float]:
    """All targets as one long column."""
    return lambda truth, predicted, scale: float(function(truth.ravel(), predicted.ravel()))


def _averaged(function: Callable[..., float]) -> Callable[[Array, Array, Scale], float]:
    """The mean of the targets' own scores."""
    return lambda truth, predicted, scale: _mean_over_columns(truth, predicted, function)


def _smape(truth: Array, predicted: Array) -> float:
    """Of 0 to 2; a pair of zeros counts as no error."""
    size = np.abs(truth) + np.abs(predicted)
    return float(
        np.mean(np.where(size > 0, 2 * np.abs(predicted - truth) / np.where(size > 0, size, 1), 0.0))
    )


def _rmspe(truth: Array, predicted: Array) -> float:
    """Rows whose truth is 0 are left out."""
    kept = truth != 0
    return float(np.sqrt(np.mean(((predicted[kept] - truth[kept]) / truth[kept]) ** 2)))


def _pinball(truth: Array, predicted: Array, scale: Scale) -> float:
    """The mean over the levels; `predicted` has a column a level."""
    losses = [
        sk.mean_pinball_loss(truth[:, 0], predicted[:, i], alpha=level)
        for i, level in enumerate(scale.levels)
    ]
    return float(np.mean(losses))


def _spearman(truth: Array, predicted: Array) -> float:
    """Zero for a constant column, where the correlation is not defined."""
    if np.ptp(truth) == 0 or np.ptp(predicted) == 0:
        return 0.0
    return float(stats.spearmanr(truth, predicted).statistic)


def c_index(truth: Array, predicted: Array, scale: Scale) -> float:
    """Harrell's concordance: `truth` is [time, event], a larger prediction means an earlier event."""
    time, event, risk = truth[:, 0], truth[:, 1] > 0, predicted[:, 0]
    right = ties = pairs = 0.0
    for row in np.flatnonzero(event):
        later = (time > time[row]) | ((time == time[row]) & ~event)
        right += np.count_nonzero(risk[later] < risk[row])
        ties += np.count_nonzero(risk[later] == risk[row])
        pairs += np.count_nonzero(later)
    return float((right + ties / 2) / pairs) if pairs else 0.5


_LABEL: tuple[Prediction, ...] = ("label",)
_PROBABILITY: tuple[Prediction, ...] = ("probability",)
_RANK: tuple[Prediction, ...] = ("probability", "value")
_VALUE: tuple[Prediction, ...] = ("value",)
_UP: Direction = "maximize"
_DOWN: Direction = "minimize"

_ALL = (
    Metric("accuracy", _UP, _LABEL, "mode", _labels(sk.accuracy_score), targets=None),
    Metric("balanced_accuracy", _UP, _LABEL, "mode", _labels(sk.balanced_accuracy_score), targets=None),
    Metric("f1", _UP, _LABEL, "mode", _f1, targets=None),
    Metric(
        "f1_macro",
        _UP,
        _LABEL,
        "mode",
        _labels(sk.f1_score, average="macro", zero_division=0.0),
        targets=None,
    ),
    Metric(
        "f1_micro",
        _UP,
        _LABEL,
        "mode",
        _labels(sk.f1_score, average="micro", zero_division=0.0),
        targets=None,
    ),
    Metric(
        "f1_weighted",
        _UP,
        _LABEL,
        "mode",
        _labels(sk.f1_score, average="weighted", zero_division=0.0),
        targets=None,
    ),
    Metric("matthews", _UP, _LABEL, "mode", _labels(sk.matthews_corrcoef)),
    Metric("quadratic_kappa", _UP, _LABEL, "mode", _kappa),
    Metric("roc_auc", _UP, _RANK, "prior", _ranking(sk.roc_auc_score), targets=None),
    Metric("average_precision", _UP, _RANK, "prior", _ranking(sk.average_precision_score), targets=None),
    Metric("log_loss", _DOWN, _PROBABILITY, "prior", _log_loss, targets=None),
    Metric("brier", _DOWN, _PROBABILITY, "prior", _brier, targets=None),
    Metric("rmse", _DOWN, _VALUE, "mean", _pooled(sk.root_mean_squared_error), targets=None),
    Metric("mean_rmse", _DOWN, _VALUE, "mean", _averaged(sk.root_mean_squared_error), targets=None),
    Metric("mae", _DOWN, _VALUE, "median", _pooled(sk.mean_absolute_error), targets=None),
    Metric("median_ae", _DOWN, _VALUE, "median", _pooled(sk.median_absolute_error), targets=None),
    Metric("mape", _DOWN, _VALUE, "median", _pooled(sk.mean_absolute_percentage_error), targets=None),
    Metric("smape", _DOWN, _VALUE, "median", _pooled(_smape), targets=None),
    Metric(
        "rmsle",
        _DOWN,
        _VALUE,
        "log_mean",
        _pooled(sk.root_mean_squared_log_error),
        domain="nonnegative",
        targets=None,
    ),
    Metric("rmspe", _DOWN, _VALUE, "median", _pooled(_rmspe), targets=None),
    Metric("r2", _UP, _VALUE, "mean", _averaged(sk.r2_score), targets=None),
    Metric("mean_r2", _UP, _VALUE, "mean", _averaged(sk.r2_score), targets=None),
    Metric(
        "d2_poisson", _UP, _VALUE, "mean", _averaged(partial(sk.d2_tweedie_score, power=1)), domain="positive"
    ),
    Metric(
        "d2_tweedie",
        _UP,
        _VALUE,
        "mean",
        _averaged(partial(sk.d2_tweedie_score, power=1.5)),
        domain="positive",
    ),
    Metric("pinball", _DOWN, _VALUE, "quantile", _pinball),
    Metric("spearman", _UP, _VALUE, "mean", _averaged(_spearman), targets=None),
    Metric("c_index", _UP, _VALUE, "mean", c_index, targets=2),
)

METRICS: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in _ALL})
CUSTOM = "custom"  # scored by the task's own grade.py
