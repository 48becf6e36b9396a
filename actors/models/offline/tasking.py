"""The brief as scripts need it."""

from __future__ import annotations

from actors.contracts import Limits, TaskBrief
from actors.models.offline.catalogue.deciding import ORDERED
from actors.models.offline.catalogue.task import Task
from actors.models.offline.facts import train_only


def kind_of(brief: TaskBrief) -> str:
    """What a member must give: classes, values, levels or risk."""
    if brief.problem == "quantile" or brief.levels:
        return "levels"
    if brief.problem == "survival" or brief.metric == "c_index":
        return "risk"
    if brief.problem == "ordinal" and brief.metric in ORDERED:
        return "values"
    if len(brief.target) == 1 and (brief.classes or brief.prediction in ("probability", "label")):
        return "classes"
    return "values"


def ordered(names: tuple[str, ...]) -> tuple[str, ...]:
    """Labels by number where they are numbers."""
    try:
        return tuple(sorted(names, key=float))
    except ValueError:
        return names


def make_task(brief: TaskBrief, limits: Limits, seed: int) -> Task:
    """The facts that go into a script."""
    kind = kind_of(brief)
    several = len(brief.target) > 1 and brief.prediction in ("label", "probability")
    labels = ordered(brief.classes) if kind == "classes" or brief.problem == "ordinal" or several else ()
    return Task(
        kind=kind,
        problem=brief.problem,
        metric=brief.metric,
        larger_is_better=brief.direction == "maximize",
        prediction=brief.prediction,
        target=brief.target,
        id_column=brief.id_column,
        train=brief.train,
        test=brief.test,
        sample=brief.sample_submission,
        classes=labels,
        levels=brief.levels,
        split=brief.split.kind,
        split_column=brief.split.column or "",
        train_only=train_only(brief),
        cpus=limits.cpus,
        seed=seed % 10_000,
    )


def render_task(task: Task) -> str:
    """A `Task(...)` expression without the fields that keep their default."""
    default = Task("", "", "", False, "", (), "", "", "", "")
    required = ["kind", "problem", "metric", "larger_is_better", "prediction", "target", "id_column"]
    required += ["train", "test", "sample"]
    rows = [
        f"    {name}={getattr(task, name)!r},"
        for name in Task.__dataclass_fields__
        if name in required or getattr(task, name) != getattr(default, name)
    ]
    return "Task(\n" + "\n".join(rows) + "\n)"
