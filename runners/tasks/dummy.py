"""The prediction that uses no model: what any submission has to beat."""

from __future__ import annotations

import numpy as np
import pandas as pd

from runners.tasks.classes import known_targets
from runners.tasks.labels import as_text
from runners.tasks.metrics import METRICS, Dummy
from runners.tasks.tables import detect, read
from runners.tasks.task import Task


def dummy_submission(task: Task) -> bytes:
    """The best constant of the training targets for the metric; the sample submission's own values
    where the training rows are no table or the metric is the task's own."""
    metric = METRICS.get(task.spec.metric)
    frame = task.sample
    if metric is not None and task.names.train:
        data = task.files[task.names.train]
        train = known_targets(read(data, detect(task.names.train, data)), task.spec, task.description)
        columns = [c for c in frame.columns if c != task.spec.id_column]
        values = _constants(train, task, metric.dummy, columns)
        constants = pd.DataFrame([values] * len(frame), columns=columns, index=frame.index)
        frame = pd.concat([frame[[task.spec.id_column]], constants], axis=1)
    return frame.to_csv(index=False).encode()


def _constants(train: pd.DataFrame, task: Task, rule: Dummy, columns: list[str]) -> list[float] | list[str]:
    target = train[list(task.spec.target)].dropna()
    if rule == "mode":
        return [as_text(target[c]).mode().iloc[0] for c in target.columns]
    if rule == "prior":
        return _priors(target, task, columns)
    if rule == "quantile":
        return [float(target.iloc[:, 0].quantile(level)) for level in task.spec.levels]
    if rule == "log_mean":
        return [float(np.expm1(np.log1p(target[c].clip(lower=0)).mean())) for c in target.columns]
    centre = target.median() if rule == "median" else target.mean()
    return [float(v) for v in centre.iloc[: len(columns)]]


def _priors(target: pd.DataFrame, task: Task, columns: list[str]) -> list[float]:
    """The shares of the classes; zeros where any number may be given as a score."""
    if task.spec.prediction != "probability":
        return [0.0] * len(columns)
    if len(columns) > 1 and target.shape[1] == 1:
        shares = as_text(target.iloc[:, 0]).value_counts(normalize=True)
        return [float(shares.get(c, 0.0)) for c in columns]
    return [_positive_share(target[c], task, columns[0]) for c in target.columns]


def _positive_share(target: pd.Series, task: Task, column: str) -> float:
    labels = as_text(target)
    if len(task.classes) == 2:
        positive = column if column in task.classes else task.classes[1]
        return float((labels == positive).mean())
    return float((target.astype(float) > 0).mean())
