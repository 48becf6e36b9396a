"""Texts of a table: linear machines on words and letters, trees on components of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import lightgbm as lgb
import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import ComplementNB
from sklearn.svm import LinearSVC

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.encoding import bent, straight
from actors.models.offline.catalogue.reading import load_table
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.task import Array, Frame, Task, labelled, truth
from actors.models.offline.catalogue.text_matrix import LONG, other_columns, text_columns, text_matrix

TEXTS = ("text",)
PROSE = 60.0  # characters: longer texts count beside any number of other columns


def all_classes(found: Array, codes: Array, task: Task) -> Array:
    """A column a class of the task from columns for the codes seen."""
    full = np.full((len(found), len(task.classes)), 1e-6)
    full[:, np.asarray(codes, dtype=int)] = np.clip(found, 1e-6, None)
    return np.asarray(full / full.sum(axis=1, keepdims=True))


def softened(scores: Array, sharpness: float) -> Array:
    """Class chances out of decision scores."""
    scores = np.column_stack([-scores, scores]) if scores.ndim == 1 else scores
    powers = np.exp(sharpness * (scores - scores.max(axis=1, keepdims=True)))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def best_sharpness(model: LinearSVC, x: Any, codes: Array, task: Task) -> float:
    """How sharp the scores must be taken for chances that are true, by cross-validation."""
    if np.bincount(codes).min(initial=3, where=np.bincount(codes) > 0) < 3:
        return 2.0
    folds = StratifiedKFold(3, shuffle=True, random_state=task.seed)
    scores = cross_val_predict(model, x, codes, cv=folds, method="decision_function")
    place = np.searchsorted(np.unique(codes), codes)
    grid = (0.7, 1.0, 1.5, 2.0, 3.0, 4.5, 7.0)
    losses = [-np.log(softened(scores, s)[np.arange(len(codes)), place] + 1e-12).mean() for s in grid]
    return grid[int(np.argmin(losses))]


def text_svc(
    train: Frame, test: Frame, task: Task, *, letters: int = 0, cost: float = 0.5, balanced: bool = True
) -> Array:
    """A linear machine on words and letters."""
    known = labelled(train, task)
    x, z = text_matrix(known, test, task, letters)
    codes = truth(known, task).astype(int)
    model = LinearSVC(C=cost, class_weight="balanced" if balanced else None, random_state=task.seed)
    measured = task.metric in ("log_loss", "brier")
    sharpness = best_sharpness(model, x, codes, task) if measured else 3.0
    model.fit(x, codes)
    return all_classes(softened(model.decision_function(z), sharpness), model.classes_, task)


def text_logistic(
    train: Frame, test: Frame, task: Task, *, letters: int = 0, cost: float = 30.0, balanced: bool = False
) -> Array:
    """Logistic regression on words: chances that can be trusted."""
    known = labelled(train, task)
    x, z = text_matrix(known, test, task, letters)
    warnings.simplefilter("ignore", ConvergenceWarning)  # nearly there is good enough
    model = LogisticRegression(  # on rows of one length saga needs few rounds, whatever the classes
        C=cost,
        class_weight="balanced" if balanced else None,
        max_iter=30,
        tol=1e-3,
        solver="saga",
        random_state=task.seed,
    )
    model.fit(x, truth(known, task).astype(int))
    return all_classes(model.predict_proba(z), model.classes_, task)


def text_bayes(train: Frame, test: Frame, task: Task, *, letters: int = 0, alpha: float = 0.3) -> Array:
    """Complement naive Bayes on words."""
    known = labelled(train, task)
    x, z = text_matrix(known, test, task, letters)
    x.data, z.data = np.abs(x.data), np.abs(z.data)
    model = ComplementNB(alpha=alpha).fit(x, truth(known, task).astype(int))
    return all_classes(model.predict_proba(z), model.classes_, task)


def text_ridge(train: Frame, test: Frame, task: Task, *, letters: int = 4, alpha: float = 3.0) -> Array:
    """Ridge regression on words and letters."""
    known = labelled(train, task)
    x, z = text_matrix(known, test, task, letters)
    actual = truth(known, task).reshape(len(known), -1)
    goal = bent(task, actual)
    middle = goal.mean(axis=0)
    model = Ridge(alpha=alpha, solver="sparse_cg", fit_intercept=False, tol=1e-3).fit(x, goal - middle)
    return straight(task, actual, np.asarray(model.predict(z)).reshape(len(test), -1) + middle)


def ridge_scores(x: Any, goal: Array, z: Any, task: Task) -> tuple[Array, Array]:
    """What ridge regression says of the rows: for those it learns from, out of fold."""
    model = Ridge(alpha=3.0, solver="sparse_cg", tol=1e-3)
    parts = KFold(min(5, len(goal)), shuffle=True, random_state=task.seed)
    told = cross_val_predict(model, x, goal, cv=parts)
    return told.reshape(len(goal), -1), model.fit(x, goal).predict(z).reshape(z.shape[0], -1)


def text_boosting(
    train: Frame, test: Frame, task: Task, *, components: int = 80, trees: int = 120, rate: float = 0.08
) -> Array:
    """Boosted trees on components of the words and on the other columns; for numbers, on a ridge too."""
    known = labelled(train, task)
    x, z = text_matrix(known, test, task, 0)
    words = (x, z)
    reduce = TruncatedSVD(min(components, x.shape[1] - 1), random_state=0).fit(x)
    left, right = other_columns(known, test, task, text_columns(known, test, task))
    x, z = np.hstack([reduce.transform(x), left]), np.hstack([reduce.transform(z), right])
    settings = {
        "n_estimators": trees,
        "learning_rate": rate,
        "num_leaves": 15,
        "colsample_bytree": 0.5,
        "subsample": 0.8,
        "subsample_freq": 1,
        "n_jobs": task.cpus,
        "random_state": task.seed,
        "verbose": -1,
    }
    if task.kind == "classes":
        model = lgb.LGBMClassifier(**settings).fit(x, truth(known, task).astype(int))
        return all_classes(np.asarray(model.predict_proba(z)), model.classes_, task)
    actual = truth(known, task).reshape(len(known), -1)
    goal = bent(task, actual)
    left, right = ridge_scores(words[0], goal, words[1], task)  # components miss rare words that tell much
    x, z = np.hstack([x, left]), np.hstack([z, right])
    found = [lgb.LGBMRegressor(**settings).fit(x, y).predict(z) for y in goal.T]
    return straight(task, actual, np.column_stack(found))


def load_texts(task: Task) -> tuple[Frame, Frame]:
    """The training and test tables, texts as they are."""
    return load_table(task)


def text_share(brief: TaskBrief) -> float:
    """How much of a table is its texts: 0 none, 1 all; names and titles beside much else do not count."""
    table = next((f for f in brief.files if f.name == brief.test and brief.train), None)
    names = [c for c in (table.columns if table else ()) if c.name not in (brief.id_column, *brief.target)]
    texts = [c.mean_length or 0.0 for c in names if c.dtype == "text" and (c.mean_length or 0.0) > LONG]
    if not texts or (len(names) - len(texts) > 2 and max(texts) < PROSE):
        return 0.0
    return len(texts) / len(names) if len(names) <= 3 else max(0.6, len(texts) / len(names))


def holds_texts(brief: TaskBrief) -> float:
    """A table whose texts are worth reading."""
    share = text_share(brief)
    return 0.6 + 0.3 * share if share and brief.problem not in ("forecast", "survival", "quantile") else 0.0


def for_texts(promise: float, classes: bool) -> Callable[[TaskBrief], float]:
    """A promise in proportion to the texts of a task."""

    def applies(brief: TaskBrief) -> float:
        kinds = ("binary", "multiclass", "ordinal") if classes else ("regression", "count", "multioutput")
        fits = brief.problem in kinds
        share = text_share(brief)
        return promise * (0.8 + 0.2 * share) if fits and share else 0.0

    return applies


def honest_chances(brief: TaskBrief) -> float:
    """Texts with classes, most of all where chances are measured."""
    measured = brief.metric in ("log_loss", "brier", "roc_auc", "average_precision")
    return for_texts(0.95 if measured else 0.7, True)(brief)


def with_trees(brief: TaskBrief) -> float:
    """Trees where there are other columns or few classes; a tree a class costs too much for many."""
    if brief.problem in ("regression", "count"):
        return 0.8 if text_share(brief) else 0.0
    if len(brief.classes) > 8 or not text_share(brief):
        return 0.0
    return 0.95 if text_share(brief) < 0.8 else 0.6


RECIPES = (
    Recipe(load_texts, "load", "Tables with texts.", holds_texts, TEXTS),
    Recipe(
        text_svc,
        "member",
        "Linear machine on TF-IDF of words and letters: the standard to beat for texts.",
        for_texts(0.98, True),
        TEXTS,
        {"letters": (0, 3, 4, 5), "cost": (0.1, 0.3, 0.5, 1.0, 2.0), "balanced": (True, False)},
    ),
    Recipe(
        text_logistic,
        "member",
        "Logistic regression on TF-IDF of words: honest chances.",
        honest_chances,
        TEXTS,
        {"letters": (0, 3, 4), "cost": (3.0, 10.0, 30.0, 100.0), "balanced": (False, True)},
    ),
    Recipe(
        text_bayes,
        "member",
        "Complement naive Bayes: quick and different.",
        for_texts(0.75, True),
        TEXTS,
        {"letters": (0, 4), "alpha": (0.1, 0.3, 1.0)},
    ),
    Recipe(
        text_ridge,
        "member",
        "Ridge regression on TF-IDF of words and letters.",
        for_texts(0.95, False),
        TEXTS,
        {"letters": (0, 3, 4, 5), "alpha": (0.3, 1.0, 3.0, 10.0)},
    ),
    Recipe(
        text_boosting,
        "member",
        "Boosted trees on components of the texts and the other columns.",
        with_trees,
        TEXTS,
        {"components": (40, 80, 120), "trees": (80, 120, 250), "rate": (0.04, 0.08)},
    ),
)
