"""A data card: what AutoML-GPT is told of a data set, read off the task's brief."""

from __future__ import annotations

from dataclasses import dataclass

from actors.contracts import FileFacts, TaskBrief

SMALL, LARGE = 1000, 10_000  # training rows
LONG_TEXT = 30.0  # mean characters from which a column is prose rather than a category


@dataclass(frozen=True)
class DataCard:
    """The name of a data set, what goes in, what comes out and how that is judged."""

    name: str
    problem: str
    inputs: str
    labels: str
    metric: str
    traits: frozenset[str]  # what cards are compared by

    def rendered(self) -> str:
        """The card in sentences."""
        return (
            f"The data set {self.name} has {self.inputs}. Its label space is {self.labels}. "
            f"It is judged by {self.metric}. Traits: {', '.join(sorted(self.traits))}."
        )


def data_card(brief: TaskBrief) -> DataCard:
    """The card of a task's public data."""
    train = next((f for f in brief.files if f.name == brief.train), None)
    rows = train.rows if train is not None else None
    columns = len(train.columns) if train is not None else 0
    parts = [f"{rows} training rows"] if rows is not None else []
    parts += [f"{columns} columns"] if columns else []
    parts += [f"the files {', '.join(f.name for f in brief.files)}"] if not parts else []
    larger = "larger" if brief.direction == "maximize" else "smaller"
    return DataCard(
        name=brief.id,
        problem=brief.problem,
        inputs=" and ".join(parts),
        labels=_labels(brief),
        metric=f"{brief.metric} ({larger} is better)",
        traits=frozenset({brief.problem, *_traits(brief, train)}),
    )


def _labels(brief: TaskBrief) -> str:
    if brief.classes:
        shown = ", ".join(brief.classes[:10]) + (" ..." if len(brief.classes) > 10 else "")
        return f"{len(brief.classes)} classes ({shown}), given as {brief.prediction}"
    levels = f" at the levels {', '.join(map(str, brief.levels))}" if brief.levels else ""
    return f"{', '.join(brief.target)} as {brief.prediction}{levels}"


def _traits(brief: TaskBrief, train: FileFacts | None) -> set[str]:
    """Kind, size and peculiarities of the data."""
    columns = train.columns if train is not None else ()
    arrays = [c for f in brief.files for c in f.columns if c.shape]
    pictures = any(f.format == "png" for f in brief.files) or any(len(c.shape) > 2 for c in arrays)
    traits = {"images" if pictures else "arrays" if arrays else "table"}
    words = [c for c in columns if c.dtype in ("text", "category") and c.name not in brief.target]
    long = [c for c in words if (c.mean_length or 0.0) >= LONG_TEXT]
    traits |= {"text"} if long else set()
    traits |= {"categories"} if len(words) > len(long) else set()
    traits |= {"gaps"} if any(c.missing for c in columns) else set()
    traits |= {"groups"} if brief.split.kind == "group" else set()
    traits |= {"series"} if brief.split.kind in ("time", "block") or brief.problem == "forecast" else set()
    rows = (train.rows or 0) if train is not None else 0
    traits.add("small" if rows < SMALL else "large" if rows >= LARGE else "medium")
    return traits
