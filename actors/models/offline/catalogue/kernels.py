"""Kernels, Gaussian processes and nearest neighbours: smooth models for small tables."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from scipy.spatial.distance import pdist
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct, Matern, WhiteKernel
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.svm import SVC, SVR

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.encoding import bent, dense, spread_classes, straight
from actors.models.offline.catalogue.linear import ridge_fit
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.task import Array, Frame, Task
from actors.models.offline.facts import labelled_rows, train_columns
from actors.models.offline.tasking import kind_of

WIDTHS = 250  # rows that a Gaussian process finds its widths on


def pair_scale(x: Array) -> float:
    """The median squared distance between rows: a kernel width that suits the data."""
    some = x[:: max(len(x) // 300, 1)]
    distances = pdist(some, "sqeuclidean")
    return float(np.median(distances[distances > 0])) if (distances > 0).any() else 1.0


def support_vectors(
    train: Frame,
    test: Frame,
    task: Task,
    *,
    cost: float = 1.0,
    width: float = 1.0,
    numbers: str = "plain",
    most: int = 4000,
) -> Array:
    """Support vectors with a Gaussian kernel, on at most `most` rows."""
    x, y, z = dense(train, test, task, numbers=numbers)
    kept = np.random.default_rng(task.seed).permutation(len(x))[:most]
    x, y = x[kept], y[kept]
    gamma = 1.0 / (width * pair_scale(x))
    if task.kind == "classes":
        model = SVC(C=cost, gamma=gamma, random_state=task.seed).fit(x, y)
        margins = model.decision_function(z)
        own = model.decision_function(x)
        return spread_classes(*margin_probability(own, y, margins, model.classes_), task)
    outputs, goal = [], bent(task, y)
    for k in range(y.shape[1]):
        middle, spread = goal[:, k].mean(), goal[:, k].std() + 1e-12
        model = SVR(C=cost, gamma=gamma, epsilon=0.1).fit(x, (goal[:, k] - middle) / spread)
        outputs.append(model.predict(z) * spread + middle)
    return straight(task, y, np.column_stack(outputs))


def margin_probability(own: Array, y: Array, margins: Array, classes: Array) -> tuple[Array, Array]:
    """Probabilities from margins by a logistic fit, softened since it sees its own rows."""
    own, margins = own.reshape(len(own), -1), margins.reshape(len(margins), -1)
    model = LogisticRegression(C=0.1).fit(own, y)
    return model.predict_proba(margins), classes


def kernel_linear(
    train: Frame,
    test: Frame,
    task: Task,
    *,
    width: float = 2.0,
    parts: int = 250,
    numbers: str = "plain",
    strength: float = 1.0,
) -> Array:
    """Ridge or logistic regression on an approximate Gaussian kernel: kernel ridge for more rows."""
    x, y, z = dense(train, test, task, numbers=numbers)
    mapping = Nystroem(
        gamma=1.0 / (width * pair_scale(x)), n_components=min(parts, len(x)), random_state=task.seed
    ).fit(x)
    wide_x, wide_z = np.hstack([mapping.transform(x), x / 10]), np.hstack([mapping.transform(z), z / 10])
    if task.kind == "classes":
        model = LogisticRegression(C=10 / strength, max_iter=300).fit(wide_x, y)
        return spread_classes(model.predict_proba(wide_z), model.classes_, task)
    return straight(task, y, ridge_fit(wide_x, bent(task, y), wide_z, strength * np.logspace(-4, 2, 13)))


def gaussian_process(
    train: Frame, test: Frame, task: Task, *, rough: float = 0.0, numbers: str = "plain", most: int = 500
) -> Array:
    """A Gaussian process of linear and smooth parts; its widths come from the marginal likelihood.

    rough: 0 for an infinitely smooth kernel, else the Matern exponent.
    """
    x, y, z = dense(train, test, task, numbers=numbers)
    kept = np.random.default_rng(task.seed).permutation(len(x))[:most]
    x, y = x[kept], y[kept]
    scale = np.sqrt(pair_scale(x))
    bend: Any = (
        Matern(scale, (0.2 * scale, 20 * scale), nu=rough) if rough else RBF(scale, (0.2 * scale, 20 * scale))
    )
    line = ConstantKernel(0.1 / x.shape[1], (1e-5, 10.0)) * DotProduct(1.0, "fixed")
    kernel = line + ConstantKernel(0.5, (1e-3, 30.0)) * bend + WhiteKernel(0.5, (1e-4, 3.0))
    warnings.simplefilter("ignore", ConvergenceWarning)  # a width at its bound is an answer too
    outputs, goal = [], bent(task, y)
    for k in range(y.shape[1]):
        model = GaussianProcessRegressor(kernel, normalize_y=True, random_state=0)
        model.fit(x[:WIDTHS], goal[:WIDTHS, k])
        if len(x) > WIDTHS:  # widths are found on a part of the rows: the cost is cubic
            model = GaussianProcessRegressor(model.kernel_, optimizer=None, normalize_y=True)
            model.fit(x, goal[:, k])
        outputs.append(model.predict(z))
    return straight(task, y, np.column_stack(outputs))


def neighbours(
    train: Frame,
    test: Frame,
    task: Task,
    *,
    nearest: int = 15,
    numbers: str = "rank",
    weights: str = "distance",
) -> Array:
    """The nearest rows, closer ones counting more."""
    x, y, z = dense(train, test, task, numbers=numbers)
    count = min(nearest, len(x))
    if task.kind == "classes":
        model = KNeighborsClassifier(count, weights=weights).fit(x, y)
        return spread_classes(
            (model.predict_proba(z) * count + 1 / count) / (count + 1), model.classes_, task
        )
    return np.asarray(KNeighborsRegressor(count, weights=weights).fit(x, y).predict(z)).reshape(len(z), -1)


def suits_kernels(brief: TaskBrief) -> float:
    """Small and middling tables of not too many columns."""
    if kind_of(brief) == "levels":
        return 0.0
    rows = labelled_rows(brief)
    return 0.66 if rows < 1500 else 0.5 if rows < 6000 else 0.0


def suits_process(brief: TaskBrief) -> float:
    """Numbers from a small table."""
    small = 20 < labelled_rows(brief) < 700 and len(train_columns(brief)) <= 60 and len(brief.target) <= 4
    return 0.76 if small and kind_of(brief) in ("values", "risk") else 0.0


NUMBERS = ("plain", "log", "rank")
RECIPES = (
    Recipe(
        support_vectors,
        "member",
        "Support vectors: smooth, strong on small and middling data.",
        lambda b: suits_kernels(b) * 0.92,
        layouts=("table", "images"),
        choices={"cost": (0.1, 0.3, 1.0, 3.0, 10.0), "width": (0.3, 1.0, 3.0, 10.0), "numbers": NUMBERS},
    ),
    Recipe(
        kernel_linear,
        "member",
        "Kernel ridge by random landmarks: smooth interactions of all columns.",
        suits_kernels,
        choices={"width": (0.5, 1.0, 2.0, 5.0, 15.0), "strength": (0.1, 1.0, 10.0), "numbers": NUMBERS},
    ),
    Recipe(
        gaussian_process,
        "member",
        "Gaussian process: finds its own smoothness, best on a few hundred rows.",
        suits_process,
        choices={"rough": (0.0, 2.5, 1.5), "numbers": NUMBERS},
    ),
    Recipe(
        neighbours,
        "member",
        "Nearest neighbours: local, errs differently from all others.",
        lambda b: suits_kernels(b) * 0.6,
        choices={"nearest": (5, 10, 15, 30, 60), "numbers": NUMBERS, "weights": ("distance", "uniform")},
    ),
)
