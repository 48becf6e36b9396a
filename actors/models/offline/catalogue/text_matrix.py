"""Texts of a table as matrices: words, runs of letters, and the columns beside them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from actors.models.offline.catalogue.encoding import fitted_terms
from actors.models.offline.catalogue.task import Array, Frame, Task, inputs

LONG = 15.0  # characters: texts of a longer mean are read, shorter ones are names


def text_columns(train: Frame, test: Frame, task: Task) -> list[str]:
    """The columns that hold texts rather than names or numbers."""
    found = []
    for name in inputs(test, task).columns:
        if name in train.columns and not pd.api.types.is_numeric_dtype(train[name]):
            known = train[name].dropna().astype(str)
            if len(known) and known.str.len().mean() > LONG and known.nunique() > 0.2 * len(known):
                found.append(name)
    return found


def read_texts(frame: Frame, name: str) -> tuple[str, ...]:
    """A text column without gaps."""
    return tuple(str(v) for v in frame[name].fillna(""))


def other_columns(train: Frame, test: Frame, task: Task, texts: list[str]) -> tuple[Array, Array]:
    """Numbers scaled and categories as columns, beside the texts."""
    shared = [c for c in inputs(test, task).columns if c in train.columns and c not in texts]
    if not shared:
        return np.zeros((len(train), 0)), np.zeros((len(test), 0))
    both = pd.concat([train[shared], test[shared]], ignore_index=True)
    parts = []
    for name in shared:
        if pd.api.types.is_numeric_dtype(both[name]):
            values = both[name].astype(float)
            scaled = (values - values.mean()) / (values.std() + 1e-9)
            parts.append(scaled.fillna(0.0).clip(-5, 5).to_numpy()[:, None] * 0.3)
        else:
            top = both[name].astype("string").value_counts().index[:40]
            parts.append(
                np.column_stack([(both[name].astype("string") == v).to_numpy(dtype=float) for v in top])
            )
    block = np.nan_to_num(np.hstack(parts))
    return block[: len(train)], block[len(train) :]


@lru_cache(maxsize=4)
def text_weights(
    known: tuple[str, ...], asked: tuple[str, ...], letters: int
) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """TF-IDF of words and their pairs, or of runs of up to `letters` characters; members share it."""
    if letters:
        maker = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, letters), sublinear_tf=True, min_df=3, max_features=100000
        )
    else:
        maker = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2, strip_accents="unicode")
    maker, matrix = fitted_terms(maker, known)
    return matrix, maker.transform(asked)


def text_matrix(
    train: Frame, test: Frame, task: Task, letters: int
) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """Words and pairs of words, runs of up to `letters` characters (0: none), and the other columns."""
    texts = text_columns(train, test, task)
    left, right = other_columns(train, test, task, texts)
    known: list[Any] = [sparse.csr_matrix(left)]
    asked: list[Any] = [sparse.csr_matrix(right)]
    for name in texts:
        for longest in (0, letters) if letters else (0,):
            left, right = text_weights(read_texts(train, name), read_texts(test, name), longest)
            known.append(left)
            asked.append(right)
    return sparse.hstack(known).tocsr(), sparse.hstack(asked).tocsr()
