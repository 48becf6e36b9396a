"""Re-measures the plain baselines of the built-in tasks, so that the thresholds' origin can be checked.

    python -m benchmarks.references [TASK ...]

Untouched default models on the public files alone: median imputing, one-hot coding for the linear model,
ordinal coding for trees, TF-IDF components for long text, pixels for arrays. Scores are those of the private
answers. Tasks whose rows are neither table lines nor labelled arrays are listed without models.
"""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, PoissonRegressor, QuantileRegressor, Ridge
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from runners.grading import dummy_score, form_of, grade
from runners.tasks.labels import as_text
from runners.tasks.registry import builtin_tasks
from runners.tasks.tables import detect, read, read_tables
from runners.tasks.task import Task

SEED = 0
TEXT_LENGTH = 80  # mean characters from which a column is text and not a category
COMPONENTS = 100
FAMILIES = ("linear", "hgb", "rf")


@dataclass(frozen=True)
class Rows:
    """Training and test rows of a task, made ready for a model."""

    train: pd.DataFrame
    target: pd.DataFrame
    test: pd.DataFrame
    ids: pd.Series


def rows_of(task: Task) -> Rows | None:
    """The rows of a task; None where they are neither table lines nor labelled arrays."""
    spec, names = task.spec, task.names
    if names.train and names.test:
        train, test = (read(task.files[n], detect(n, task.files[n])) for n in (names.train, names.test))
        known = train[list(spec.target)].notna().all(axis=1)
        train = train[known]
        columns = [c for c in test.columns if c in train.columns and c not in (spec.id_column, *spec.target)]
        columns = [c for c in columns if spec.split.kind != "group" or c != spec.split.column]
        return Rows(train[columns], train[list(spec.target)], test[columns], test[spec.id_column])
    for name, data in task.files.items():
        if name.endswith(".npz"):
            return rows_of_arrays(task, np.load(io.BytesIO(data), allow_pickle=False))
    return None


def rows_of_arrays(task: Task, arrays: np.lib.npyio.NpzFile) -> Rows | None:
    if "y_train" in arrays.files:
        labels = pd.Series(arrays["y_train"])
    else:
        tables = read_tables(task.files, [n for n in task.files if n != task.names.sample_submission])
        found = [t for t in tables.values() if task.spec.target[0] in t.columns and task.spec.id_column in t]
        if not found or "id_train" not in arrays.files:
            return None
        labels = found[0].set_index(task.spec.id_column).loc[arrays["id_train"], task.spec.target[0]]
    flat = [arrays[key].reshape(len(arrays[key]), -1) for key in ("X_train", "X_test")]
    train, test = (pd.DataFrame(f).add_prefix("pixel_") for f in flat)
    target = pd.DataFrame({task.spec.target[0]: labels.to_numpy()})
    return Rows(train, target, test, pd.Series(arrays["id_test"]))


