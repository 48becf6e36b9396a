"""How unlike everything known an item is, when training shows known kinds only."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors
from sklearn.svm import SVC

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.arrays_files import gather_items, part_of, read_arrays
from actors.models.offline.catalogue.arrays_images import item_features, item_pixels
from actors.models.offline.catalogue.images_files import TABLE_ENDINGS, read_pictures
from actors.models.offline.catalogue.reading import load_table, read_table
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.task import Array, Frame, Task, truth

NOVELTY_WORDS = ("novel", "anomal", "outlier", "unseen", "one-class", "never seen", "unknown kind")
KINDS = 8  # clusters that stand in for kinds when training names none


def load_novelty(task: Task) -> tuple[Frame, Frame]:
    """Known items as train with their one target and their kind; items to judge as test."""
    tables = novelty_tables(task)
    known = 0.0
    if tables:
        train, test, kinds = known_rows(*tables, task)
        known = known_target(tables[0], task)
    else:
        train, test, _ = gather_items(task)
        found = [p.values for p in (part_of(n, v) for n, v in read_arrays().items()) if p.role == "labels"]
        kinds = next((v.ravel() for v in found if len(v.ravel()) == len(train)), None)
    if kinds is None:
        flat = item_pixels(train).reshape(len(train), -1)
        kinds = KMeans(min(KINDS, len(flat)), n_init=3, random_state=task.seed).fit_predict(flat)
    return train.assign(known_kind=pd.factorize(kinds)[0], **{task.target[0]: known}), test


def novelty_tables(task: Task) -> tuple[Frame, Frame] | None:
    """The tables of known rows and of rows to judge, None for items: the sample's identifiers tell which."""
    if task.train and task.test:
        return load_table(task)
    if read_arrays() or read_pictures():
        return None
    sample = read_table(task.sample)
    asked: Frame | None = None
    others: list[Frame] = []
    for path in sorted(Path("input").rglob("*")):
        if path.suffix.lower() in TABLE_ENDINGS and path.name != Path(task.sample).name:
            table = read_table(path.relative_to("input").as_posix())
            ids = set(table[task.id_column]) if task.id_column in table.columns else set()
            holds = set(sample[task.id_column]) <= ids
            if holds and (asked is None or path.name == Path(task.test).name):
                others += [asked] if asked is not None else []
                asked = table[table[task.id_column].isin(sample[task.id_column])]
            else:
                others.append(table)
    if asked is None or not others:
        return None
    alike = asked.columns
    return max(others, key=lambda t: len(alike.intersection(t.columns))), asked


def known_target(train: Frame, task: Task) -> float:
    """The target that all known rows share: 1 where it says that a row is known, else 0."""
    values = train[task.target[0]].dropna() if task.target[0] in train.columns else train.iloc[:0, 0]
    codes = truth(train, task) if len(values) and task.classes else pd.to_numeric(values, errors="coerce")
    return float(np.nanmax(np.asarray(codes, dtype=float), initial=0.0) > 0)


def known_rows(train: Frame, test: Frame, task: Task) -> tuple[Frame, Frame, Array | None]:
    """Tables as frames of numbers, and the column that only train has as the kind."""
    shared = [c for c in test.columns if c in train.columns and c not in (task.id_column, *task.target)]
    own = [c for c in train.columns if c not in (*test.columns, task.id_column, *task.target)]
    both = pd.get_dummies(pd.concat([train[shared], test[shared]], ignore_index=True), dtype=float)
    filled = both.fillna(both.median()).fillna(0.0).to_numpy(dtype=float)
    frame = pd.DataFrame(filled, columns=[f"x{j}" for j in range(filled.shape[1])])
    asked = frame.iloc[len(train) :].reset_index(drop=True)
    asked.insert(0, task.id_column, test[task.id_column].to_numpy())
    kinds = train[own[0]].to_numpy() if own and train[own[0]].nunique() <= len(train) // 8 else None
    return frame.iloc[: len(train)], asked, kinds


def split_kinds(train: Frame, task: Task, *, folds: int = 4) -> list[tuple[Frame, Frame, Array]]:
    """Two kinds at a time play the novel ones, a quarter of the others joins them."""
    rng = np.random.default_rng(task.seed)
    kinds = train["known_kind"].to_numpy()
    pairs = list(combinations(np.unique(kinds), 2))
    pieces = []
    for at in rng.permutation(len(pairs))[:folds]:
        novel = np.isin(kinds, pairs[at])
        held = novel | (rng.random(len(train)) < 0.25)
        asked = train[held].drop(columns=["known_kind", *task.target])
        novel = novel[held] != (train[task.target[0]].iloc[0] > 0)
        actual = novel.astype(float)
        pieces.append((train[~held], asked, actual if task.kind == "classes" else actual[:, None]))
    return pieces


def novelty_output(score: Array, train: Frame, task: Task) -> Array:
    """Scores as ranks from 0 to 1, in the columns that the task wants."""
    ranks = rankdata(score) / len(score)
    if train[task.target[0]].iloc[0] > 0:  # the target says what is known
        ranks = 1 - ranks
    return np.column_stack([1 - ranks, ranks]) if task.kind == "classes" else ranks[:, None]


def novelty_spaces(train: Frame, test: Frame, looks: str) -> tuple[Array, Array, Array]:
    """Features of known and asked items, and the known kinds."""
    x, z = item_features(item_pixels(train), item_pixels(test), looks)
    return x, z, train["known_kind"].to_numpy()


