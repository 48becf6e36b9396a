"""Any task of rows, flat: features as columns, one job a model, the submission. Copied into programs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

Frame = pd.DataFrame
FLOOR = 0.05  # of the mean target: the least prediction where a deviance grows without bound near zero
DATES = r"^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}"


@dataclass(frozen=True)
class Task:
    """The facts of the task and what the search may use."""

    kind: str  # classes | values | levels; ordinal labels are values that are rounded
    metric: str
    prediction: str  # value | probability | label
    target: tuple[str, ...]
    id_column: str
    classes: tuple[str, ...] = ()
    levels: tuple[float, ...] = ()
    positive: bool = False  # the metric takes no prediction below or at zero
    split: str = "random"
    split_column: str = ""
    cpu_seconds: float = 30.0
    wall_seconds: float = 60.0
    cpus: int = 1
    seed: int = 0


@dataclass(frozen=True)
class Job:
    """One model to find: features, one target, and what it must give."""

    train: Frame
    target: pd.Series
    test: Frame
    kind: str  # classes | value | level
    metric: str
    seconds: float
    cpus: int
    seed: int
    level: float = 0.5
    groups: pd.Series | None = None  # rows of a group must stay together
    ordered: bool = False  # rows stand in the order of time


@dataclass(frozen=True)
class Found:
    """Predictions for the test rows: a column a class, or one of numbers; and the search's own score."""

    predictions: Frame
    score: float | None = None  # in the task's metric; None where the search used another


Fit = Callable[[Job], Found]


def spend(cpu_seconds: float, wall_seconds: float) -> None:
    """Let `time.time` count CPU seconds, so that a busy machine takes nothing from a search by the clock.

    It goes faster where the wall seconds would otherwise be over before the CPU seconds.
    """
    origin, cpu, wall = time.time(), time.process_time(), time.monotonic()
    rate = cpu_seconds / wall_seconds
    vars(time)["time"] = lambda: origin + max(time.process_time() - cpu, rate * (time.monotonic() - wall))


