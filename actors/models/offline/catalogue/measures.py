"""The task's metric on held-out rows; `final` is what a decide step returns."""

from __future__ import annotations

import numpy as np
from scipy.stats import spearmanr
from sklearn import metrics

from actors.models.offline.catalogue.task import Array, Task

RANKING = ("roc_auc", "average_precision")  # of two classes: only the order of scores counts


def flat(values: Array) -> Array:
    """A single column as a vector."""
    return values.reshape(len(values), -1)[:, 0]


def measure_accuracy(final: Array, actual: Array, task: Task) -> float:
    """Share of right labels."""
    return float(metrics.accuracy_score(flat(actual), flat(final)))


def measure_balanced_accuracy(final: Array, actual: Array, task: Task) -> float:
    """Mean recall over the classes."""
    return float(metrics.balanced_accuracy_score(flat(actual), flat(final)))


def measure_f1(final: Array, actual: Array, task: Task) -> float:
    """F1 of the second class."""
    return float(metrics.f1_score(flat(actual), flat(final), zero_division=0))


def measure_f1_macro(final: Array, actual: Array, task: Task) -> float:
    """Mean F1 over the classes."""
    return float(metrics.f1_score(flat(actual), flat(final), average="macro", zero_division=0))


def measure_f1_micro(final: Array, actual: Array, task: Task) -> float:
    """F1 of all decisions together."""
    return float(metrics.f1_score(flat(actual), flat(final), average="micro", zero_division=0))


def measure_f1_weighted(final: Array, actual: Array, task: Task) -> float:
    """F1 weighted by class size."""
    return float(metrics.f1_score(flat(actual), flat(final), average="weighted", zero_division=0))


def measure_matthews(final: Array, actual: Array, task: Task) -> float:
    """Matthews correlation."""
    return float(metrics.matthews_corrcoef(flat(actual), flat(final)))


def measure_quadratic_kappa(final: Array, actual: Array, task: Task) -> float:
    """Cohen's kappa with quadratic weights, of rounded codes."""
    return float(metrics.cohen_kappa_score(flat(actual), np.rint(flat(final)), weights="quadratic"))


def measure_roc_auc(final: Array, actual: Array, task: Task) -> float:
    """Area under the ROC curve; one against the rest where there are several classes."""
    if final.shape[1] <= 2:
        return float(metrics.roc_auc_score(flat(actual), final[:, -1]))
    return float(
        metrics.roc_auc_score(flat(actual), final, multi_class="ovr", labels=np.arange(final.shape[1]))
    )


def measure_average_precision(final: Array, actual: Array, task: Task) -> float:
    """Average precision of the second class, or the mean over classes."""
    if final.shape[1] <= 2:
        return float(metrics.average_precision_score(flat(actual), final[:, -1]))
    return float(metrics.average_precision_score(np.eye(final.shape[1])[flat(actual).astype(int)], final))


def measure_log_loss(final: Array, actual: Array, task: Task) -> float:
    """Cross entropy."""
    return float(metrics.log_loss(flat(actual), final, labels=np.arange(final.shape[1])))


def measure_brier(final: Array, actual: Array, task: Task) -> float:
    """Mean squared error of the second class's probability, or summed over classes."""
    if final.shape[1] <= 2:
        return float(np.mean((final[:, -1] - flat(actual)) ** 2))
    return float(np.mean(((final - np.eye(final.shape[1])[flat(actual).astype(int)]) ** 2).sum(axis=1)))


def measure_rmse(final: Array, actual: Array, task: Task) -> float:
    """Root of the mean squared error."""
    return float(np.sqrt(np.mean((final.reshape(actual.shape) - actual) ** 2)))


def measure_mean_rmse(final: Array, actual: Array, task: Task) -> float:
    """RMSE of each target, averaged."""
    return float(np.mean(np.sqrt(np.mean((final.reshape(actual.shape) - actual) ** 2, axis=0))))


def measure_mae(final: Array, actual: Array, task: Task) -> float:
    """Mean absolute error."""
    return float(np.mean(np.abs(final.reshape(actual.shape) - actual)))


def measure_median_ae(final: Array, actual: Array, task: Task) -> float:
    """Median absolute error."""
    return float(np.median(np.abs(final.reshape(actual.shape) - actual)))


def measure_mape(final: Array, actual: Array, task: Task) -> float:
    """Mean absolute error relative to the truth."""
    return float(metrics.mean_absolute_percentage_error(flat(actual), flat(final)))


def measure_smape(final: Array, actual: Array, task: Task) -> float:
    """Symmetric relative error, 0 to 2."""
    size = np.abs(flat(actual)) + np.abs(flat(final))
    return float(np.mean(2 * np.abs(flat(final) - flat(actual)) / np.where(size == 0, 1, size)))


def measure_rmsle(final: Array, actual: Array, task: Task) -> float:
    """RMSE of log(1 + value)."""
    return float(np.sqrt(np.mean((np.log1p(np.clip(flat(final), 0, None)) - np.log1p(flat(actual))) ** 2)))


def measure_rmspe(final: Array, actual: Array, task: Task) -> float:
    """Root mean squared relative error over non-zero truths."""
    real = flat(actual) != 0
    return float(np.sqrt(np.mean((flat(final)[real] / flat(actual)[real] - 1) ** 2)))


def measure_r2(final: Array, actual: Array, task: Task) -> float:
    """Share of variance explained."""
    return float(metrics.r2_score(flat(actual), flat(final)))


def measure_mean_r2(final: Array, actual: Array, task: Task) -> float:
    """R2 of each target, averaged."""
    return float(metrics.r2_score(actual, final.reshape(actual.shape)))


def measure_d2_poisson(final: Array, actual: Array, task: Task) -> float:
    """Share of Poisson deviance explained."""
    return float(metrics.d2_tweedie_score(flat(actual), np.clip(flat(final), 1e-6, None), power=1))


def measure_d2_tweedie(final: Array, actual: Array, task: Task) -> float:
    """Share of Tweedie deviance explained, power 1.5."""
    return float(metrics.d2_tweedie_score(flat(actual), np.clip(flat(final), 1e-6, None), power=1.5))


def measure_pinball(final: Array, actual: Array, task: Task) -> float:
    """Pinball loss averaged over the levels."""
    gap = flat(actual)[:, None] - final
    levels = np.array(task.levels)
    return float(np.mean(np.maximum(levels * gap, (levels - 1) * gap)))


def measure_spearman(final: Array, actual: Array, task: Task) -> float:
    """Rank correlation."""
    return float(spearmanr(flat(actual), flat(final)).statistic)


def measure_c_index(final: Array, actual: Array, task: Task) -> float:
    """Share of comparable pairs in which the earlier event has the larger risk."""
    time, event, risk = actual[:, 0], actual[:, 1] > 0, flat(final)
    earlier = (time[:, None] < time[None, :]) & event[:, None]
    higher = (risk[:, None] > risk[None, :]) + 0.5 * (risk[:, None] == risk[None, :])
    return float(higher[earlier].mean())
