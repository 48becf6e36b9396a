"""Predictions and private answers -> a score; a score -> a Grade."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from actors.contracts import Ending, Grade
from actors.errors import FiveStarError
from runners.tasks.dummy import dummy_submission
from runners.tasks.folds import load_code
from runners.tasks.labels import without_zeros
from runners.tasks.metrics import CUSTOM, METRICS, Scale
from runners.tasks.submission import Form, SubmissionFault, parse_submission
from runners.tasks.task import Task


class GraderError(FiveStarError):
    """The grader itself is at fault, not the submission."""


def form_of(task: Task, sample: pd.DataFrame) -> Form:
    """What a submission for the rows of this sample submission must look like."""
    spec = task.spec
    metric = METRICS.get(spec.metric)
    return Form(
        id_column=spec.id_column,
        ids=pd.Index(sample[spec.id_column], dtype=object),
        columns=tuple(str(c) for c in sample.columns if c != spec.id_column),
        prediction=spec.prediction,
        classes=task.classes,
        domain=metric.domain if metric is not None else "any",
    )


def score_predictions(task: Task, predicted: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Score the answered rows of parsed predictions (indexed by id); raises GraderError."""
    ids = pd.Index(answers[task.spec.id_column], dtype=object)
    rows = predicted.loc[ids]
    try:
        score = _custom(task, rows, answers) if task.spec.metric == CUSTOM else _declared(task, rows, answers)
    except Exception as error:  # any fault in a grader is the grader's: the predictions were checked before
        raise GraderError(f"the grader failed: {type(error).__name__}: {error}") from error
    if not np.isfinite(score):
        raise GraderError(f"the grader gave {score}, which is no score")
    return score


def grade(task: Task, form: Form, submission: bytes | None, dummy: float | None = None) -> Grade:
    """Grade a submission; `dummy` is the dummy's score, needed where the task has no threshold."""
    try:
        predicted = parse_submission(submission, form)
    except SubmissionFault as fault:
        return Grade(None, False, Ending.INVALID_SUBMISSION, str(fault))
    try:
        score = score_predictions(task, predicted, task.answers)
    except GraderError as error:
        return Grade(None, False, Ending.GRADER_ERROR, str(error))
    return Grade(score, succeeds(task, score, dummy), Ending.FINISHED)


def succeeds(task: Task, score: float, dummy: float | None) -> bool:
    """Whether a score reaches the task's threshold, or beats the dummy where the task has none."""
    sign = 1.0 if task.spec.direction == "maximize" else -1.0
    if task.spec.threshold is not None:
        return sign * score >= sign * task.spec.threshold
    return dummy is not None and sign * score > sign * dummy


def dummy_score(task: Task) -> float | None:
    """What a prediction without any model scores; None where the grader cannot take it."""
    try:
        predicted = parse_submission(dummy_submission(task), form_of(task, task.sample))
        return score_predictions(task, predicted, task.answers)
    except (SubmissionFault, GraderError):
        return None


def _custom(task: Task, rows: pd.DataFrame, answers: pd.DataFrame) -> float:
    if task.grade_code is None:
        raise GraderError("metric custom needs a grade.py in the task's folder")
    module = load_code(task.grade_code, "grade")
    submission = rows.rename_axis(task.spec.id_column).reset_index()
    return float(module.grade(submission.apply(_typed), answers.apply(_typed)))


def _typed(column: pd.Series) -> pd.Series:
    """Text as numbers where all of it is."""
    numbers = pd.to_numeric(column, errors="coerce")
    return numbers if bool(numbers.notna().all()) else column


def _declared(task: Task, rows: pd.DataFrame, answers: pd.DataFrame) -> float:
    metric = METRICS[task.spec.metric]
    truth = answers[list(task.spec.target)]
    if metric.needs == ("value",):
        return metric.score(
            truth.astype(float).to_numpy(), rows.to_numpy(dtype=float), Scale(levels=task.spec.levels)
        )
    classes = _classes(task, rows, truth)
    positions = pd.Index(classes, dtype=object)
    true = _columns(positions, truth)
    if task.spec.prediction == "label":
        return metric.score(true, _columns(positions, rows), Scale(classes))
    return metric.score(true, rows.to_numpy(dtype=float), Scale(classes))


def _classes(task: Task, rows: pd.DataFrame, truth: pd.DataFrame) -> tuple[str, ...]:
    """The classes in the order of the probability columns, or the task's own order."""
    if task.spec.prediction == "probability" and rows.shape[1] > 1 and truth.shape[1] == 1:
        return tuple(str(c) for c in rows.columns)
    if rows.shape[1] == 1 and len(task.classes) == 2 and rows.columns[0] in task.classes:
        positive = str(rows.columns[0])
        return (next(c for c in task.classes if c != positive), positive)
    seen = list(task.classes)
    if task.spec.prediction == "label":
        seen += [v for c in rows.columns for v in pd.unique(rows[c])]
    seen += [v for c in truth.columns for v in sorted(pd.unique(truth[c]))]
    return tuple(dict.fromkeys(seen))


def _positions(classes: pd.Index, values: pd.Series) -> NDArray[np.intp]:
    """The place of each label among the classes."""
    codes, distinct = pd.factorize(values.to_numpy(dtype=object))
    labels = pd.Series(distinct, dtype=object)
    labels = labels.where(labels.isin(classes), without_zeros(labels))
    found = classes.get_indexer(pd.Index(labels, dtype=object))
    if (found < 0).any():
        raise GraderError(
            f"the answers hold the class {distinct[found < 0][0]!r}, which training never showed"
        )
    return np.asarray(found[codes], dtype=np.intp)


def _columns(classes: pd.Index, labels: pd.DataFrame) -> NDArray[np.intp]:
    return np.column_stack([_positions(classes, labels[c]) for c in labels.columns])
