"""How alike the texts of a row are: what a question and its double, a query and its answer share."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.encoding import fitted_terms
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.tables_clean import with_inputs
from actors.models.offline.catalogue.task import Array, Frame, Task, inputs
from actors.models.offline.catalogue.text_matrix import LONG, read_texts, text_columns
from actors.models.offline.facts import train_columns

MOST_TEXTS = 4  # columns that are compared, each with each
READINGS: dict[str, dict[str, Any]] = {
    "words": {"ngram_range": (1, 1)},
    "letters": {"analyzer": "char_wb", "ngram_range": (3, 4)},
}


def text_likeness(train: Frame, test: Frame, task: Task) -> tuple[Frame, Frame]:
    """For every two texts of a row: how alike their words and letters are, and what they share."""
    texts = text_columns(train, test, task)[:MOST_TEXTS]
    known, asked = (pd.DataFrame(index=range(len(frame))) for frame in (train, test))
    for one, other in combinations(texts, 2):
        left, right = ((read_texts(frame, one), read_texts(frame, other)) for frame in (train, test))
        for reading, settings in READINGS.items():
            maker = TfidfVectorizer(sublinear_tf=True, **settings)
            maker, _ = fitted_terms(maker, [*left[0], *left[1]])
            for frame, (a, b) in ((known, left), (asked, right)):
                frame[f"{one}_{other}_{reading}"] = alike(maker, a, b)
        for frame, (a, b) in ((known, left), (asked, right)):
            for name, values in shared_words(a, b).items():
                frame[f"{one}_{other}_{name}"] = values
    names = [c for c in inputs(test, task).columns if c in train.columns]
    return with_inputs(train, task, names, known), with_inputs(test, task, names, asked)


def alike(maker: Any, ones: tuple[str, ...], others: tuple[str, ...]) -> Array:
    """The cosine of each text with its partner."""
    return np.asarray(maker.transform(ones).multiply(maker.transform(others)).sum(axis=1)).ravel()


def shared_words(ones: tuple[str, ...], others: tuple[str, ...]) -> dict[str, list[float]]:
    """The share of words that both texts have, of all and of the shorter one's, and how long they are."""
    sets = [(set(a.lower().split()), set(b.lower().split())) for a, b in zip(ones, others, strict=True)]
    return {
        "of_all": [len(a & b) / max(len(a | b), 1) for a, b in sets],
        "of_shorter": [len(a & b) / max(min(len(a), len(b)), 1) for a, b in sets],
        "lengths": [(len(a) + 1) / (len(b) + 1) for a, b in sets],
    }


def has_two_texts(brief: TaskBrief) -> bool:
    """Whether rows hold more than one text."""
    texts = [c for c in train_columns(brief) if c.dtype == "text" and (c.mean_length or 0.0) > LONG]
    return len(texts) > 1


RECIPES = (
    Recipe(
        text_likeness,
        "features",
        "How alike the texts of a row are.",
        lambda b: 0.9 if has_two_texts(b) else 0.0,
        ("text", "table"),
        order=15,
    ),
)
