"""What every stage of a script knows: the task's facts, and how frames become arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

Frame = pd.DataFrame
Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Task:
    """The facts of the task; `kind` fixes the columns of every prediction array.

    classes: a probability for each of `classes`; values: a number for each of `target`;
    levels: a number for each of `levels`; risk: one number, larger means earlier.
    Ordinal targets with an ordered metric, and several targets with labels, are values (codes of classes).
    """

    kind: str
    problem: str
    metric: str
    larger_is_better: bool
    prediction: str
    target: tuple[str, ...]
    id_column: str
    train: str
    test: str
    sample: str
    classes: tuple[str, ...] = ()
    levels: tuple[float, ...] = ()
    split: str = "random"
    split_column: str = ""
    train_only: tuple[str, ...] = ()  # columns that the test table lacks, besides the targets
    cpus: int = 1
    seed: int = 0


def label_text(value: Any) -> str:
    """A label as text, so that 1, 1.0 and True-like integers of any dtype meet in one spelling."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def class_codes(values: Any, task: Task) -> Array:
    """Labels as positions in `task.classes`; NaN where the label is missing."""
    position = {name: float(i) for i, name in enumerate(task.classes)}
    return np.array([position.get(label_text(v), np.nan) for v in values])


def truth(frame: Frame, task: Task) -> Array:
    """Targets as an array: codes (rows,) for classes and ordinals, else numbers (rows, targets).

    Several targets with labels give their codes. A quantile or single-valued task gives (rows, 1); survival
    gives (rows, 2): time, event.
    """
    if task.classes and len(task.target) == 1:
        return class_codes(frame[task.target[0]].tolist(), task)
    if task.classes:
        return np.column_stack([class_codes(frame[t].tolist(), task) for t in task.target])
    return np.asarray(frame[list(task.target)].apply(pd.to_numeric, errors="coerce"), dtype=float)


def inputs(frame: Frame, task: Task) -> Frame:
    """The columns that a model may use: neither targets, identifier nor the name of a group."""
    hidden = {*task.target, task.id_column, task.split_column if task.split == "group" else ""}
    return frame.drop(columns=[c for c in frame.columns if c in hidden])


def labelled(train: Frame, task: Task) -> Frame:
    """The rows of train whose targets are all known."""
    actual = truth(train, task)
    known = np.isfinite(actual if actual.ndim == 1 else actual.sum(axis=1))
    return train[known]
