"""Synthetic task folders of every problem kind, in varied file formats, for tests of the whole stack."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

KINDS = (
    "binary",
    "multiclass",
    "ordinal",
    "regression",
    "count",
    "quantile",
    "multioutput",
    "forecast",
    "survival",
    "other",
)
_ROWS = 360


@dataclass
class _Folder:
    """One folder to write; `private` False leaves the answers out, so that a hold-out takes their place."""

    spec: dict[str, object]
    train: pd.DataFrame
    test: pd.DataFrame  # with the targets
    suffix: str = ".csv"
    private: bool = True
    sample: dict[str, object] | None = None  # predicted columns with a constant; None: no file
    extra: dict[str, bytes] = field(default_factory=dict)


def write_task(kind: str, root: Path, seed: int = 0) -> Path:
    """Write a task of the given kind into `root/<id>` and return that folder."""
    made = _MAKERS[kind](np.random.default_rng([seed, KINDS.index(kind)]))
    folder = root / str(made.spec["id"])
    folder.mkdir(parents=True)
    target = made.spec["target"]
    targets = target if isinstance(target, list) else [target]
    key = str(made.spec["id_column"])
    (folder / "task.yaml").write_text(yaml.safe_dump(made.spec, sort_keys=False))
    (folder / "description.md").write_text(f"# A synthetic {kind} task\n\nPredict {targets} of each row.\n")
    write_table(folder / f"train{made.suffix}", made.train)
    write_table(folder / f"test{made.suffix}", made.test.drop(columns=targets))
    if made.sample is not None:
        made.test[[key]].assign(**made.sample).to_csv(folder / "sample_submission.csv", index=False)
    if made.private:
        (folder / "private").mkdir()
        made.test[[key, *targets]].to_csv(folder / "private" / "answers.csv", index=False)
    for name, data in made.extra.items():
        (folder / name).write_bytes(data)
    return folder


def write_table(path: Path, frame: pd.DataFrame) -> None:
    """Write a table in the format of the path's suffix; .tsv with padded strings, .dat in fixed width."""
    name = path.name
    if name.endswith(".parquet"):
        frame.to_parquet(path, index=False)
    elif name.endswith(".jsonl"):
        frame.to_json(path, orient="records", lines=True)
    elif name.endswith(".xlsx"):
        frame.to_excel(path, index=False)
    elif name.endswith(".tsv"):
        padded = frame.map(lambda v: f" {v}  " if isinstance(v, str) else v)
        padded.to_csv(path, sep="\t", index=False)
    elif name.endswith(".txt"):
        frame.to_csv(path, sep=" ", index=False, na_rep="NA")
    elif name.endswith(".dat"):
        out = io.StringIO()
        frame.to_string(out, index=False, na_rep="")
        path.write_text(out.getvalue() + "\n")
    else:
        frame.to_csv(path, index=False)