def dates_as_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns of dates as days and month; the others as they are."""
    frame = frame.copy()
    for name in [c for c in frame.columns if not pd.api.types.is_numeric_dtype(frame[c])]:
        dates = pd.to_datetime(frame[name].astype(str), errors="coerce", format="%Y-%m-%d")
        if dates.notna().all():
            frame[name] = (dates - pd.Timestamp("1970-01-01")).dt.days
            frame[f"{name}_month"] = dates.dt.month
    return frame


def features(rows: Rows, linear: bool) -> tuple[np.ndarray, np.ndarray]:
    """The rows as numbers."""
    train, test = dates_as_numbers(rows.train), dates_as_numbers(rows.test)
    numbers = [c for c in train.columns if pd.api.types.is_numeric_dtype(train[c])]
    words = [c for c in train.columns if c not in numbers]
    texts = [c for c in words if train[c].dropna().astype(str).str.len().mean() > TEXT_LENGTH]
    categories = [c for c in words if c not in texts]
    scaled = make_pipeline(SimpleImputer(strategy="median"), *([StandardScaler()] if linear else []))
    coded = (
        OneHotEncoder(handle_unknown="ignore", sparse_output=False)
        if linear
        else OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    )
    steps = [(scaled, numbers), (coded, categories)]
    for text in texts:
        steps.append((make_pipeline(TfidfVectorizer(), TruncatedSVD(COMPONENTS, random_state=SEED)), text))
    both = [f.assign(**{t: f[t].fillna("") for t in texts}) for f in (train, test)]
    transformer = make_column_transformer(*[s for s in steps if len(s[1])])
    return transformer.fit_transform(both[0]), transformer.transform(both[1])


def classifier(family: str) -> object:
    return {
        "linear": partial(LogisticRegression, max_iter=2_000),
        "hgb": partial(HistGradientBoostingClassifier, random_state=SEED),
        "rf": partial(RandomForestClassifier, random_state=SEED, n_jobs=-1),
    }[family]()


def regressor(family: str, metric: str) -> object:
    count = metric in ("d2_poisson", "d2_tweedie")
    loss = "poisson" if count else "squared_error"
    makers: dict[str, Callable[[], object]] = {
        "linear": partial(PoissonRegressor, max_iter=2_000) if count else Ridge,
        "hgb": partial(HistGradientBoostingRegressor, loss=loss, random_state=SEED),
        "rf": partial(RandomForestRegressor, random_state=SEED, n_jobs=-1),
    }
    return makers[family]()


def predict(task: Task, rows: Rows, family: str) -> pd.DataFrame:
    """A submission of one model family."""
    spec = task.spec
    columns = [c for c in task.sample.columns if c != spec.id_column]
    train, test = features(rows, linear=family == "linear")
    out = pd.DataFrame({spec.id_column: rows.ids.to_numpy()})
    if spec.levels:
        for column, level in zip(columns, spec.levels, strict=True):
            out[column] = quantile(family, level, train, rows.target.iloc[:, 0], test)
    elif spec.problem == "ordinal":  # a number, rounded to the nearest class
        numbers = regressor(family, spec.metric).fit(train, rows.target.iloc[:, 0]).predict(test)
        levels = np.array([float(c) for c in task.classes])
        nearest = np.abs(numbers[:, None] - levels).argmin(axis=1)
        out[columns[0]] = np.array(task.classes)[nearest]
    elif spec.prediction in ("label", "probability"):
        model = classifier(family).fit(train, as_text(rows.target.iloc[:, 0]).astype(str))
        if spec.prediction == "label":
            out[columns[0]] = model.predict(test)
        else:
            chances = pd.DataFrame(model.predict_proba(test), columns=model.classes_)
            out[columns] = chances[columns] if len(columns) > 1 else chances[[task.classes[1]]].to_numpy()
    else:
        model = regressor(family, spec.metric)
        many = MultiOutputRegressor(model) if len(columns) > 1 else model
        target = rows.target if len(columns) > 1 else rows.target.iloc[:, 0]
        values = np.asarray(many.fit(train, target).predict(test))
        floor = 1e-6 if spec.metric in ("d2_poisson", "d2_tweedie") else -np.inf
        out[columns] = np.maximum(values.reshape(len(out), -1), floor)
    return out


def quantile(family: str, level: float, train: np.ndarray, target: pd.Series, test: np.ndarray) -> np.ndarray:
    if family == "linear":
        return QuantileRegressor(quantile=level, alpha=0).fit(train, target).predict(test)
    if family == "hgb":
        model = HistGradientBoostingRegressor(loss="quantile", quantile=level, random_state=SEED)
        return model.fit(train, target).predict(test)
    forest = RandomForestRegressor(random_state=SEED, n_jobs=-1).fit(train, target)
    return np.quantile([tree.predict(test) for tree in forest.estimators_], level, axis=0)


def measure(task: Task) -> dict[str, float | str]:
    """The scores of the dummy and of each family, beside the threshold."""
    row: dict[str, float | str] = {
        "task": task.id,
        "metric": task.spec.metric,
        "dummy": dummy_score(task) or 0.0,
    }
    rows = rows_of(task)
    form = form_of(task, task.sample)
    for family in FAMILIES:
        if rows is None or task.spec.target[0] not in rows.target or task.spec.problem == "other":
            row[family] = "-"
            continue
        result = grade(task, form, predict(task, rows, family).to_csv(index=False).encode())
        row[family] = result.score if result.score is not None else str(result.fault)[:40]
    scores = [s for s in (row[f] for f in FAMILIES) if isinstance(s, float)]
    best = (max if task.spec.direction == "maximize" else min)(scores, default=float("nan"))
    return {
        **row,
        "best": best,
        "threshold": task.spec.threshold or float("nan"),
        "source": task.spec.threshold_source,
    }


def main(names: list[str]) -> None:
    print("| task | metric | dummy | linear | hgb | rf | best | threshold | source |\n" + "|---" * 9 + "|")
    for source in builtin_tasks(names or ["all"]):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # default models on unscaled data: what is measured here
            row = measure(source.load())
        cells = [f"{v:.4g}" if isinstance(v, float) else str(v) for v in row.values()]
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
