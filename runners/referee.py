"""The referee holds tasks, answers and folds in its own memory and says what submissions score."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from actors.contracts import DataBundle, Direction, FoldScore, Grade, TaskData, Validation
from actors.errors import InputError
from runners.grading import GraderError, dummy_score, form_of, grade, score_predictions
from runners.tasks.folds import Fold, make_folds
from runners.tasks.registry import TaskSource
from runners.tasks.splitting import FoldRules
from runners.tasks.submission import Form, SubmissionFault, parse_submission, write_predictions
from runners.tasks.task import Task


@dataclass(frozen=True)
class TaskSummary:
    """What the results say of a task beside its scores."""

    id: str
    metric: str
    direction: Direction
    threshold: float | None
    threshold_source: str
    threshold_verified: bool
    dummy: float | None  # what a prediction without any model scores
    holdout: bool  # graded on rows locked away from the user's training rows
    validation: Validation
    folds: int


@dataclass(frozen=True)
class _Open:
    """A task made ready."""

    task: Task
    form: Form
    folds: tuple[tuple[Fold, Form, NDArray[np.intp]], ...]  # the last: where the true test rows stand
    dummy: float | None

    @property
    def validation(self) -> Validation:
        return "harness" if self.folds else "printed"


class Referee:
    """Opens tasks on first use; the heavy work runs in threads, off the event loop."""

    def __init__(self, sources: Iterable[TaskSource], seed: int = 0, rules: FoldRules | None = None) -> None:
        self._sources = {source.id: source for source in sources}
        self._seed = seed
        self._rules = rules or FoldRules()
        self._open: dict[str, asyncio.Task[_Open]] = {}
        self._bundles: dict[str, DataBundle] = {}

    async def data(self, task: str) -> TaskData:
        """The brief of a task and the digests of its bundles; raises InputError for a faulty task."""
        held = await self._opened(task)
        brief = held.task.brief(held.validation)
        return TaskData(brief, held.task.public.digest, tuple(f.bundle.digest for f, *_ in held.folds))

    async def bundle(self, digest: str) -> DataBundle:
        """The public files of a digest that `data` has named, before a restart too."""
        for task in self._sources:
            if digest in self._bundles:
                break
            await self._opened(task)
        try:
            return self._bundles[digest]
        except KeyError:
            raise InputError(f"no task of this sweep has a bundle {digest}") from None

    async def summary(self, task: str) -> TaskSummary:
        """What the results say of a task."""
        held = await self._opened(task)
        spec = held.task.spec
        return TaskSummary(
            id=task,
            metric=spec.metric,
            direction=spec.direction,
            threshold=spec.threshold,
            threshold_source=spec.threshold_source,
            threshold_verified=held.task.threshold_verified,
            dummy=held.dummy,
            holdout=held.task.holdout,
            validation=held.validation,
            folds=len(held.folds),
        )

    async def score_fold(self, task: str, fold: int, submission: bytes) -> FoldScore:
        """Score a script's submission for one fold, and cut out its predictions for the true test rows."""
        held = await self._opened(task)
        return await asyncio.to_thread(_score_fold, held, fold, submission)

    async def check(self, task: str, submission: bytes) -> str | None:
        """Say what is wrong with a submission for the true test rows, None when it is valid."""
        held = await self._opened(task)
        return await asyncio.to_thread(_check, held, submission)

    async def grade(self, task: str, submission: bytes | None) -> Grade:
        """Grade a final submission against the private answers."""
        held = await self._opened(task)
        return await asyncio.to_thread(grade, held.task, held.form, submission, held.dummy)

    async def _opened(self, name: str) -> _Open:
        if name not in self._sources:
            raise InputError(f"unknown task {name!r}; this sweep has {', '.join(self._sources)}")
        if name not in self._open:
            self._open[name] = asyncio.create_task(self._make(self._sources[name]))
        # Shielded: a caller that is cancelled must not take the task away from the others.
        return await asyncio.shield(self._open[name])

    async def _make(self, source: TaskSource) -> _Open:
        held = await asyncio.to_thread(_open, source, self._seed, self._rules)
        for bundle in (held.task.public, *(fold.bundle for fold, *_ in held.folds)):
            self._bundles[bundle.digest] = bundle
        return held


def _open(source: TaskSource, seed: int, rules: FoldRules) -> _Open:
    task = source.load()
    form = form_of(task, task.sample)
    folds = []
    for fold in make_folds(task, seed, rules):
        own = form_of(task, fold.sample)
        public = {new: old for old, new in fold.test_ids.items()}
        places = own.ids.get_indexer(pd.Index([public[i] for i in form.ids], dtype=object))
        folds.append((fold, own, places))
    return _Open(task, form, tuple(folds), dummy_score(task))


def _score_fold(held: _Open, number: int, submission: bytes) -> FoldScore:
    fold, form, test_places = held.folds[number]
    try:
        predicted = parse_submission(submission, form)
        score = score_predictions(held.task, predicted, fold.answers)
    except SubmissionFault as fault:
        return FoldScore(None, str(fault))
    except GraderError as error:
        return FoldScore(None, f"not the submission's fault: {error}")
    rows = predicted.iloc[test_places].set_axis(held.form.ids)
    return FoldScore(score, None, write_predictions(rows, held.form.id_column))


def _check(held: _Open, submission: bytes) -> str | None:
    try:
        parse_submission(submission, held.form)
    except SubmissionFault as fault:
        return str(fault)
    return None
