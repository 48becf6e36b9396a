"""From raw predictions to the values that the metric wants."""

from __future__ import annotations

import numpy as np
from sklearn import metrics

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.blending import ANY
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.task import Array, Task

TUNED = ("f1", "f1_macro", "f1_weighted", "matthews", "balanced_accuracy")  # argmax does not serve them
ABSOLUTE = ("mae", "median_ae")  # a median serves them, not a mean
ORDERED = ("quadratic_kappa", "mae", "rmse", "spearman", "r2", "median_ae")


def to_median(raw: Array, held: Array, actual: Array, task: Task) -> Array:
    """Predictions moved by the median held-out residual where the metric counts absolute errors.

    Members fit means. Not where rows are split by time: there a residual is also the last period's drift.
    """
    if task.metric not in ABSOLUTE or task.split in ("time", "block"):
        return raw
    rest = actual - held
    move = np.median(rest, axis=0)
    doubt = 1.86 * np.median(np.abs(rest - move), axis=0) / np.sqrt(len(rest))  # a median's standard error
    return np.asarray(raw + move**3 / (move**2 + doubt**2 + 1e-12))  # few rows tell little


def decide_value(raw: Array, held: Array, actual: Array, task: Task) -> Array:
    """Numbers kept near the range of the known truths, above zero where the metric needs it."""
    known = actual.reshape(len(actual), -1)
    raw = to_median(raw, held, known, task)
    low, high = known.min(axis=0), known.max(axis=0)
    margin = 0.25 * (high - low)
    floor = np.where(low >= 0, np.maximum(low - margin, 0), low - margin)
    if task.metric in ("d2_poisson", "d2_tweedie"):
        floor = np.maximum(floor, 0.02 * known.mean(axis=0))
    return np.clip(raw, floor, high + margin)


def decide_raw(raw: Array, held: Array, actual: Array, task: Task) -> Array:
    """Predictions as they are."""
    return raw


def decide_quantiles(raw: Array, held: Array, actual: Array, task: Task) -> Array:
    """Quantiles in rising order."""
    return np.asarray(np.sort(raw, axis=1)) if list(task.levels) == sorted(task.levels) else raw


def decide_probability(raw: Array, held: Array, actual: Array, task: Task) -> Array:
    """Probabilities kept off 0 and 1, where one miss costs without bound."""
    safe = np.clip(raw, 1e-4, 1 - 1e-4)
    if task.kind != "classes":
        return safe  # several targets, each with a probability of its own
    return np.asarray(safe / safe.sum(axis=1, keepdims=True))


def decide_label(raw: Array, held: Array, actual: Array, task: Task) -> Array:
    """The most probable class; the nearest whole number where there are several targets."""
    return np.asarray(raw.argmax(axis=1) if task.kind == "classes" else np.rint(np.clip(raw, 0, None)))


def class_score(weights: Array, held: Array, actual: Array, task: Task) -> float:
    """How good the labels are when classes are weighed like this."""
    # By counts: the same numbers as scikit-learn's functions, which check their input anew each time.
    size = held.shape[1]
    codes = (held * weights).argmax(axis=1)
    table = np.bincount(actual.astype(int) * size + codes, minlength=size * size).reshape(size, size)
    hits, were, said = np.diag(table).astype(float), table.sum(axis=1), table.sum(axis=0)
    f1 = 2 * hits / np.maximum(were + said, 1)
    if task.metric == "f1":
        return float(f1[1])
    if task.metric == "matthews":
        rows = len(codes)
        spread = np.sqrt(float(rows**2 - said @ said) * float(rows**2 - were @ were))
        return float((hits.sum() * rows - were @ said) / spread) if spread else 0.0
    if task.metric == "balanced_accuracy":
        return float((hits[were > 0] / were[were > 0]).mean())
    return float(f1[were + said > 0].mean() if task.metric == "f1_macro" else f1 @ were / len(codes))


def second_weight(held: Array, actual: Array, task: Task) -> float:
    """What the second of two classes must weigh: the middle of the best stretch, for any share of rows."""
    grid = np.geomspace(0.02, 1000.0, 140)
    scores = [class_score(np.array([1.0, w]), held, actual, task) for w in grid]
    near = np.convolve(np.pad(scores, 2, mode="edge"), np.ones(5) / 5, mode="valid")  # few rows make it jump
    return float(np.exp(np.log(grid[near >= near.max() - 1e-9]).mean()))


def decide_weighted(raw: Array, held: Array, actual: Array, task: Task) -> Array:
    """Labels after weighing the classes as held-out rows ask for; many by rounds of line searches."""
    if held.shape[1] == 2:
        return np.asarray((raw * [1.0, second_weight(held, actual, task)]).argmax(axis=1))
    weights = np.ones(held.shape[1])
    best = class_score(weights, held, actual, task)
    for _ in range(2):
        for position in range(len(weights)):
            for factor in (0.5, 0.7, 0.85, 1.15, 1.4, 2.0, 3.0, 4.5):
                trial = weights.copy()
                trial[position] *= factor
                score = class_score(trial, held, actual, task)
                if score > best + 1e-4:
                    weights, best = trial, score
    return np.asarray((raw * weights).argmax(axis=1))


