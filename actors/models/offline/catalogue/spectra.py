"""Wide and collinear columns: spectra and other curves."""

from __future__ import annotations

import numpy as np
from scipy.signal import savgol_filter
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import cross_val_predict

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.encoding import bent, dense, spread_classes, straight
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.task import Array, Frame, Task, inputs
from actors.models.offline.facts import labelled_rows, numeric_share, train_columns
from actors.models.offline.tasking import kind_of


def curves(
    train: Frame, test: Frame, task: Task, *, slope: int = 1, window: int = 11, snv: bool = True
) -> tuple[Frame, Frame]:
    """Numeric columns read as one curve a row: each row scaled by itself, then smoothed or derived."""
    names = [n for n in inputs(test, task).select_dtypes("number").columns if n in train.columns]
    both = np.vstack([train[names].to_numpy(dtype=float), test[names].to_numpy(dtype=float)])
    both = np.where(np.isfinite(both), both, np.nanmedian(both, axis=0))
    if snv:
        both = (both - both.mean(axis=1, keepdims=True)) / (both.std(axis=1, keepdims=True) + 1e-12)
    span = min(window, (len(names) - 1) // 2 * 2 + 1)
    if span > 3:
        both = savgol_filter(both, span, min(2, span - 1), deriv=slope, axis=1)
    results = []
    for frame, part in ((train, both[: len(train)]), (test, both[len(train) :])):
        new = frame.copy()
        new[names] = part
        results.append(new)
    return results[0], results[1]


def latent(
    train: Frame, test: Frame, task: Task, *, parts: int = 0, most: int = 20, numbers: str = "plain"
) -> Array:
    """Partial least squares; the number of parts by cross-validation unless given."""
    x, y, z = dense(train, test, task, numbers=numbers)
    goal = np.eye(len(task.classes))[y] if task.kind == "classes" else bent(task, y)
    top = min(most, x.shape[1], len(x) * 3 // 4 - 1)
    counts = [parts] if parts else sorted({c for c in (1, 2, 3, 4, 6, 8, 10, 12, 15, 20) if c <= max(top, 1)})
    errors = []
    for count in counts if len(counts) > 1 else []:
        guess = cross_val_predict(PLSRegression(count, scale=False), x, goal, cv=4).reshape(goal.shape)
        errors.append(float(((guess - goal) ** 2).sum()))
    count = counts[int(np.argmin(errors))] if errors else counts[0]
    p = np.asarray(PLSRegression(min(count, max(top, 1)), scale=False).fit(x, goal).predict(z)).reshape(
        len(z), -1
    )
    if task.kind != "classes":
        return straight(task, y, p)
    safe = np.clip(p, 0.01, None)
    return np.asarray(safe / safe.sum(axis=1, keepdims=True))


def discriminant(
    train: Frame, test: Frame, task: Task, *, shrink: float = -1.0, parts: float = 0.995
) -> Array:
    """Linear discriminants on principal components with a shrunk covariance (-1: found by formula)."""
    x, y, z = dense(train, test, task)
    turn = PCA(parts, svd_solver="full").fit(x)
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto" if shrink < 0 else shrink)
    model.fit(turn.transform(x), y)
    return spread_classes(model.predict_proba(turn.transform(z)), model.classes_, task)


def is_spectrum(brief: TaskBrief) -> float:
    """Many real columns, more than a small share of the rows."""
    columns, rows = len(train_columns(brief)), labelled_rows(brief)
    return 1.0 if columns >= 40 and numeric_share(brief) > 0.9 and rows < 10 * columns else 0.0


def suits_latent(brief: TaskBrief) -> float:
    """Wide tables, and small ones of collinear columns."""
    if kind_of(brief) in ("levels",):
        return 0.0
    return 0.85 if is_spectrum(brief) else 0.35 if labelled_rows(brief) < 2000 else 0.0


RECIPES = (
    Recipe(
        curves,
        "features",
        "Rows read as curves: scaled, smoothed, derived.",
        lambda b: 0.45 * is_spectrum(b),
        choices={"slope": (0, 1, 2), "window": (5, 11, 21), "snv": (False, True)},
        order=60,
    ),
    Recipe(
        latent,
        "member",
        "Partial least squares: made for wide, collinear columns.",
        suits_latent,
        choices={"parts": (0, 2, 4, 6, 10, 15), "numbers": ("plain", "log", "rank")},
    ),
    Recipe(
        discriminant,
        "member",
        "Linear discriminants with shrinkage: few rows, many columns.",
        lambda b: (
            (0.8 if is_spectrum(b) else 0.4) if kind_of(b) == "classes" and labelled_rows(b) < 20_000 else 0.0
        ),
        layouts=("table", "images"),
        choices={"shrink": (-1.0, 0.01, 0.1, 0.3, 0.6), "parts": (0.9, 0.98, 0.995)},
    ),
)
