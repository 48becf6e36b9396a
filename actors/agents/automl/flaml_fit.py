"""FLAML's search for one job. Copied into programs after `flat`."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np
import pandas as pd
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from actors.agents.automl.flat import Found, Frame, Job

METRICS = {  # FLAML's name, whether larger is better, whether it is the task's own metric
    "accuracy": ("accuracy", True, True),
    "f1": ("f1", True, False),
    "f1_macro": ("macro_f1", True, True),
    "f1_micro": ("micro_f1", True, True),
    "roc_auc": ("roc_auc", True, True),
    "average_precision": ("ap", True, True),
    "log_loss": ("log_loss", False, True),
    "rmse": ("rmse", False, True),
    "mean_rmse": ("rmse", False, True),
    "mae": ("mae", False, True),
    "median_ae": ("mae", False, False),
    "smape": ("mae", False, False),
    "mape": ("mape", False, True),
    "r2": ("r2", True, True),
    "mean_r2": ("r2", True, True),
}
BINARY = ("f1", "roc_auc", "ap")
TEXT_LENGTH = 80  # mean characters from which a column is text and not a category
COMPONENTS = 100


def flaml_class() -> Any:
    """FLAML's AutoML class; it would load MLflow and Ray, which a program has no use for."""
    for name in ("mlflow", "ray"):
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # the import then fails
    from flaml import AutoML

    return AutoML


def components(train: Frame, test: Frame, seed: int) -> tuple[Frame, Frame]:
    """Long text as TF-IDF components: FLAML drops a column whose values all differ."""
    both = [train, test]
    words = [c for c in train.columns if train[c].dtype == object]
    for name in words:
        text = train[name].dropna()
        if not len(text) or text.str.len().mean() <= TEXT_LENGTH:
            continue
        vectors = TfidfVectorizer(sublinear_tf=True, min_df=2, max_features=20_000)
        known = vectors.fit_transform(train[name].fillna(""))
        svd = TruncatedSVD(min(COMPONENTS, known.shape[1] - 1), random_state=seed).fit(known)
        coded = [svd.transform(known), svd.transform(vectors.transform(test[name].fillna("")))]
        both = [
            pd.concat([frame.drop(columns=name), pd.DataFrame(part).add_prefix(f"{name}_")], axis=1)
            for frame, part in zip(both, coded, strict=True)
        ]
    return both[0], both[1]


def metric_of(job: Job) -> tuple[Any, bool, bool]:
    """What FLAML minimises or maximises, and whether it is the task's metric."""
    if job.kind == "level":

        def pinball(x: Any, y: Any, model: Any, *_: Any, **__: Any) -> tuple[float, dict[str, float]]:
            gap = np.asarray(y) - model.predict(x)
            loss = float(np.mean(np.maximum(job.level * gap, (job.level - 1) * gap)))
            return loss, {"pinball": loss}

        return pinball, False, job.metric == "pinball"
    usual = ("log_loss", False, False) if job.kind == "classes" else ("rmse", False, False)
    name, larger, own = METRICS.get(job.metric, usual)
    classes = job.target.nunique()
    if job.kind == "classes" and name in BINARY and classes > 2:
        return ("roc_auc_ovr", True, False) if name == "roc_auc" else usual
    return name, larger, own


def fit_flaml(job: Job) -> Found:
    """Search, then fit the best configuration on every row."""
    train, test = components(job.train, job.test, job.seed)
    metric, larger, own = metric_of(job)
    settings: dict[str, Any] = {
        "task": "classification" if job.kind == "classes" else "regression",
        "metric": metric,
        "time_budget": job.seconds,
        "estimator_list": "auto",
        "n_jobs": job.cpus,
        "seed": job.seed,
        "verbose": 0,
        "mlflow_logging": False,
    }
    if job.kind == "level":
        settings["estimator_list"] = ["lgbm"]  # the one learner that fits quantiles
        fixed = {"objective": {"domain": "quantile"}, "alpha": {"domain": job.level}}
        settings["custom_hp"] = {"lgbm": fixed}
    if job.groups is not None:
        settings |= {"split_type": "group", "groups": pd.factorize(job.groups)[0]}
    elif job.ordered and job.kind != "classes":
        settings["split_type"] = "time"
    search = flaml_class()()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries about one another
        search.fit(train, job.target.to_numpy(), **settings)
        print(f"FLAML: {search.best_estimator}, {search.best_config}, loss {search.best_loss:.6g}")
        if job.kind == "classes":
            names = [str(name) for name in search.classes_]
            given = pd.DataFrame(search.predict_proba(test), columns=names)
        else:
            given = pd.DataFrame({"value": np.asarray(search.predict(test), dtype=float)})
    score = 1 - search.best_loss if larger else search.best_loss
    return Found(given, float(score) if own else None)
