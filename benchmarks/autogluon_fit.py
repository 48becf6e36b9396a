"""AutoGluon's search for one job, as actors/agents/automl/flaml_fit.py is FLAML's. Copied into programs."""

from __future__ import annotations

import warnings
from typing import Any

import pandas as pd

from actors.agents.automl.flat import Found, Frame, Job

TARGET = "__target__"
GROUP = "__group__"
BAGS = 8  # AutoGluon's own number of folds in `best_quality`
MEASURES = {  # of the task -> AutoGluon's
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced_accuracy",
    "f1": "f1",
    "f1_macro": "f1_macro",
    "f1_micro": "f1_micro",
    "f1_weighted": "f1_weighted",
    "matthews": "mcc",
    "roc_auc": "roc_auc",
    "average_precision": "average_precision",
    "log_loss": "log_loss",
    "brier": "log_loss",
    "rmse": "root_mean_squared_error",
    "mean_rmse": "root_mean_squared_error",
    "mae": "mean_absolute_error",
    "median_ae": "median_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "smape": "symmetric_mean_absolute_percentage_error",
    "r2": "r2",
    "mean_r2": "r2",
    "spearman": "spearmanr",
    "pinball": "pinball_loss",
}
BINARY = ("f1", "roc_auc", "average_precision")


def measure_of(job: Job) -> str | None:
    """AutoGluon's metric; None leaves its own choice for the kind of problem."""
    several = job.kind == "classes" and job.target.nunique() > 2
    if several and job.metric in BINARY:
        return "roc_auc_ovr_macro" if job.metric == "roc_auc" else None
    return MEASURES.get(job.metric)


def fit_autogluon(job: Job) -> Found:
    """Search with bagging and stacking, in this process and with the threads of the job."""
    from autogluon.tabular import TabularPredictor

    classes = "binary" if job.target.nunique() == 2 else "multiclass"
    more: dict[str, Any] = {"quantile_levels": [job.level]} if job.kind == "level" else {}
    train: Frame = job.train.assign(**{TARGET: job.target.to_numpy()})
    if job.groups is not None:  # AutoGluon makes a fold of each group that it is told of
        train[GROUP] = pd.factorize(job.groups)[0] % BAGS
        more["groups"] = GROUP
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        predictor = TabularPredictor(
            label=TARGET,
            problem_type={"classes": classes, "level": "quantile"}.get(job.kind, "regression"),
            eval_metric=measure_of(job),
            path=f"models-{job.level}-{job.target.name}",
            verbosity=0,
            **more,
        )
        predictor.fit(
            train,
            time_limit=job.seconds,
            presets="best_quality",
            dynamic_stacking=False,  # its trial run would take most of so short a time
            ag_args_ensemble={"fold_fitting_strategy": "sequential_local"},  # no processes beside this one
            num_cpus=job.cpus,
            num_gpus=0,
        )
        print("AutoGluon:", predictor.model_best)
        if job.kind == "classes":
            chances = predictor.predict_proba(job.test)
            return Found(chances.rename(columns=str).reset_index(drop=True))
        given = predictor.predict(job.test)
    values = given.iloc[:, 0] if isinstance(given, pd.DataFrame) else given
    return Found(pd.DataFrame({"value": values.to_numpy(dtype=float)}))
