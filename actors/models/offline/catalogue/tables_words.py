"""A features step for short texts such as names and titles: flags of the words that recur."""

from __future__ import annotations

from typing import Any

import pandas as pd

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.encoding import is_number
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.tables_clean import kept_columns, with_inputs
from actors.models.offline.catalogue.task import Frame, Task
from actors.models.offline.facts import labelled_rows, train_columns


def recurring_words(text: Any, most: int, rows: int) -> list[str]:
    """The words of a column that stand in at least a fiftieth of the rows, not in nearly all."""
    counts = text.str.lower().str.findall(r"[^\W\d_]{2,}").explode().value_counts()
    return [str(w) for w, c in counts.items() if 0.02 * rows <= c <= 0.9 * rows][:most]


def frequent_words(train: Frame, test: Frame, task: Task, *, most: int = 12) -> tuple[Frame, Frame]:
    """For each short text column of many values: a flag a recurring word, and the number of words."""
    names = kept_columns(train, test, task)
    results = []
    chosen: dict[str, list[str]] = {}
    for name in names:
        if is_number(train[name]) or train[name].nunique() < 0.3 * len(train):
            continue
        text = train[name].dropna().astype("string")
        if text.str.count(" ").mean() > 0.5 and text.str.len().mean() < 60:
            chosen[name] = recurring_words(text, most, len(train))
    if not chosen:
        return train, test
    for frame in (train, test):
        new: dict[str, Any] = {}
        for name, words in chosen.items():
            text = frame[name].astype("string").fillna("").str.lower().reset_index(drop=True)
            new[f"{name}_words"] = text.str.count(" ").astype(float)
            for word in words:
                new[f"{name}_{word}"] = text.str.contains(rf"\b{word}\b", regex=True).astype(float)
        results.append(with_inputs(frame, task, names, pd.DataFrame(new)))
    return results[0], results[1]


def short_texts(brief: TaskBrief) -> float:
    """Whether a text column of many values has blanks in its examples."""
    rows = labelled_rows(brief)
    found = any(
        c.dtype == "text"
        and c.unique > 0.3 * rows
        and 5 < (c.mean_length or 0) < 60
        and any(" " in e for e in c.examples)
        for c in train_columns(brief)
    )
    return 0.7 if found else 0.0


RECIPES = (
    Recipe(
        frequent_words,
        "features",
        "Recurring words of names and titles.",
        short_texts,
        choices={"most": (6, 12, 25)},
        order=12,
    ),
)
