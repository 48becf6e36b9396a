"""Features steps for categories and texts: out-of-fold target means, counts, TF-IDF components."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import GroupKFold, KFold

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.encoding import fitted_terms, is_number, martingale
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.tables_clean import kept_columns, with_inputs
from actors.models.offline.catalogue.task import Array, Frame, Task, truth
from actors.models.offline.facts import labelled_rows, train_columns


def goal_columns(train: Frame, task: Task) -> Array:
    """What categories are averaged over: a column a class, a target, or the risk."""
    actual = truth(train, task)
    if task.kind == "classes":
        first = 1 if len(task.classes) == 2 else 0
        return np.where(np.isnan(actual)[:, None], np.nan, actual[:, None] == np.arange(len(task.classes)))[
            :, first:
        ][:, :12]
    if task.kind == "risk":
        return martingale(actual)
    return actual.reshape(len(train), -1)


def smoothed_means(keys: Any, goals: Array, wanted: Any, weight: float) -> Array:
    """The mean goal of each key, pulled to the overall mean by `weight` rows; unseen keys get that mean."""
    overall = np.nanmean(goals, axis=0)
    frame = pd.DataFrame(goals).fillna(dict(enumerate(overall)))
    sums = frame.groupby(keys.to_numpy()).agg(["sum", "count"])
    columns = []
    for k in range(goals.shape[1]):
        total, count = sums[(k, "sum")], sums[(k, "count")]
        means = (total + weight * overall[k]) / (count + weight)
        columns.append(wanted.map(means).astype(float).fillna(overall[k]).to_numpy())
    return np.column_stack(columns)


def is_key(own: Any, new: Any) -> bool:
    """Whether whole numbers name something: sparse values that rows share, in both tables."""
    if not pd.api.types.is_integer_dtype(own) or not own.nunique() > 30:
        return False
    shared, few = new.isin(own).mean() > 0.2, own.nunique() < 0.9 * len(own)
    return bool(shared and few and own.min() >= 0 and own.max() - own.min() > 5 * own.nunique())


def target_means(
    train: Frame, test: Frame, task: Task, *, weight: float = 10.0, fewest: int = 8, drop: bool = False
) -> tuple[Frame, Frame]:
    """Text columns of more than `fewest` levels as mean targets; training rows never see their own."""
    names = kept_columns(train, test, task)
    rich = [c for c in names if not is_number(train[c]) and train[c].nunique() > fewest]
    rich += [c for c in names if is_key(train[c], test[c])]
    if not rich:
        return train, test
    goals = goal_columns(train, task)
    folds = KFold(5, shuffle=True, random_state=task.seed).split(train)
    if task.split == "group" and task.split_column in train.columns:
        groups = train[task.split_column].astype(str)
        if groups.nunique() > 1:
            folds = GroupKFold(min(5, groups.nunique())).split(train, groups=groups)
    pairs = list(folds)
    own: dict[str, Array] = {}
    new: dict[str, Array] = {}
    for name in rich:
        keys = train[name].astype("string").fillna("missing").reset_index(drop=True)
        wanted = test[name].astype("string").fillna("missing").reset_index(drop=True)
        inner = np.zeros(goals.shape)
        for fit, held in pairs:
            inner[held] = smoothed_means(keys.iloc[fit], goals[fit], keys.iloc[held], weight)
        outer = smoothed_means(keys, goals, wanted, weight)
        for k in range(goals.shape[1]):
            own[f"{name}_mean{k}"], new[f"{name}_mean{k}"] = inner[:, k], outer[:, k]
    left = [c for c in names if not (drop and c in rich)]
    return with_inputs(train, task, left, pd.DataFrame(own)), with_inputs(test, task, left, pd.DataFrame(new))


def level_counts(train: Frame, test: Frame, task: Task, *, fewest: int = 8) -> tuple[Frame, Frame]:
    """How often each level of a rich category occurs in both tables; levels seen once become one."""
    names = kept_columns(train, test, task)
    rich = [c for c in names if not is_number(train[c]) and train[c].nunique() > fewest]
    results = []
    for frame in (train, test):
        new = {}
        changed = frame[names].copy()
        for name in rich:
            text = pd.concat([train[name], test[name]]).astype("string")
            if text.str.len().mean() > 40:
                continue
            counts = text.value_counts()
            own: Any = frame[name].astype("string")
            new[f"{name}_count"] = np.log1p(own.map(counts).astype(float).fillna(0)).to_numpy()
            changed[name] = own.where(own.map(counts).fillna(0) > 1, "rare").astype(object)
        merged = with_inputs(frame, task, [])
        results.append(pd.concat([merged, changed.reset_index(drop=True), pd.DataFrame(new)], axis=1))
    return results[0], results[1]


def text_topics(
    train: Frame, test: Frame, task: Task, *, parts: int = 20, longest: int = 20_000
) -> tuple[Frame, Frame]:
    """Long texts as TF-IDF components, length and number of words; the text itself goes."""
    names = kept_columns(train, test, task)
    long = [c for c in names if not is_number(train[c]) and train[c].astype("string").str.len().mean() > 40]
    if not long:
        return train, test
    own: list[Frame] = []
    new: list[Frame] = []
    for name in long:
        texts = [
            f[name].astype("string").fillna("").str.slice(0, longest).reset_index(drop=True)
            for f in (train, test)
        ]
        words = TfidfVectorizer(min_df=3, sublinear_tf=True, ngram_range=(1, 2), max_features=20_000)
        words, matrix = fitted_terms(words, texts[0])
        if matrix.shape[1] < 2:
            continue
        turn = TruncatedSVD(min(parts, matrix.shape[1] - 1), random_state=task.seed).fit(matrix)
        for text, into in zip(texts, (own, new), strict=True):
            columns = pd.DataFrame(turn.transform(words.transform(text))).add_prefix(f"{name}_part")
            columns[f"{name}_length"] = text.str.len().astype(float)
            columns[f"{name}_words"] = text.str.count(r"\s+").astype(float)
            into.append(columns)
    left = [c for c in names if c not in long]
    if not own:
        return with_inputs(train, task, left), with_inputs(test, task, left)
    return (
        with_inputs(train, task, left, pd.concat(own, axis=1)),
        with_inputs(test, task, left, pd.concat(new, axis=1)),
    )


def rich_categories(brief: TaskBrief) -> bool:
    """Whether a short text column has many levels, or whole numbers look like keys."""
    rows = labelled_rows(brief)
    return any(
        (c.dtype in ("text", "category") and c.unique > 8 and (c.mean_length or 0) < 40)
        or (c.dtype == "integer" and 30 < c.unique < 0.9 * rows and (c.maximum or 0) > 5 * c.unique)
        for c in train_columns(brief)
    )


def long_texts(brief: TaskBrief) -> bool:
    """Whether a column holds texts."""
    return any(c.dtype == "text" and (c.mean_length or 0) > 40 for c in train_columns(brief))


RECIPES = (
    Recipe(
        text_topics,
        "features",
        "Texts as TF-IDF components.",
        lambda b: 0.9 if long_texts(b) else 0.0,
        choices={"parts": (10, 20, 50)},
        order=40,
    ),
    Recipe(
        level_counts, "features", "Counts of levels.", lambda b: 0.6 if rich_categories(b) else 0.0, order=50
    ),
    Recipe(
        target_means,
        "features",
        "Out-of-fold target means of rich categories.",
        lambda b: (
            0.6 if rich_categories(b) and labelled_rows(b) > 300 else 0.3 if rich_categories(b) else 0.0
        ),
        choices={"weight": (3.0, 10.0, 30.0), "drop": (False, True)},
        order=55,
    ),
)
