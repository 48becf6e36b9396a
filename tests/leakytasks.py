"""Small synthetic tasks, each with a trap that makes a careless script print too good a score."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

TRAIN = 400
TEST = 120


def write_trap(name: str, root: Path, seed: int = 0) -> Path:
    """Write the task of a trap into `root/<name>` and return that folder."""
    train, test, spec = _TRAPS[name](np.random.default_rng([seed, sorted(_TRAPS).index(name)]))
    folder = root / name
    (folder / "private").mkdir(parents=True)
    spec = {"id": name, "target": "y", "id_column": "id", "split": {"kind": "random"}, **spec}
    (folder / "task.yaml").write_text(yaml.safe_dump(spec, sort_keys=False))
    (folder / "description.md").write_text("# A synthetic task\n\nPredict y of each row.\n")
    train.to_csv(folder / "train.csv", index=False)
    test.drop(columns="y").to_csv(folder / "test.csv", index=False)
    test[["id"]].assign(y=0.5).to_csv(folder / "sample_submission.csv", index=False)
    test[["id", "y"]].to_csv(folder / "private" / "answers.csv", index=False)
    return folder


Made = tuple[pd.DataFrame, pd.DataFrame, dict[str, object]]
AUC: dict[str, object] = {"problem": "binary", "metric": "roc_auc", "prediction": "probability"}
RMSE: dict[str, object] = {"problem": "regression", "metric": "rmse", "prediction": "value"}


def _parts(frame: pd.DataFrame, train: int = TRAIN) -> tuple[pd.DataFrame, pd.DataFrame]:
    frame.insert(0, "id", np.arange(1, len(frame) + 1))
    return frame.iloc[:train].reset_index(drop=True), frame.iloc[train:].reset_index(drop=True)


def _numbers(rng: np.random.Generator, rows: int, columns: int) -> pd.DataFrame:
    values = rng.normal(size=(rows, columns)).round(3)
    return pd.DataFrame(values, columns=[f"x{n}" for n in range(columns)])


def _binary(rng: np.random.Generator, signal: np.ndarray) -> np.ndarray:
    return (signal + rng.logistic(size=len(signal)) > 0).astype(int)


def _many_towns(rng: np.random.Generator) -> Made:
    """Towns with one or two rows each, which say nothing of the label."""
    frame = _numbers(rng, TRAIN + TEST, 3)
    frame["town"] = [f"town {n}" for n in rng.integers(0, 250, len(frame))]
    frame["y"] = _binary(rng, 0.6 * frame["x0"].to_numpy())
    return *_parts(frame), AUC


def _wide_noise(rng: np.random.Generator) -> Made:
    """Nearly as many columns as rows, one of them of some use."""
    frame = _numbers(rng, TRAIN + TEST, 300)
    y = _binary(rng, 0.3 * frame["x0"].to_numpy())
    return *_parts(pd.concat([frame, pd.Series(y, name="y")], axis=1)), AUC


def _drift(rng: np.random.Generator) -> Made:
    """Values that grow with time, beyond what was seen before."""
    day = np.arange(TRAIN + TEST)
    level = 0.05 * day + rng.normal(0, 0.3, len(day))
    frame = pd.DataFrame({"day": day, "x0": level.round(3), "x1": rng.normal(size=len(day)).round(3)})
    frame["y"] = (3 * level + frame["x1"] + rng.normal(0, 0.5, len(day))).round(3)
    return *_parts(frame), {**RMSE, "problem": "forecast", "split": {"kind": "time", "column": "day"}}


def _sorted_ids(rng: np.random.Generator) -> Made:
    """Training rows numbered by their label."""
    frame = _numbers(rng, TRAIN + TEST, 3)
    frame["y"] = _binary(rng, 0.6 * frame["x0"].to_numpy())
    train = frame.iloc[:TRAIN].sort_values("y", kind="stable")
    return *_parts(pd.concat([train, frame.iloc[TRAIN:]], ignore_index=True)), AUC


def _rare_class(rng: np.random.Generator) -> Made:
    """One row in eight is positive."""
    frame = _numbers(rng, TRAIN + TEST, 5)
    frame["y"] = _binary(rng, 0.8 * frame["x0"].to_numpy() - 2.4)
    return *_parts(frame), AUC


def _walk(rng: np.random.Generator) -> Made:
    """A slow random walk: tomorrow tells nearly all of today."""
    days = pd.date_range("2020-01-01", periods=TRAIN + 60).strftime("%Y-%m-%d")
    y = np.cumsum(rng.normal(size=len(days))) + 50
    frame = pd.DataFrame({"day": days, "x0": (0.3 * y + rng.normal(0, 3, len(days))).round(3)})
    frame["y"] = y.round(3)
    return *_parts(frame), {**RMSE, "problem": "forecast", "split": {"kind": "time", "column": "day"}}


def _noisy(rng: np.random.Generator) -> Made:
    """Mostly noise: a tree that learns the rows by heart is no good on others."""
    frame = _numbers(rng, TRAIN + TEST, 6)
    frame["y"] = (frame["x0"] + rng.normal(0, 2, len(frame))).round(3)
    return *_parts(frame), RMSE


def _patients(rng: np.random.Generator) -> Made:
    """Ten visits a patient, alike among themselves; the label belongs to the patient."""
    who = np.repeat(np.arange((TRAIN + TEST) // 10), 10)
    sick = rng.integers(0, 2, who.max() + 1)
    own = rng.normal(size=(who.max() + 1, 5)) + 0.3 * sick[:, None]
    frame = pd.DataFrame((own[who] + rng.normal(0, 0.05, (len(who), 5))).round(3))
    frame.columns = [f"x{n}" for n in range(5)]
    frame["patient"] = who
    frame["y"] = sick[who]
    return *_parts(frame), {**AUC, "split": {"kind": "group", "column": "patient"}}


_TRAPS: dict[str, Callable[[np.random.Generator], Made]] = {
    "drift": _drift,
    "many-towns": _many_towns,
    "noisy": _noisy,
    "patients": _patients,
    "rare-class": _rare_class,
    "sorted-ids": _sorted_ids,
    "walk": _walk,
    "wide-noise": _wide_noise,
}
