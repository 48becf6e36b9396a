"""Linear models and the dense encoding that they and kernels need."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.task import Array, Frame, Task, inputs, truth


def dense(train: Frame, test: Frame, task: Task, max_levels: int = 30) -> tuple[Array, Array]:
    """Both frames as scaled numbers: medians for gaps, a column for each of the frequent categories."""
    both = pd.concat([inputs(train, task)[inputs(test, task).columns], inputs(test, task)], ignore_index=True)
    parts = []
    for name in both.columns:
        column = both[name]
        if pd.api.types.is_numeric_dtype(column):
            values = column.astype(float).replace([np.inf, -np.inf], np.nan)
            middle = values.iloc[: len(train)].median()
            parts.append(values.fillna(middle if np.isfinite(middle) else 0.0).to_numpy()[:, None])
        else:
            text = column.astype("string").fillna("missing")
            for level in text.iloc[: len(train)].value_counts().index[:max_levels]:
                parts.append((text == level).to_numpy(dtype=float)[:, None])
    matrix = np.hstack(parts)
    scaled = StandardScaler().fit(matrix[: len(train)]).transform(matrix)
    return scaled[: len(train)], scaled[len(train) :]


def ridge(train: Frame, test: Frame, task: Task, *, alpha: float = 10.0) -> Array:
    """Ridge regression on scaled and one-hot columns."""
    x, z = dense(train, test, task)
    model = Ridge(alpha=alpha).fit(x, truth(train, task))
    return np.asarray(model.predict(z)).reshape(len(z), -1)


def suits_ridge(brief: TaskBrief) -> float:
    """Any number to predict."""
    return 0.5 if brief.problem in ("regression", "multioutput", "ordinal", "count") else 0.0


RECIPES = (
    Recipe(
        ridge,
        "member",
        "Regularised linear model: hard to beat on few rows and on nearly linear effects.",
        suits_ridge,
        layouts=("table", "panel", "images"),
        choices={"alpha": (0.1, 1.0, 10.0, 100.0, 1000.0)},
    ),
)
