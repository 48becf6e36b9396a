"""Linear models: ridge and logistic regression, with splines, interactions or a Poisson loss."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import (
    ElasticNetCV,
    LogisticRegression,
    MultiTaskElasticNetCV,
    PoissonRegressor,
    TweedieRegressor,
)
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.encoding import bent, dense, spread_classes, straight
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.task import Array, Frame, Task
from actors.models.offline.facts import labelled_rows, train_columns
from actors.models.offline.tasking import kind_of


def ridge_or_logistic(x: Array, y: Array, z: Array, task: Task, strength: float) -> Array:
    """Logistic regression for classes; else ridge, its penalty found by leave-one-out.

    `strength` multiplies the penalty of both.
    """
    if task.kind == "classes":
        warnings.simplefilter("ignore", ConvergenceWarning)  # nearly there is good enough
        model = LogisticRegression(C=1 / strength, max_iter=400).fit(x, y)
        return spread_classes(model.predict_proba(z), model.classes_, task)
    return ridge_fit(x, y, z, strength * np.logspace(-2, 4, 13))


def ridge_fit(x: Array, y: Array, z: Array, penalties: Array) -> Array:
    """Ridge regression of every target, each with the penalty of the least leave-one-out error."""
    centre, level = x.mean(axis=0), y.mean(axis=0)
    x, z, gap = x - centre, z - centre, y - level
    if x.shape[1] <= x.shape[0]:
        sizes, turn = np.linalg.eigh(x.T @ x)
        sizes, scores = np.maximum(sizes, 1e-10), x @ turn
    else:
        left, singular, right = np.linalg.svd(x, full_matrices=False)
        sizes, turn, scores = np.maximum(singular**2, 1e-10), right.T, left * singular
    shadow, squares = scores.T @ gap, scores**2
    best, result = np.full(y.shape[1], np.inf), np.zeros((len(z), y.shape[1]))
    new = z @ turn
    for penalty in penalties:
        kept = 1 / (sizes + penalty)
        leverage = np.minimum(squares @ kept + 1 / len(x), 0.999)
        left_out = (gap - scores @ (kept[:, None] * shadow)) / (1 - leverage)[:, None]
        errors = (left_out**2).mean(axis=0)
        better = errors < best
        best = np.where(better, errors, best)
        result[:, better] = (new @ (kept[:, None] * shadow))[:, better]
    return np.asarray(result + level)


def linear(
    train: Frame,
    test: Frame,
    task: Task,
    *,
    strength: float = 1.0,
    numbers: str = "plain",
    few: int = 0,
    log_target: bool = False,
) -> Array:
    """Ridge or logistic regression on scaled numbers and one-hot categories."""
    x, y, z = dense(train, test, task, numbers=numbers, few=few)
    guess = ridge_or_logistic(x, bent(task, y, log_target), z, task, strength)
    return straight(task, y, guess, log_target)


def splines(
    train: Frame, test: Frame, task: Task, *, strength: float = 10.0, few: int = 6, log_target: bool = False
) -> Array:
    """An additive model: linear in cubic splines of every number, short scales as categories."""
    x, y, z = dense(train, test, task, numbers="spline", few=few)
    guess = ridge_or_logistic(x, bent(task, y, log_target), z, task, strength)
    return straight(task, y, guess, log_target)


def interactions(
    train: Frame, test: Frame, task: Task, *, strength: float = 30.0, numbers: str = "plain", widest: int = 40
) -> Array:
    """Linear in all squares and products of the first `widest` columns, strongly regularised."""
    x, y, z = dense(train, test, task, numbers=numbers)
    products = PolynomialFeatures(2, include_bias=False).fit(x[:, :widest])
    scale = StandardScaler().fit(products.transform(x[:, :widest]))
    wide_x, wide_z = (np.clip(scale.transform(products.transform(m[:, :widest])), -8, 8) for m in (x, z))
    all_x, all_z = np.hstack([wide_x, x[:, widest:]]), np.hstack([wide_z, z[:, widest:]])
    return straight(task, y, ridge_or_logistic(all_x, bent(task, y), all_z, task, strength))


def elastic_net(
    train: Frame, test: Frame, task: Task, *, share: float = 0.5, numbers: str = "plain"
) -> Array:
    """Sparse linear model; the penalty is found by cross-validation."""
    x, y, z = dense(train, test, task, numbers=numbers)
    warnings.simplefilter("ignore", ConvergenceWarning)  # nearly there is good enough
    if task.kind == "classes":
        model = LogisticRegression(C=0.3, l1_ratio=share, solver="saga", max_iter=200, tol=1e-3)
        model.fit(x, y)
        return spread_classes(model.predict_proba(z), model.classes_, task)
    goal = bent(task, y)
    # The smallest penalty, of the largest: with more columns than rows descent hardly moves below that.
    least = 1e-3 if x.shape[1] < len(x) else 2e-2
    if y.shape[1] == 1:
        net = ElasticNetCV(l1_ratio=share, eps=least, alphas=30, cv=5, max_iter=3000).fit(x, goal[:, 0])
    else:
        net = MultiTaskElasticNetCV(l1_ratio=share, eps=least, alphas=20, cv=4, max_iter=2000).fit(x, goal)
    return straight(task, y, np.asarray(net.predict(z)).reshape(len(z), -1))


def poisson(
    train: Frame, test: Frame, task: Task, *, alpha: float = 0.01, power: float = 1.0, numbers: str = "spline"
) -> Array:
    """Log-linear count model with a Poisson or Tweedie loss."""
    warnings.simplefilter("ignore", ConvergenceWarning)  # nearly there is good enough
    x, y, z = dense(train, test, task, numbers=numbers)
    columns = []
    for k in range(y.shape[1]):
        model = (
            PoissonRegressor(alpha=alpha, max_iter=100, solver="newton-cholesky")
            if power == 1.0
            else TweedieRegressor(power=power, alpha=alpha, link="log", max_iter=300)
        )
        model.fit(x, np.clip(y[:, k], 0, None))
        columns.append(np.minimum(model.predict(z), 3 * y[:, k].max()))
    return np.column_stack(columns)


def suits_linear(brief: TaskBrief) -> float:
    """Numbers, classes or risk from a table; best on few rows."""
    if kind_of(brief) == "levels":
        return 0.0
    rows = labelled_rows(brief)
    usual = 0.75 if rows < 1000 else 0.6 if rows < 5000 else 0.45
    return usual * (0.4 if brief.metric.startswith("d2_") else 1.0)  # squares do not serve a deviance


def suits_splines(brief: TaskBrief) -> float:
    """As linear, with a few numeric columns that may bend."""
    few = len(train_columns(brief)) <= 60
    return suits_linear(brief) * (0.98 if few else 0.3)


def suits_interactions(brief: TaskBrief) -> float:
    """Small tables only: the columns square."""
    narrow, rows = len(train_columns(brief)) <= 25, labelled_rows(brief)
    return suits_linear(brief) * 0.85 if narrow and 150 < rows < 20_000 else 0.0


def suits_counts(brief: TaskBrief) -> float:
    """Counts and Poisson-like losses."""
    return 0.7 if brief.problem == "count" or brief.metric in ("d2_poisson", "d2_tweedie") else 0.0


STRENGTH = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
RECIPES = (
    Recipe(
        linear,
        "member",
        "Regularised linear model: hard to beat on few rows and nearly linear effects.",
        suits_linear,
        layouts=("table", "panel", "images", "pixels"),
        choices={
            "strength": STRENGTH,
            "numbers": ("plain", "log", "rank", "spline"),
            "few": (0, 4, 8, 12),
            "log_target": (False, True),
        },
    ),
    Recipe(
        splines,
        "member",
        "Additive splines: smooth non-linear effects at a linear model's risk.",
        suits_splines,
        choices={"strength": STRENGTH, "few": (0, 3, 6, 10), "log_target": (False, True)},
    ),
    Recipe(
        interactions,
        "member",
        "All pairwise products with a strong penalty: effects that depend on each other.",
        suits_interactions,
        choices={"strength": STRENGTH, "numbers": ("plain", "log", "rank"), "widest": (10, 20, 40)},
    ),
    Recipe(
        elastic_net,
        "member",
        "Sparse linear model: drops useless columns.",
        lambda b: suits_linear(b) * 0.85 if labelled_rows(b) < 5000 else 0.0,
        choices={"share": (0.1, 0.5, 0.9), "numbers": ("plain", "log", "rank", "spline")},
    ),
    Recipe(
        poisson,
        "member",
        "Log-linear model with the loss of counts.",
        suits_counts,
        choices={
            "alpha": (0.0001, 0.001, 0.01, 0.1, 1.0),
            "power": (1.0, 1.5),
            "numbers": ("plain", "log", "spline"),
        },
    ),
)
