"""Frames as matrices, targets as vectors, class probabilities in the task's order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import QuantileTransformer, SplineTransformer, StandardScaler

from actors.models.offline.catalogue.task import Array, Frame, Task, inputs, labelled, truth


def stacked(train: Frame, test: Frame, task: Task) -> tuple[Frame, Array]:
    """The inputs of labelled training rows and test rows below each other, and the fitted target.

    The target is codes (rows,) for classes, else numbers rows x outputs (survival: see `hazard`).
    """
    known = labelled(train, task)
    y = truth(known, task)
    if task.kind == "classes":
        y = y.astype(int)
    elif task.kind == "risk":
        y = martingale(y)
    else:
        y = y.reshape(len(known), -1)
    x, z = inputs(known, task), inputs(test, task)
    shared = [c for c in z.columns if c in x.columns]
    return pd.concat([x[shared], z[shared]], ignore_index=True), y


def hazard(times: Array, events: Array) -> Array:
    """Nelson-Aalen cumulative hazard at each row's own time."""
    order = np.argsort(times, kind="stable")
    sorted_times, sorted_events = times[order], events[order]
    first = np.searchsorted(sorted_times, sorted_times, side="left")
    last = np.searchsorted(sorted_times, sorted_times, side="right")
    at_risk = len(times) - first
    total = np.cumsum(sorted_events / at_risk)
    result = np.empty(len(times))
    result[order] = total[last - 1]
    return result


def martingale(actual: Array) -> Array:
    """Events beyond what the common hazard expects: turns survival into regression, rows x 1."""
    times, events = actual[:, 0], (actual[:, 1] > 0).astype(float)
    return np.asarray(events - hazard(times, events))[:, None]


def logs(task: Task, y: Array, asked: bool = False) -> bool:
    """Whether to fit log(1 + y): asked for, or because the metric counts relative errors."""
    relative = task.metric in ("rmsle", "rmspe", "mape", "smape")
    return bool(task.kind == "values" and (asked or relative) and y.min() >= 0)


def log_unit(task: Task, y: Array) -> float:
    """What targets are counted in before the log of 1 + y: less than 1 where most are small.

    Else log(1 + y) would be y itself, and a metric of relative errors not served.
    """
    if task.metric not in ("rmspe", "mape", "smape") or not (y > 0).any():
        return 1.0
    return float(min(1.0, np.median(y[y > 0]) / 20))


def bent(task: Task, y: Array, asked: bool = False) -> Array:
    """The target as it is fitted: its log where `logs` says so; see `straight`."""
    return np.asarray(np.log1p(y / log_unit(task, y))) if logs(task, y, asked) else y


def straight(task: Task, y: Array, guess: Array, asked: bool = False) -> Array:
    """Predictions of a bent target on the target's own scale."""
    if not logs(task, y, asked):
        return guess
    unit = log_unit(task, y)
    return np.asarray(unit * np.expm1(np.minimum(guess, 2 * np.log1p(y.max() / unit))))


def fitted_terms(maker: TfidfVectorizer, texts: Iterable[str]) -> tuple[TfidfVectorizer, Any]:
    """The vectoriser fitted and the matrix of its texts; by runs of letters where no word recurs."""
    texts = list(texts)
    try:
        return maker, maker.fit_transform(texts)
    except ValueError:  # its vocabulary is empty
        letters = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), sublinear_tf=True, max_features=20_000)
        return letters, letters.fit_transform(texts)


def is_number(column: Any) -> bool:
    """Whether a column is numbers or truth values."""
    return bool(pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column))


def coded(train: Frame, test: Frame, task: Task) -> tuple[Array, Array, Array]:
    """(x, y, z) for trees: gaps stay gaps, categories become codes by how often they occur."""
    both, y = stacked(train, test, task)
    parts = []
    for name in both.columns:
        if is_number(both[name]):
            parts.append(both[name].astype(float).to_numpy())
        else:
            text = both[name].astype("string")
            rank = {level: float(i) for i, level in enumerate(text.value_counts().index)}
            parts.append(text.map(rank).astype(float).to_numpy())
    matrix = np.column_stack(parts)
    matrix[~np.isfinite(matrix)] = np.nan
    return matrix[: len(y)], y, matrix[len(y) :]


