"""How members are weighed."""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.task import Array, Task

ANY = ("table", "panel", "past", "series", "pixels", "images", "text", "gaps", "novelty", "photos", "holes")


def blend_equal(held: list[Array], actual: Array, task: Task) -> Array:
    """The same weight for every member."""
    return np.full(len(held), 1 / len(held))


def blend_squares(held: list[Array], actual: Array, task: Task, *, pull: float = 0.3) -> Array:
    """Non-negative least squares on held-out predictions, pulled towards equal weights."""
    if len(held) == 1:
        return np.ones(1)
    wanted = np.eye(held[0].shape[1])[actual.astype(int)] if task.kind == "classes" else actual
    wanted = wanted.reshape(len(actual), -1)
    if wanted.shape[1] != held[0].shape[1]:
        return blend_equal(held, actual, task)
    spread = wanted.std(axis=0) + 1e-9
    columns = np.column_stack([(h / spread).ravel() for h in held])
    weights, _ = nnls(columns, (wanted / spread).ravel())
    if weights.sum() <= 0:
        return blend_equal(held, actual, task)
    return np.asarray((1 - pull) * weights / weights.sum() + pull / len(held))


RECIPES = (
    Recipe(blend_equal, "blend", "Equal weights.", lambda b: 0.4, layouts=ANY),
    Recipe(
        blend_squares,
        "blend",
        "Held-out least squares, pulled to equal.",
        lambda b: 0.3,
        layouts=ANY,
        choices={"pull": (0.0, 0.3, 0.6)},
    ),
)
