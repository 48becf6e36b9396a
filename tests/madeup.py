"""Small made-up tables of every kind, and a way to run a script on them."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from actors.contracts import SplitRule, TaskBrief
from actors.models.offline.catalogue.task import Task
from runners.tasks.facts import profile_files

ROWS = 130


def made_up(kind: str) -> tuple[TaskBrief, dict[str, bytes]]:
    """A table with gaps, categories, dates, codes, a column that only train has, and its brief."""
    rng = np.random.default_rng(7)
    n = ROWS + 40
    frame = pd.DataFrame({"a": rng.normal(size=n), "b": rng.exponential(size=n), "c": rng.integers(0, 5, n)})
    frame["colour"] = rng.choice(["red", "green", "blue"], n)
    frame["city"] = rng.choice([f"town{i}" for i in range(20)], n)
    frame["when"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 700, n), unit="D")
    frame["household"] = rng.integers(0, 40, n)
    signal = frame.a + (frame.colour == "red") + 0.5 * frame.b + rng.normal(0, 0.3, n)
    frame.loc[rng.random(n) < 0.2, "b"] = np.nan
    classes: tuple[str, ...] = ()
    target, metric, prediction = ("y",), "rmse", "value"
    if kind == "binary":
        frame["y"], classes, metric, prediction = (
            (signal > 1).astype(int),
            ("0", "1"),
            "log_loss",
            "probability",
        )
    elif kind == "multiclass":
        frame["y"] = np.array(["low", "mid", "top"])[np.digitize(signal, [0.3, 1.3])]
        classes, metric, prediction = ("low", "mid", "top"), "f1_macro", "label"
    elif kind == "ordinal":
        frame["y"] = np.digitize(signal, [0, 1, 2]) + 1
        classes, metric, prediction = ("1", "2", "3", "4"), "quadratic_kappa", "label"
    elif kind == "count":
        frame["y"], metric = rng.poisson(np.exp(np.clip(signal, None, 2))), "d2_poisson"
    elif kind == "quantile":
        frame["y"], metric = np.exp(signal), "pinball"
    elif kind == "multioutput":
        frame["y"], frame["w"], target, metric = signal, 2 * signal + frame.a, ("y", "w"), "mean_rmse"
    elif kind == "survival":
        frame["y"], frame["event"] = rng.exponential(np.exp(-signal)), (rng.random(n) < 0.7).astype(int)
        target, metric = ("y", "event"), "c_index"
    else:
        frame["y"] = signal
    frame.insert(0, "id", rng.permutation(n) + 1000)
    frame["later"] = signal + 1
    train, test = frame[:ROWS], frame[ROWS:].drop(columns=[*target, "later"])
    columns: tuple[str, ...] = (
        ("q0.1", "q0.9") if kind == "quantile" else target[:1] if kind == "survival" else target
    )
    sample = pd.DataFrame({"id": test.id, **dict.fromkeys(columns, classes[0] if classes else 0)})
    towns = pd.DataFrame({"city": [f"town{i}" for i in range(20)], "size": rng.exponential(size=20)})
    tables = {"train.csv": train, "test.csv": test, "sample_submission.csv": sample, "towns.csv": towns}
    files = {name: table.to_csv(index=False).encode() for name, table in tables.items()}
    brief = TaskBrief(
        id="made-up",
        description="",
        problem=kind,
        metric=metric,
        direction="minimize" if metric in ("rmse", "log_loss", "pinball", "mean_rmse") else "maximize",
        target=target,
        id_column="id",
        prediction=prediction,
        split=SplitRule("group", "household") if kind == "count" else SplitRule("random"),
        files=profile_files(files),
        train="train.csv",
        test="test.csv",
        sample_submission="sample_submission.csv",
        levels=(0.1, 0.9) if kind == "quantile" else (),
        classes=classes,
    )
    return brief, files


def execute(script: str, files: dict[str, bytes], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a script in a folder."""
    (folder / "input").mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / "input" / name).write_bytes(data)
    monkeypatch.chdir(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(script, "solution.py", "exec"), {"__name__": "__main__"})


def run(script: str, files: dict[str, bytes], folder: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """Run a script in a folder and read its submission."""
    execute(script, files, folder, monkeypatch)
    return pd.read_csv(folder / "submission.csv")


def made_task(**changes: object) -> Task:
    """What a script knows of a regression by rmse on `y`, with other facts where they are given."""
    facts: dict[str, object] = {
        "kind": "values",
        "problem": "regression",
        "metric": "rmse",
        "larger_is_better": False,
        "prediction": "value",
        "target": ("y",),
        "id_column": "id",
        "train": "train.csv",
        "test": "test.csv",
        "sample": "sample_submission.csv",
    }
    return Task(**{**facts, **changes})  # type: ignore[arg-type]
