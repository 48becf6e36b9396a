"""Small neural networks, averaged over seeds."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.encoding import bent, dense, logs, spread_classes, straight
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.task import Array, Frame, Task
from actors.models.offline.facts import labelled_rows
from actors.models.offline.tasking import kind_of


def network(
    train: Frame,
    test: Frame,
    task: Task,
    *,
    width: int = 32,
    decay: float = 1.0,
    epochs: int = 30,
    bags: int = 2,
    numbers: str = "rank",
    log_target: bool = False,
) -> Array:
    """One hidden layer and a strong weight decay, averaged over seeds; all targets share the layer."""
    warnings.simplefilter("ignore", ConvergenceWarning)  # it is stopped early on purpose
    x, y, z = dense(train, test, task, numbers=numbers)
    shared: dict[str, Any] = {
        "hidden_layer_sizes": (width,),
        "alpha": decay,
        "max_iter": epochs,
        "learning_rate_init": 0.004,
        "batch_size": min(max(len(x) // 25, 16), 400),
        "tol": 0.0,
        "n_iter_no_change": epochs,
    }
    total: Any = 0.0
    if task.kind == "classes":
        for bag in range(bags):
            classifier = MLPClassifier(random_state=task.seed + bag, **shared).fit(x, y)
            total = total + spread_classes(classifier.predict_proba(z), classifier.classes_, task)
        return np.asarray(total / bags)
    goal = bent(task, y, log_target)
    middle, spread = goal.mean(axis=0), goal.std(axis=0) + 1e-12
    scaled = (goal - middle) / spread
    for bag in range(bags):
        model = MLPRegressor(random_state=task.seed + bag, **shared)
        total = total + model.fit(x, scaled[:, 0] if scaled.shape[1] == 1 else scaled).predict(z).reshape(
            len(z), -1
        )
    mean = np.asarray(total / bags) * spread + middle
    if logs(task, y, log_target):
        mean = np.minimum(mean, goal.max() + 1)
    return straight(task, y, mean, log_target)


def suits_network(brief: TaskBrief) -> float:
    """Tables that are neither tiny nor huge."""
    if kind_of(brief) == "levels" or brief.metric.startswith("d2_"):
        return 0.0
    rows = labelled_rows(brief)
    return 0.55 if 200 < rows < 30_000 else 0.0


RECIPES = (
    Recipe(
        network,
        "member",
        "A small neural network over several seeds: smooth, and unlike trees.",
        suits_network,
        layouts=("table", "images", "panel"),
        choices={
            "decay": (0.01, 0.1, 1.0, 3.0, 10.0),
            "width": (8, 16, 32, 64),
            "epochs": (15, 30, 60),
            "numbers": ("plain", "log", "rank"),
            "log_target": (False, True),
        },
    ),
)