def by_kind(x: Array, kinds: Array) -> Iterator[Array]:
    """The known items kind by kind, tiny kinds left out."""
    sets = [x[kinds == k] for k in np.unique(kinds)]
    yield from ([s for s in sets if len(s) >= 8] or [x])


def novelty_distance(
    train: Frame, test: Frame, task: Task, *, looks: str = "gradients", neighbours: int = 3
) -> Array:
    """Distance to the nearest known items."""
    x, z, _ = novelty_spaces(train, test, looks)
    near = NearestNeighbors(n_neighbors=min(neighbours, len(x))).fit(x).kneighbors(z)[0]
    return novelty_output(near.mean(axis=1), train, task)


def novelty_between(
    train: Frame, test: Frame, task: Task, *, looks: str = "gradients", neighbours: int = 3
) -> Array:
    """Distance to the nearest kind, larger where a second kind is as near."""
    x, z, kinds = novelty_spaces(train, test, looks)
    near = [
        NearestNeighbors(n_neighbors=min(neighbours, len(s))).fit(s).kneighbors(z)[0].mean(axis=1)
        for s in by_kind(x, kinds)
    ]
    first = np.sort(np.column_stack(near), axis=1)
    score = first[:, 0] if first.shape[1] < 2 else first[:, 0] ** 2 / (first[:, 1] + 1e-9)
    return novelty_output(score, train, task)


def novelty_margin(
    train: Frame, test: Frame, task: Task, *, looks: str = "both", cost: float = 10.0
) -> Array:
    """How little any kind against the rest claims an item."""
    x, z, kinds = novelty_spaces(train, test, looks)
    names = np.unique(kinds)
    if len(names) < 2:
        return novelty_distance(train, test, task)
    claims = [SVC(C=cost, class_weight="balanced").fit(x, kinds == k).decision_function(z) for k in names]
    return novelty_output(-np.max(claims, axis=0), train, task)


def novelty_residual(
    train: Frame, test: Frame, task: Task, *, looks: str = "both", components: int = 12
) -> Array:
    """What the main components of the best-fitting kind leave unexplained."""
    x, z, kinds = novelty_spaces(train, test, looks)
    left = []
    for known in by_kind(x, kinds):
        model = PCA(min(components, max(1, len(known) // 4), x.shape[1])).fit(known)
        own = np.linalg.norm(known - model.inverse_transform(model.transform(known)), axis=1)
        rest = np.linalg.norm(z - model.inverse_transform(model.transform(z)), axis=1)
        left.append(rest / (np.median(own) + 1e-9))
    return novelty_output(np.min(left, axis=0), train, task)


def novelty_density(
    train: Frame, test: Frame, task: Task, *, looks: str = "gradients", neighbours: int = 10
) -> Array:
    """Local outlier factor against the known items."""
    x, z, _ = novelty_spaces(train, test, looks)
    model = LocalOutlierFactor(n_neighbors=min(neighbours, len(x) - 1), novelty=True).fit(x)
    return novelty_output(-model.score_samples(z), train, task)


def is_novelty(brief: TaskBrief) -> float:
    """Training that shows no target, and a description that speaks of novelty."""
    text = brief.description.lower()
    if not any(w in text for w in NOVELTY_WORDS) or len(brief.target) != 1 or len(brief.classes) > 2:
        return 0.0
    if brief.problem not in ("other", "binary"):
        return 0.0
    public = [c for f in brief.files for c in f.columns if f.name != brief.sample_submission]
    # A column told in short has no count of values.
    shown = [c for c in public if c.name == brief.target[0] and c.dtype != "empty"]
    if any(c.unique > 1 or not c.examples for c in shown):
        return 0.0
    return 0.97 if brief.metric in ("roc_auc", "average_precision") else 0.9


RECIPES = (
    Recipe(load_novelty, "load", "Known items with their kinds.", is_novelty, ("novelty",)),
    Recipe(
        split_kinds, "split", "Known kinds play novel.", lambda b: 0.95, ("novelty",), {"folds": (3, 4, 6)}
    ),
    Recipe(
        novelty_between,
        "member",
        "Distance to the nearest kind against the second nearest.",
        lambda b: 0.9,
        ("novelty",),
        {"looks": ("gradients", "both", "pixels"), "neighbours": (1, 3, 5)},
    ),
    Recipe(
        novelty_distance,
        "member",
        "Distance to the nearest known items.",
        lambda b: 0.9,
        ("novelty",),
        {"looks": ("gradients", "both", "pixels"), "neighbours": (1, 2, 3, 5)},
    ),
    Recipe(
        novelty_margin,
        "member",
        "Kernel machines of each kind against the rest: novel is what none claims.",
        lambda b: 0.85,
        ("novelty",),
        {"looks": ("both", "gradients", "pixels"), "cost": (1.0, 10.0, 30.0)},
    ),
    Recipe(
        novelty_residual,
        "member",
        "Reconstruction by the main components of each kind.",
        lambda b: 0.75,
        ("novelty",),
        {"looks": ("both", "gradients", "pixels"), "components": (8, 12, 20, 30)},
    ),
    Recipe(
        novelty_density,
        "member",
        "Local outlier factor.",
        lambda b: 0.6,
        ("novelty",),
        {"looks": ("gradients", "both", "pixels"), "neighbours": (5, 10, 20)},
    ),
)
