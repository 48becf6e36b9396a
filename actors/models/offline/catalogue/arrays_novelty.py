"""How unlike everything known an item is, when training shows known kinds only."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, permutations
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.cluster import KMeans
from sklearn.covariance import LedoitWolf
from sklearn.decomposition import PCA
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors
from sklearn.svm import SVC

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.arrays_files import gather_items, part_of, read_arrays
from actors.models.offline.catalogue.arrays_images import item_features, item_pixels
from actors.models.offline.catalogue.images_files import TABLE_ENDINGS, read_pictures
from actors.models.offline.catalogue.measures import RANKING
from actors.models.offline.catalogue.reading import load_table, read_table
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.task import Array, Frame, Task, truth

NOVELTY_WORDS = ("novel", "anomal", "outlier", "unseen", "one-class", "never seen", "unknown kind")
KINDS = 8  # clusters that stand in for kinds when training names none
SHUFFLES = 3  # rows of shuffled values for each row of a cluster: a cluster is often no kind of its own


def load_novelty(task: Task) -> tuple[Frame, Frame]:
    """Known items as train with their one target and their kind, 0 if unnamed; items to judge as test."""
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
        kinds = np.zeros(len(train))
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
    if task.target[0] in train.columns and train[task.target[0]].notna().any():
        train = train[train[task.target[0]].notna()]  # a row without a label may be anything
    shared = [c for c in test.columns if c in train.columns and c not in (task.id_column, *task.target)]
    own = [c for c in train.columns if c not in (*test.columns, task.id_column, *task.target)]
    both = pd.get_dummies(pd.concat([train[shared], test[shared]], ignore_index=True), dtype=float)
    filled = both.fillna(both.median()).fillna(0.0).to_numpy(dtype=float)
    frame = pd.DataFrame(filled, columns=[f"x{j}" for j in range(filled.shape[1])])
    asked = frame.iloc[len(train) :].reset_index(drop=True)
    asked.insert(0, task.id_column, test[task.id_column].to_numpy())
    kinds = train[own[0]].to_numpy() if own and train[own[0]].nunique() <= len(train) // 8 else None
    return frame.iloc[: len(train)], asked, kinds


def told_kinds(train: Frame, x: Array, task: Task) -> Array:
    """The kind of each known item; clusters of the features `x` where training names fewer than two."""
    kinds = train["known_kind"].to_numpy()
    if len(np.unique(kinds)) > 1:
        return kinds
    return np.asarray(KMeans(min(KINDS, len(x)), n_init=3, random_state=task.seed).fit_predict(x))


def split_kinds(train: Frame, task: Task, *, folds: int = 4) -> list[tuple[Frame, Frame, Array]]:
    """Two kinds at a time, of two one, play the novel ones, a quarter of the others joins them.

    Where kinds are invented, as many rows join whose values come from a known row each: what is strange
    may lie far from all clusters or amid them, in a combination that no known row shows.
    """
    rng = np.random.default_rng(task.seed)
    pixels = item_pixels(train)
    kinds = told_kinds(train, item_features(pixels, pixels[:0], "gradients")[0], task)
    shuffles = train["known_kind"].nunique() < 2 and pixels.shape[1] == 1  # pixels of several make noise
    names = np.unique(kinds)
    sets = list(combinations(names, 2 if len(names) > 2 else 1))
    pieces = []
    for at in rng.permutation(len(sets))[:folds]:
        novel = np.isin(kinds, sets[at])
        held = novel | (rng.random(len(train)) < 0.25)
        asked = train[held].drop(columns=["known_kind", *task.target])
        strange = novel[held]
        if shuffles:
            fitted, count = train.loc[~held, asked.columns], SHUFFLES * int(novel.sum())
            mixed = {name: rng.choice(values, count) for name, values in fitted.items()}
            asked = pd.concat([asked, pd.DataFrame(mixed)], ignore_index=True)
            strange = np.append(strange, np.ones(count, dtype=bool))
        actual = (strange != (train[task.target[0]].iloc[0] > 0)).astype(float)
        pieces.append((train[~held], asked, actual if task.kind == "classes" else actual[:, None]))
    return pieces


def novelty_output(score: Array, train: Frame, task: Task) -> Array:
    """Scores as ranks from 0 to 1, in the columns that the task wants."""
    ranks = rankdata(score) / len(score)
    if train[task.target[0]].iloc[0] > 0:  # the target says what is known
        ranks = 1 - ranks
    return np.column_stack([1 - ranks, ranks]) if task.kind == "classes" else ranks[:, None]


def novelty_spaces(train: Frame, test: Frame, task: Task, looks: str) -> tuple[Array, Array, Array]:
    """Features of known and asked items, and the known kinds."""
    x, z = item_features(item_pixels(train), item_pixels(test), looks)
    return x, z, told_kinds(train, x, task)


def by_kind(x: Array, kinds: Array) -> Iterator[Array]:
    """The known items kind by kind, tiny kinds left out."""
    sets = [x[kinds == k] for k in np.unique(kinds)]
    yield from ([s for s in sets if len(s) >= 8] or [x])


def novelty_distance(
    train: Frame, test: Frame, task: Task, *, looks: str = "gradients", neighbours: int = 3
) -> Array:
    """Distance to the nearest known items."""
    x, z, _ = novelty_spaces(train, test, task, looks)
    near = NearestNeighbors(n_neighbors=min(neighbours, len(x))).fit(x).kneighbors(z)[0]
    return novelty_output(near.mean(axis=1), train, task)


def novelty_between(
    train: Frame, test: Frame, task: Task, *, looks: str = "gradients", neighbours: int = 3
) -> Array:
    """Distance to the nearest kind, larger where a second kind is as near."""
    x, z, kinds = novelty_spaces(train, test, task, looks)
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
    x, z, kinds = novelty_spaces(train, test, task, looks)
    names = np.unique(kinds)
    if len(names) < 2:
        return novelty_distance(train, test, task)
    claims = [SVC(C=cost, class_weight="balanced").fit(x, kinds == k).decision_function(z) for k in names]
    return novelty_output(-np.max(claims, axis=0), train, task)


def novelty_residual(
    train: Frame, test: Frame, task: Task, *, looks: str = "both", components: int = 12
) -> Array:
    """What the main components of the best-fitting kind leave unexplained."""
    x, z, kinds = novelty_spaces(train, test, task, looks)
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
    x, z, _ = novelty_spaces(train, test, task, looks)
    model = LocalOutlierFactor(n_neighbors=min(neighbours, len(x) - 1), novelty=True).fit(x)
    return novelty_output(-model.score_samples(z), train, task)


def novelty_covariance(train: Frame, test: Frame, task: Task, *, looks: str = "gradients") -> Array:
    """Mahalanobis distance to the nearest named kind, by the scatter that all kinds share."""
    x, z = item_features(item_pixels(train), item_pixels(test), looks)
    codes = train["known_kind"].to_numpy()  # invented kinds would hide what holds between them
    centres = np.stack([x[codes == k].mean(axis=0) for k in np.unique(codes)])
    model = LedoitWolf(assume_centered=True).fit(x - centres[np.unique(codes, return_inverse=True)[1]])
    return novelty_output(np.min([model.mahalanobis(z - c) for c in centres], axis=0), train, task)


def is_novelty(brief: TaskBrief) -> float:
    """Training that shows no target or one value of it, where words, the metric or the tables tell why."""
    if brief.problem not in ("other", "binary") or len(brief.target) != 1 or len(brief.classes) > 2:
        return 0.0
    public = [c for f in brief.files for c in f.columns if f.name != brief.sample_submission]
    # A column told in short has no count of values.
    shown = [c for c in public if c.name == brief.target[0] and c.dtype != "empty"]
    if any(c.unique > 1 or not c.examples for c in shown):
        return 0.0
    if any(w in brief.description.lower() for w in NOVELTY_WORDS):
        return 0.97 if brief.metric in RANKING else 0.9
    if shown:
        return 0.9 if brief.metric in (*RANKING, "log_loss", "brier") else 0.0
    scored = brief.metric in RANKING and brief.prediction in ("value", "probability")
    return 0.9 if scored and has_known_rows(brief) else 0.0


def has_known_rows(brief: TaskBrief) -> bool:
    """Whether a table has most columns of another one, which names the rows to judge."""
    tables = [{c.name for c in f.columns} for f in brief.files if f.name != brief.sample_submission]
    own = {brief.id_column}
    return any(
        own < asked and 2 * len((asked & b) - own) >= len(asked) for asked, b in permutations(tables, 2)
    )


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
        novelty_covariance,
        "member",
        "Mahalanobis distance: combinations of values that no kind shows.",
        lambda b: 0.7 if any(c.dtype == "array" for f in b.files for c in f.columns) else 0.92,
        ("novelty",),
        {"looks": ("gradients", "both", "pixels")},
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
