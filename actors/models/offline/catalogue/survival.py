"""Survival: risk from censored times."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
from sklearn.linear_model import PoissonRegressor

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.encoding import coded, dense, hazard
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.task import Array, Frame, Task, labelled, truth
from actors.models.offline.tasking import kind_of


def exposure(train: Frame, task: Task) -> tuple[Array, Array]:
    """Events and common cumulative hazard of the labelled rows: Cox's model is Poisson on these."""
    actual = truth(labelled(train, task), task)
    events = (actual[:, 1] > 0).astype(float)
    return events, np.maximum(hazard(actual[:, 0], events), 1e-4)


def cox(
    train: Frame, test: Frame, task: Task, *, alpha: float = 0.01, numbers: str = "plain", rounds: int = 3
) -> Array:
    """Cox regression with a ridge penalty, as Poisson regression with the baseline hazard refitted."""
    x, _, z = dense(train, test, task, numbers=numbers)
    events, base = exposure(train, task)
    times = truth(labelled(train, task), task)[:, 0]
    risk = np.zeros(len(x))
    for _ in range(rounds):
        model = PoissonRegressor(alpha=alpha, max_iter=300).fit(x, events / base, sample_weight=base)
        risk = x @ model.coef_
        base = np.maximum(breslow(times, events, risk), 1e-4)
    return np.asarray(z @ model.coef_)[:, None]


def breslow(times: Array, events: Array, risk: Array) -> Array:
    """The baseline cumulative hazard at each row's time, given log risks."""
    order = np.argsort(times, kind="stable")
    weights = np.exp(np.clip(risk - risk.mean(), -10, 10))[order]
    at_risk = np.cumsum(weights[::-1])[::-1]
    first = np.searchsorted(times[order], times[order], side="left")
    last = np.searchsorted(times[order], times[order], side="right")
    total = np.cumsum(events[order] / at_risk[first])
    result = np.empty(len(times))
    result[order] = total[last - 1]
    return result


def survival_boosting(
    train: Frame,
    test: Frame,
    task: Task,
    *,
    rate: float = 0.04,
    rounds: int = 120,
    leaves: int = 5,
    smallest: int = 20,
) -> Array:
    """Boosted Cox regression: Poisson loss with the common hazard as offset."""
    x, _, z = coded(train, test, task)
    events, base = exposure(train, task)
    settings = {
        "objective": "poisson",
        "learning_rate": rate,
        "num_leaves": leaves,
        "min_data_in_leaf": min(smallest, max(len(x) // 12, 2)),
        "feature_fraction": 0.6,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "lambda_l2": 3.0,
        "seed": task.seed,
        "num_threads": task.cpus,
        "verbosity": -1,
    }
    data = lgb.Dataset(x, events, init_score=np.log(base), params={"verbosity": -1})
    return np.asarray(lgb.train(settings, data, rounds).predict(z, raw_score=True))[:, None]


def wants_risk(brief: TaskBrief) -> float:
    """Censored times."""
    return 0.9 if kind_of(brief) == "risk" else 0.0


RECIPES = (
    Recipe(
        cox,
        "member",
        "Cox regression with a penalty: the standard of survival analysis.",
        wants_risk,
        choices={"alpha": (0.001, 0.01, 0.1, 1.0), "numbers": ("plain", "log", "rank", "spline")},
    ),
    Recipe(
        survival_boosting,
        "member",
        "Boosted Cox regression.",
        lambda b: 0.95 * wants_risk(b),
        choices={"rounds": (60, 120, 240), "leaves": (3, 5, 10), "smallest": (10, 20, 50)},
    ),
)
