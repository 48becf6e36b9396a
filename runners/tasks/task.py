"""A task as the harness holds it: what attempts may see, and the answers that they may not."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from actors.contracts import DataBundle, FileFacts, TaskBrief, Validation
from runners.tasks.spec import TaskSpec


@dataclass(frozen=True)
class TaskFiles:
    """The names of a task's tables, "" where it has none."""

    train: str
    test: str
    sample_submission: str


@dataclass(frozen=True)
class Task:
    """A machine-learning problem with its private answers; it never leaves the harness."""

    spec: TaskSpec
    description: str
    names: TaskFiles
    public: DataBundle = field(repr=False)
    facts: tuple[FileFacts, ...] = field(repr=False)
    answers: pd.DataFrame = field(repr=False)  # the id column and the targets, as text
    sample: pd.DataFrame = field(repr=False)  # the sample submission, as text
    classes: tuple[str, ...] = ()
    holdout: bool = False  # the answers are rows locked away from the user's training rows
    threshold_verified: bool = True  # whether the threshold was measured on exactly these rows
    fold_code: Path | None = None  # fold.py
    grade_code: Path | None = None  # grade.py

    @property
    def id(self) -> str:
        """The task's name."""
        return self.spec.id

    @cached_property
    def files(self) -> dict[str, bytes]:
        """The public files by name."""
        return dict(self.public.files)

    def brief(self, validation: Validation) -> TaskBrief:
        """What an attempt may see."""
        spec = self.spec
        return TaskBrief(
            id=spec.id,
            description=self.description,
            problem=spec.problem,
            metric=spec.metric,
            direction=spec.direction,
            target=spec.target,
            id_column=spec.id_column,
            prediction=spec.prediction,
            split=spec.split,
            files=self.facts,
            train=self.names.train,
            test=self.names.test,
            sample_submission=self.names.sample_submission,
            levels=spec.levels,
            classes=self.classes,
            validation=validation,
        )