def decide_several(raw: Array, held: Array, actual: Array, task: Task) -> Array:
    """Labels of several two-valued targets, each cut where held-out rows score best."""
    if len(task.classes) != 2:
        return np.asarray(np.rint(np.clip(raw, 0, None)))
    cut = np.zeros(raw.shape)
    for k in range(raw.shape[1]):
        both, known = (np.clip(np.column_stack([1 - m[:, k], m[:, k]]), 0, 1) for m in (raw, held))
        weight = second_weight(known, actual[:, k], task) if task.metric in TUNED else 1.0
        cut[:, k] = (both * [1.0, weight]).argmax(axis=1)
    return cut


def least_absolute(raw: Array, scores: Array, truths: Array) -> Array:
    """Codes of least absolute error: medians of the truths whose held-out scores are nearest, by score."""
    order = np.argsort(scores, kind="stable")
    scores, truths = scores[order], truths[order]
    near = min(len(scores), max(15, min(60, len(scores) // 5)))
    windows = np.lib.stride_tricks.sliding_window_view(truths, near)
    centres = np.lib.stride_tricks.sliding_window_view(scores, near).mean(axis=1)
    levels = np.maximum.accumulate(np.median(windows, axis=1))
    return np.asarray(np.rint(np.interp(raw, centres, levels)))


def decide_ordinal(raw: Array, held: Array, actual: Array, task: Task) -> Array:
    """Codes by cut points: as many rows a class as the truth has, then moved while kappa rises."""
    scores, truths = held[:, 0], actual.reshape(-1)
    if task.metric in ABSOLUTE:
        return least_absolute(raw[:, 0], scores, truths)
    if task.metric != "quadratic_kappa":
        return raw[:, 0] if task.prediction == "value" and task.metric != "accuracy" else np.rint(raw[:, 0])
    top = len(task.classes) if task.classes else int(truths.max()) + 1
    shares = np.cumsum(np.bincount(truths.astype(int), minlength=top)[:-1]) / len(truths)
    by_share, by_middle = np.quantile(scores, shares), np.arange(top - 1) + 0.5

    def kappa(cuts: Array) -> float:
        return float(
            metrics.cohen_kappa_score(truths, np.digitize(scores, np.sort(cuts)), weights="quadratic")
        )

    cuts = max((by_share, by_middle, (by_share + by_middle) / 2), key=kappa)
    best = kappa(cuts)
    for step in (0.3, 0.15):
        for position in range(len(cuts)):
            for move in (-step, step):
                trial = cuts.copy()
                trial[position] += move
                score = kappa(trial)
                if score > best + 1e-3:
                    cuts, best = trial, score
    return np.asarray(np.digitize(raw[:, 0], np.sort(cuts)))


def wants_probability(brief: TaskBrief) -> float:
    """Probabilities asked for."""
    return 0.6 if brief.prediction == "probability" else 0.0


def wants_label(brief: TaskBrief) -> float:
    """Labels asked for."""
    return 0.5 if brief.prediction == "label" else 0.0


def wants_weighing(brief: TaskBrief) -> float:
    """Labels asked for, and a metric that plain argmax does not serve."""
    fits = brief.prediction == "label" and len(brief.target) == 1
    return 0.6 if fits and brief.metric in TUNED else 0.0


def wants_several(brief: TaskBrief) -> float:
    """Labels of several targets."""
    return 0.7 if brief.prediction == "label" and len(brief.target) > 1 else 0.0


def wants_cuts(brief: TaskBrief) -> float:
    """An ordinal target."""
    return 0.9 if brief.problem == "ordinal" and brief.metric in ORDERED else 0.0


RECIPES = (
    Recipe(decide_raw, "decide", "As they are.", lambda b: 0.1, layouts=ANY),
    Recipe(
        decide_value,
        "decide",
        "Numbers within the known range.",
        lambda b: 0.5 if b.problem in ("regression", "count", "multioutput") else 0.0,
    ),
    Recipe(
        decide_quantiles,
        "decide",
        "Quantiles in order.",
        lambda b: 0.9 if b.problem == "quantile" else 0.0,
        layouts=ANY,
    ),
    Recipe(decide_probability, "decide", "Probabilities off the edges.", wants_probability, layouts=ANY),
    Recipe(decide_label, "decide", "The most probable class.", wants_label, layouts=ANY),
    Recipe(decide_weighted, "decide", "Classes weighed for the metric.", wants_weighing, layouts=ANY),
    Recipe(decide_several, "decide", "Each target's own cut.", wants_several, layouts=ANY),
    Recipe(decide_ordinal, "decide", "Cut points for ordered classes.", wants_cuts, layouts=ANY),
)