def _features(rng: np.random.Generator, rows: int = _ROWS) -> pd.DataFrame:
    """Numbers, a category, a rare category, a date and missing values."""
    frame = pd.DataFrame(
        {
            "size": rng.gamma(2.0, 10.0, rows).round(2),
            "age": rng.integers(18, 80, rows).astype(float),
            "income": np.exp(rng.normal(10, 0.6, rows)).round(0),
            "colour": rng.choice(["red", "green", "blue"], rows, p=[0.5, 0.3, 0.2]),
            "town": [f"town_{n}" for n in rng.integers(0, 25, rows)],
            "joined": (
                pd.Timestamp("2019-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), "D")
            ).strftime("%Y-%m-%d"),
        }
    )
    frame.loc[rng.random(rows) < 0.1, "age"] = np.nan
    frame.loc[rng.random(rows) < 0.05, "colour"] = None
    return frame


def _signal(frame: pd.DataFrame) -> np.ndarray:
    """A smooth function of the features with about unit variance."""
    colour = frame["colour"].map({"red": 0.8, "green": -0.5, "blue": 0.0}).fillna(0.3)
    raw = (
        np.log(frame["size"] + 1)
        + 0.02 * (frame["age"].fillna(45) - 45)
        + 0.5 * np.log(frame["income"] / 22_000)
        + colour
        + (pd.to_datetime(frame["joined"]).dt.month > 6) * 0.5
    )
    return ((raw - raw.mean()) / raw.std()).to_numpy()


def _numbered(frame: pd.DataFrame, key: str = "id", start: int = 1) -> pd.DataFrame:
    frame.insert(0, key, np.arange(start, start + len(frame)))
    return frame


def _halves(frame: pd.DataFrame, share: float = 0.7) -> tuple[pd.DataFrame, pd.DataFrame]:
    cut = int(len(frame) * share)
    return frame.iloc[:cut].reset_index(drop=True), frame.iloc[cut:].reset_index(drop=True)


def _binary(rng: np.random.Generator) -> _Folder:
    frame = _features(rng)
    frame["churned"] = (_signal(frame) + rng.logistic(0, 0.5, len(frame)) > 0.4).astype(int)
    train, test = _halves(_numbered(frame))
    spec = {
        "id": "shop-churn",
        "problem": "binary",
        "metric": "roc_auc",
        "target": "churned",
        "id_column": "id",
        "prediction": "probability",
        "split": {"kind": "stratified"},
        "success": {"threshold": 0.8, "source": "a logistic regression"},
    }
    return _Folder(spec, train, test, sample={"churned": 0.5})


def _multiclass(rng: np.random.Generator) -> _Folder:
    frame = _features(rng, 420)
    score = _signal(frame)
    noise = rng.normal(0, 0.4, (len(frame), 3))
    logits = np.column_stack([score, -score, 0.6 - np.abs(score)]) + noise
    frame["plan"] = np.array(["basic", "family", "pro"])[logits.argmax(axis=1)]
    frame.insert(0, "customer", [f"C{n:05d}" for n in rng.permutation(len(frame))])
    train, test = _halves(frame)
    spec = {
        "id": "plan-choice",
        "problem": "multiclass",
        "metric": "log_loss",
        "target": "plan",
        "id_column": "customer",
        "prediction": "probability",
        "split": {"kind": "stratified"},
    }
    third = round(1 / 3, 6)
    sample = {"basic": third, "family": third, "pro": third}
    return _Folder(spec, train, test, ".jsonl", sample=sample)


def _ordinal(rng: np.random.Generator) -> _Folder:
    frame = _features(rng)
    frame["stars"] = np.digitize(_signal(frame) + rng.normal(0, 0.4, len(frame)), [-1.2, -0.4, 0.4, 1.2]) + 1
    train, test = _halves(_numbered(frame, "review"))
    spec = {
        "id": "review-stars",
        "problem": "ordinal",
        "metric": "quadratic_kappa",
        "target": "stars",
        "id_column": "review",
        "prediction": "label",
        "split": {"kind": "stratified"},
    }
    return _Folder(spec, train, test, ".tsv", private=False)


def _regression(rng: np.random.Generator) -> _Folder:
    frame = _features(rng, 500)
    house = rng.integers(0, 60, len(frame))
    effect = rng.normal(0, 0.3, 60)
    frame.insert(0, "street", [f"street {n}" for n in house])
    frame["price"] = np.exp(
        12 + 0.5 * _signal(frame) + effect[house] + rng.normal(0, 0.15, len(frame))
    ).round(-2)
    frame = frame.sort_values("street", kind="stable").reset_index(drop=True)
    train, test = _halves(_numbered(frame), 0.75)
    spec = {
        "id": "house-price",
        "problem": "regression",
        "metric": "rmsle",
        "direction": "minimize",
        "target": "price",
        "id_column": "id",
        "prediction": "value",
        "split": {"kind": "group", "column": "street"},
        "success": {"threshold": 0.42},
    }
    return _Folder(spec, train, test, ".parquet", sample={"price": 150_000})


def _count(rng: np.random.Generator) -> _Folder:
    frame = _features(rng)
    frame["visits"] = rng.poisson(np.exp(0.4 + 0.7 * _signal(frame)))
    train, test = _halves(_numbered(frame))
    spec = {
        "id": "clinic-visits",
        "problem": "count",
        "metric": "d2_poisson",
        "target": "visits",
        "id_column": "id",
        "prediction": "value",
        "split": {"kind": "random"},
    }
    return _Folder(spec, train, test, ".xlsx", sample={"visits": 1.0})


def _quantile(rng: np.random.Generator) -> _Folder:
    frame = _features(rng, 400)
    frame["delay"] = (5 + 3 * _signal(frame) + rng.gumbel(0, 1, len(frame)) * (1 + frame["size"] / 40)).round(
        3
    )
    train, test = _halves(_numbered(frame))
    spec = {
        "id": "delivery-delay",
        "problem": "quantile",
        "metric": "pinball",
        "levels": [0.1, 0.5, 0.9],
        "target": "delay",
        "id_column": "id",
        "prediction": "value",
        "split": {"kind": "random"},
    }
    return _Folder(spec, train, test, ".csv.gz")


def _multioutput(rng: np.random.Generator) -> _Folder:
    frame = _features(rng).drop(columns=["colour", "town", "joined"])
    base = np.log(frame["size"] + 1)
    frame["heat"] = (10 + 4 * base + rng.normal(0, 1, len(frame))).round(3)
    frame["power"] = (3 * base + 0.05 * frame["age"].fillna(45) + rng.normal(0, 1, len(frame))).round(3)
    train, test = _halves(_numbered(frame))
    spec = {
        "id": "plant-outputs",
        "problem": "multioutput",
        "metric": "mean_rmse",
        "target": ["heat", "power"],
        "id_column": "id",
        "prediction": "value",
        "split": {"kind": "random"},
    }
    return _Folder(spec, train, test, ".txt", sample={"heat": 20.0, "power": 10.0})


def _forecast(rng: np.random.Generator) -> _Folder:
    days = pd.date_range("2021-01-01", periods=540, freq="D")
    trend = np.linspace(50, 80, len(days))
    week = np.array([0, 2, 4, 4, 8, 15, 11])[days.dayofweek]
    year = 10 * np.sin(2 * np.pi * days.dayofyear / 365.25)
    frame = pd.DataFrame(
        {"day": days.strftime("%Y-%m-%d"), "holiday": (rng.random(len(days)) < 0.03).astype(int)}
    )
    frame["rides"] = (trend + week + year + 20 * frame["holiday"] + rng.normal(0, 3, len(days))).round(1)
    train, test = _halves(frame, 0.9)
    spec = {
        "id": "bike-rides",
        "problem": "forecast",
        "metric": "mae",
        "target": "rides",
        "id_column": "day",
        "prediction": "value",
        "split": {"kind": "time", "column": "day"},
    }
    return _Folder(spec, train, test, ".csv", private=False, sample={"rides": 70.0})


def _survival(rng: np.random.Generator) -> _Folder:
    frame = _features(rng, 400)
    true = rng.exponential(np.exp(3 - 0.9 * _signal(frame)))
    censored = rng.exponential(40, len(frame))
    frame["months"] = np.minimum(true, censored).round(2) + 0.01
    frame["died"] = (true <= censored).astype(int)
    train, test = _halves(_numbered(frame, "patient"))
    spec = {
        "id": "patient-survival",
        "problem": "survival",
        "metric": "c_index",
        "target": ["months", "died"],
        "id_column": "patient",
        "prediction": "value",
        "split": {"kind": "random"},
    }
    return _Folder(spec, train, test, ".csv", sample={"risk": 0.0})


_GRADE = '''"""Cost of a wrong stock level: too little costs three times as much as too much."""


def grade(submission, answers):
    both = answers.merge(submission, on="item", suffixes=("", "_given"))
    error = both["stock_given"] - both["stock"]
    return float((error.clip(lower=0) - 3 * error.clip(upper=0)).mean())
'''


def _other(rng: np.random.Generator) -> _Folder:
    frame = _features(rng)
    frame["stock"] = (30 + 12 * _signal(frame) + rng.normal(0, 4, len(frame))).round(1)
    train, test = _halves(_numbered(frame, "item", 1000))
    spec = {
        "id": "stock-cost",
        "problem": "other",
        "metric": "custom",
        "direction": "minimize",
        "target": "stock",
        "id_column": "item",
        "prediction": "value",
        "split": {"kind": "random"},
    }
    note = b"Too little stock costs three times as much as too much.\n"
    return _Folder(
        spec,
        train,
        test,
        ".dat",
        sample={"stock": 30.0},
        extra={"grade.py": _GRADE.encode(), "notes.txt": note},
    )


_MAKERS: dict[str, Callable[[np.random.Generator], _Folder]] = {
    "binary": _binary,
    "multiclass": _multiclass,
    "ordinal": _ordinal,
    "regression": _regression,
    "count": _count,
    "quantile": _quantile,
    "multioutput": _multioutput,
    "forecast": _forecast,
    "survival": _survival,
    "other": _other,
}