def filled(train: Frame, test: Frame, task: Task) -> tuple[Array, Array, Array]:
    """`coded` with gaps set to a value below all others, for forests."""
    x, y, z = coded(train, test, task)
    low = np.nanmin(np.vstack([x, z, np.zeros((1, x.shape[1]))]), axis=0) - 1
    return np.where(np.isnan(x), low, x), y, np.where(np.isnan(z), low, z)


def numbers_of(frame: Frame, rows: int, logs: bool = False) -> Array:
    """Columns of numbers without gaps, by the first `rows`; those that are skewed in signed logs where asked.

    All columns at once: a spectrum has thousands.
    """
    values = frame.astype(float).replace([np.inf, -np.inf], np.nan)
    middles = values.iloc[:rows].median()
    values = values.fillna(middles.where(np.isfinite(middles), 0.0))
    block = np.ascontiguousarray(values.to_numpy())
    if logs:
        skewed = (values.iloc[:rows].skew().abs() > 1).to_numpy()
        block = np.where(skewed, np.sign(block) * np.log1p(np.abs(block)), block)
    return block


def dense(
    train: Frame, test: Frame, task: Task, *, numbers: str = "plain", levels: int = 30, few: int = 0
) -> tuple[Array, Array, Array]:
    """(x, y, z) for linear models and kernels: scaled numbers, a column for each frequent category.

    numbers: plain, log (signed log of skewed columns), rank (normal scores) or spline. Numeric
    columns of at most `few` distinct values count as categories where these recur.
    """
    both, y = stacked(train, test, task)
    rows = len(y)
    scale_like = min(few, rows // 2)
    numeric = [c for c in both.columns if is_number(both[c]) and both[c].iloc[:rows].nunique() > scale_like]
    block = numbers_of(both[numeric], rows, logs=numbers == "log")
    dummies = []
    for name in both.columns.difference(numeric, sort=False):
        text = both[name].astype("string").fillna("missing")
        counts = text.iloc[:rows].value_counts()
        for level in counts.index[:levels]:
            if 1 < counts[level] < rows:
                dummies.append((text == level).to_numpy(dtype=float))
    if numeric and numbers == "rank":
        scale = QuantileTransformer(n_quantiles=min(rows, 500), output_distribution="normal", random_state=0)
        block = scale.fit(block[:rows]).transform(block)
    if numeric and numbers == "spline":
        block = spline_columns(block, rows)
    matrix = np.column_stack([block, *dummies]) if dummies else block
    if not matrix.shape[1]:  # no value comes twice: all rows are alike
        matrix = np.zeros((len(both), 1))
    matrix = StandardScaler().fit(matrix[:rows]).transform(matrix)
    matrix = np.clip(matrix, -8, 8)
    return matrix[:rows], y, matrix[rows:]


def spline_columns(block: Array, rows: int, knots: int = 5) -> Array:
    """Each column and, where it has enough distinct values, its cubic splines."""
    parts = [block]
    for position in range(block.shape[1]):
        column = block[:, [position]]
        if len(np.unique(column[:rows])) > 2 * knots:
            splines = SplineTransformer(knots, knots="quantile", extrapolation="linear", include_bias=False)
            parts.append(splines.fit(column[:rows]).transform(column))
    return np.hstack(parts)


def spread_classes(probability: Array, present: Array, task: Task) -> Array:
    """Probabilities of the classes seen in fitting, as columns of all classes of the task."""
    result = np.zeros((len(probability), len(task.classes)))
    result[:, np.asarray(present, dtype=int)] = probability
    return result