def label_text(value: Any) -> str:
    """A label as text: 1 and 1.0 are the same."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def flattened(items: Any) -> Frame:
    """An array of items as a row each."""
    items = np.asarray(items, dtype=np.float32)
    return pd.DataFrame(items.reshape(len(items), -1)).add_prefix("x")


def array_rows(items: Any, labels: Any, names: tuple[str, ...]) -> Frame:
    """Items as rows with their targets."""
    columns = np.asarray(labels).reshape(len(items), -1)
    known = pd.DataFrame({name: columns[:, n] for n, name in enumerate(names)})
    return pd.concat([flattened(items), known], axis=1)


def as_dates(column: pd.Series) -> pd.Series | None:
    """A column as dates, None when it holds none."""
    if pd.api.types.is_datetime64_any_dtype(column):
        plain: pd.Series = column.dt.tz_localize(None)
        return plain
    if pd.api.types.is_numeric_dtype(column) or not column.dropna().astype(str).str.match(DATES).all():
        return None
    dates: pd.Series = pd.to_datetime(column, errors="coerce", format="mixed")
    return dates if dates.notna().sum() > 0.9 * column.notna().sum() > 0 else None


def date_parts(name: str, dates: pd.Series) -> dict[str, pd.Series]:
    """Dates as numbers."""
    days = (dates - pd.Timestamp("1970-01-01")).dt.total_seconds() / 86_400
    parts = {"year": dates.dt.year, "month": dates.dt.month, "weekday": dates.dt.day_of_week}
    parts["yearday"] = dates.dt.day_of_year
    return {name: days, **{f"{name}_{k}": v for k, v in parts.items()}}


def features(task: Task, train: Frame, test: Frame) -> tuple[Frame, Frame]:
    """The columns that both tables have: numbers, date parts, and text as it is."""
    hidden = {task.id_column, *task.target, task.split_column if task.split == "group" else ""}
    names = [c for c in test.columns if c in train.columns and c not in hidden]
    if not names:
        raise ValueError("the train and test tables share no column but the identifier and the targets")
    both = pd.concat([train[names], test[names]], ignore_index=True)
    columns: dict[str, pd.Series] = {}
    for name in names:
        column, dates = both[name], as_dates(both[name])
        if dates is not None:
            columns |= date_parts(name, dates)
        elif pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
            columns[name] = column.astype(float)
        else:
            columns[name] = column.map(str, na_action="ignore").astype(object)
    flat = pd.DataFrame(columns)
    return flat.iloc[: len(train)].reset_index(drop=True), flat.iloc[len(train) :].reset_index(drop=True)


def in_time(task: Task, train: Frame) -> Frame:
    """The rows in the order of time where the task has one."""
    if task.split != "time" or task.split_column not in train.columns:
        return train
    when = train[task.split_column]
    dates = as_dates(when)
    return train.iloc[np.argsort(when if dates is None else dates, kind="stable")]


def jobs_of(task: Task, train: Frame, test: Frame) -> list[Job]:
    """A job for each target or quantile level; they share the CPU seconds equally."""
    train = in_time(task, train[train[list(task.target)].notna().all(axis=1)]).reset_index(drop=True)
    known, asked = features(task, train, test)
    grouped = task.split == "group" and task.split_column in train.columns
    wanted = [(name, 0.5) for name in task.target]
    if task.kind == "levels":
        wanted = [(task.target[0], level) for level in task.levels]
    jobs = []
    for name, level in wanted:
        target = train[name]
        jobs.append(
            Job(
                train=known,
                target=target.map(label_text) if task.kind == "classes" else pd.to_numeric(target),
                test=asked,
                kind={"classes": "classes", "levels": "level"}.get(task.kind, "value"),
                metric=task.metric,
                seconds=task.cpu_seconds / len(wanted),
                cpus=task.cpus,
                seed=task.seed,
                level=level,
                groups=train[task.split_column] if grouped else None,
                ordered=task.split == "time" and task.split_column in train.columns,
            )
        )
    return jobs


def answer(task: Task, job: Job, found: Found, columns: list[str]) -> Frame:
    """The submission's columns of one job."""
    given = found.predictions
    if task.kind != "classes":
        values = given.iloc[:, 0].to_numpy(dtype=float)
        if task.classes:  # ordinal labels
            names = np.array(task.classes, dtype=object)
            places = np.abs(values[:, None] - names.astype(float)[None, :]).argmin(axis=1)
            return pd.DataFrame({columns[0]: names[places]})
        least = FLOOR * float(job.target.mean()) if task.positive else -np.inf
        return pd.DataFrame({columns[0]: np.maximum(values, least)})
    if task.prediction == "label":
        return pd.DataFrame({columns[0]: given.idxmax(axis=1)})
    if len(columns) > 1:
        return given.reindex(columns=columns, fill_value=0.0)
    last = task.classes[1] if len(task.classes) == 2 else given.columns[-1]
    positive = columns[0] if columns[0] in given.columns else last
    return given.reindex(columns=[positive], fill_value=0.0).set_axis(columns, axis=1)


def solve(task: Task, train: Frame, test: Frame, sample: Frame, fit: Fit) -> None:
    """Find the models one after the other and write ./submission.csv."""
    if task.id_column not in test.columns:
        test = test.assign(**{task.id_column: sample[task.id_column].to_numpy()})
    spend(task.cpu_seconds, task.wall_seconds)
    columns = [c for c in sample.columns if c != task.id_column]
    jobs = jobs_of(task, train, test)
    parts, scores = [], []
    for number, job in enumerate(jobs):
        found = fit(job)
        own = columns if len(jobs) == 1 else columns[number : number + 1]
        parts.append(answer(task, job, found, own))
        scores.append(found.score)
    out = pd.concat(parts, axis=1).set_axis(test[task.id_column].map(label_text), axis=0)
    out = out[~out.index.duplicated()].reindex(sample[task.id_column].map(label_text))
    out.insert(0, task.id_column, sample[task.id_column].to_numpy())
    out[list(sample.columns)].to_csv("submission.csv", index=False)
    measured = [score for score in scores if score is not None]
    if len(measured) == len(scores):
        print(f"Final Validation Performance: {sum(measured) / len(measured):.6f}")
