"""Classes of small pictures: gradients, kernels, neighbours, graphs over unlabelled pictures."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import ndimage
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import LabelSpreading
from sklearn.svm import SVC, SVR

from actors.contracts import ColumnFacts, TaskBrief
from actors.models.offline.catalogue.arrays_files import gather_items
from actors.models.offline.catalogue.images_files import PICTURE_ENDINGS, picture_files
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.task import Array, Frame, Task, labelled, truth

MOST_ROWS = 5000  # that a kernel machine is fitted on
FILE_WORDS = ("file", "filename", "filepath", "path", "image", "picture", "photo")


def load_items(task: Task) -> tuple[Frame, Frame]:
    """Arrays as frames; unlabelled items are train rows without a target."""
    train, test, pool = gather_items(task)
    return pd.concat([train, pool], ignore_index=True), test


def item_columns(frame: Frame) -> list[str]:
    """The columns of pixels or plain features."""
    return [c for c in frame.columns if re.fullmatch(r"px(_\d+)+|x\d+", str(c))]


def item_pixels(frame: Frame) -> Array:
    """Rows x height x width x channels; plain features are one line of pixels."""
    names = item_columns(frame)
    values = frame[names].to_numpy(dtype=float)
    if names[0].startswith("px"):
        last = [int(v) + 1 for v in names[-1].split("_")[1:]]
        return values.reshape(len(frame), *last)
    return values.reshape(len(frame), 1, len(names), 1)


def gradient_cells(pixels: Array, bins: int = 8) -> Array:
    """Directions of edges counted over overlapping cells, for pictures of one channel."""
    high, wide = pixels.shape[1:3]
    padded = np.pad(pixels, ((0, 0), (1, 1), (1, 1)), mode="edge")
    down = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    right = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    angle = (np.arctan2(down, right) % (2 * np.pi)) / (2 * np.pi) * bins
    size, low = np.hypot(down, right), np.floor(angle).astype(int)
    counts = np.zeros((*pixels.shape, bins))
    np.put_along_axis(counts, (low % bins)[..., None], (size * (1 - angle + low))[..., None], axis=3)
    upper = np.zeros_like(counts)
    np.put_along_axis(upper, ((low + 1) % bins)[..., None], (size * (angle - low))[..., None], axis=3)

    def tents(side: int) -> Array:
        cells = min(7, max(3, side // (2 if side <= 12 else 4)))
        middle = (np.arange(cells) + 0.5) * side / cells - 0.5
        return np.maximum(0, 1 - np.abs(np.arange(side)[:, None] - middle) * cells / side)

    cells = np.einsum("nhwb,hi,wj->nijb", counts + upper, tents(high), tents(wide), optimize=True)
    flat = cells.reshape(len(pixels), -1)
    return np.asarray(np.sqrt(flat / (flat.sum(axis=1, keepdims=True) + 1e-6)))


def item_features(train: Array, test: Array, looks: str) -> tuple[Array, Array]:
    """Pixels, gradients or both of pictures; scaled and reduced columns of plain features."""
    both = np.concatenate([train, test])
    if both.shape[1] == 1:
        flat = StandardScaler().fit(train.reshape(len(train), -1)).transform(both.reshape(len(both), -1))
        if flat.shape[1] > 60:
            flat = PCA(60, random_state=0).fit(flat).transform(flat)
        return flat[: len(train)], flat[len(train) :]
    low, high = both.min(), both.max()
    scaled = (both - low) / (high - low + 1e-9)
    parts = []
    if looks != "gradients":
        plain = scaled.reshape(len(both), -1)
        if plain.shape[1] >= 200:
            plain = PCA(min(80, *plain.shape), random_state=0).fit_transform(plain)
        parts.append(plain / 2)
    if looks != "pixels":
        parts.append(gradient_cells(scaled.mean(axis=3)) * 2)
        if both.shape[3] > 1:
            step = max(1, both.shape[1] // 4), max(1, both.shape[2] // 4)
            blurred = ndimage.uniform_filter(scaled, (0, step[0], step[1], 0))
            parts.append(blurred[:, step[0] // 2 :: step[0], step[1] // 2 :: step[1]].reshape(len(both), -1))
    flat = np.hstack(parts)
    return flat[: len(train)], flat[len(train) :]


def moved(pixels: Array, codes: Array) -> tuple[Array, Array]:
    """The pictures, and copies half a pixel up, down, left and right and turned a little."""
    if pixels.shape[1] == 1:
        return pixels, codes
    copies = [pixels]
    reach = 0.5 if pixels.shape[1] <= 12 else 1.0
    copies += [
        ndimage.shift(pixels, (0, i, j, 0), order=1, mode="nearest")
        for i, j in ((reach, 0), (-reach, 0), (0, reach), (0, -reach))
    ]
    copies += [
        ndimage.rotate(pixels, a, axes=(2, 1), reshape=False, order=1, mode="nearest") for a in (8, -8)
    ]
    return np.concatenate(copies), np.tile(codes, len(copies))


def smoothed_classes(found: Array, codes: Array, task: Task) -> Array:
    """A column a class of the task, from columns for the class codes that a model saw."""
    full = np.full((len(found), len(task.classes)), 1e-6)
    full[:, np.asarray(codes, dtype=int)] = found
    return np.asarray(full / full.sum(axis=1, keepdims=True))


def scores_to_chances(model: SVC, x: Array, codes: Array, z: Array, task: Task) -> Array:
    """Class chances of a kernel machine: sharpened scores, or a logistic fit where chances are measured."""
    kinds = np.unique(codes)
    scores = np.asarray(model.decision_function(z)).reshape(len(z), -1)
    smallest = int(np.bincount(codes.astype(int))[kinds.astype(int)].min())
    if (task.metric in ("log_loss", "brier") or len(kinds) == 2) and smallest >= 3:
        folds = StratifiedKFold(3, shuffle=True, random_state=task.seed)
        inner = cross_val_predict(model, x, codes, cv=folds, method="decision_function").reshape(len(x), -1)
        link = LogisticRegression(C=1.0, max_iter=500).fit(inner, codes)
        return smoothed_classes(link.predict_proba(scores), kinds, task)
    if len(kinds) == 2:
        scores = np.hstack([-scores, scores])
    sharp = np.exp(3 * (scores - scores.max(axis=1, keepdims=True)))
    return smoothed_classes(sharp / sharp.sum(axis=1, keepdims=True), kinds, task)


def known_items(train: Frame, task: Task) -> tuple[Array, Array]:
    """Pixels and class codes of the labelled rows, thinned to MOST_ROWS."""
    known = labelled(train, task)
    if len(known) > MOST_ROWS:
        known = known.sample(MOST_ROWS, random_state=task.seed)
    return item_pixels(known), truth(known, task)


def image_svc(
    train: Frame,
    test: Frame,
    task: Task,
    *,
    looks: str = "gradients",
    cost: float = 5.0,
    copies: bool = False,
) -> Array:
    """A kernel machine on edge directions or pixels."""
    pixels, codes = known_items(train, task)
    if copies and len(pixels) <= 1500:
        pixels, codes = moved(pixels, codes)
    x, z = item_features(pixels, item_pixels(test), looks)
    model = SVC(C=cost, gamma="scale").fit(x, codes)
    return scores_to_chances(model, x, codes, z, task)


def image_neighbours(
    train: Frame,
    test: Frame,
    task: Task,
    *,
    looks: str = "gradients",
    neighbours: int = 3,
    copies: bool = True,
) -> Array:
    """Nearest pictures, moved and turned copies included."""
    pixels, codes = known_items(train, task)
    if copies and len(pixels) <= 3000:
        pixels, codes = moved(pixels, codes)
    x, z = item_features(pixels, item_pixels(test), looks)
    model = KNeighborsClassifier(min(neighbours, len(x)), weights="distance").fit(x, codes)
    return smoothed_classes(model.predict_proba(z) + 0.01, model.classes_, task)


def image_network(
    train: Frame, test: Frame, task: Task, *, looks: str = "both", width: int = 100, alpha: float = 0.01
) -> Array:
    """A small neural net on pixels and edge directions."""
    pixels, codes = known_items(train, task)
    x, z = item_features(pixels, item_pixels(test), looks)
    scale = StandardScaler().fit(x)
    model = MLPClassifier(
        hidden_layer_sizes=(width,),
        alpha=alpha,
        learning_rate_init=0.003,
        max_iter=40,
        tol=1e-3,
        n_iter_no_change=5,
        random_state=task.seed,
    )
    model.fit(scale.transform(x), codes.astype(int))
    return smoothed_classes(model.predict_proba(scale.transform(z)), model.classes_, task)


def image_self_training(
    train: Frame,
    test: Frame,
    task: Task,
    *,
    looks: str = "gradients",
    cost: float = 5.0,
    rounds: int = 2,
    share: float = 0.6,
) -> Array:
    """A kernel machine refitted with its surest guesses on unlabelled and test pictures."""
    pixels, codes = known_items(train, task)
    loose = train.drop(index=labelled(train, task).index).head(MOST_ROWS)
    others = np.concatenate([item_pixels(test), item_pixels(loose)])
    x, z = item_features(pixels, others, looks)
    chances = scores_to_chances(SVC(C=cost).fit(x, codes), x, codes, z, task)
    for step in range(rounds):
        sure = np.zeros(len(z), dtype=bool)
        best, guess = chances.max(axis=1), chances.argmax(axis=1)
        for kind in np.unique(codes).astype(int):
            mine = np.flatnonzero(guess == kind)
            count = int(len(mine) * share * (step + 1) / rounds)
            sure[mine[np.argsort(-best[mine])[:count]]] = True
        grown, labels = np.vstack([x, z[sure]]), np.concatenate([codes, guess[sure]])
        chances = scores_to_chances(SVC(C=cost).fit(grown, labels), grown, labels, z, task)
    return chances[: len(test)]


def image_graph(
    train: Frame,
    test: Frame,
    task: Task,
    *,
    looks: str = "gradients",
    neighbours: int = 10,
    alpha: float = 0.9,
) -> Array:
    """Labels spread over a graph of alike pictures, unlabelled and test ones included."""
    pixels, codes = known_items(train, task)
    loose = train.drop(index=labelled(train, task).index).head(MOST_ROWS)
    others = np.concatenate([item_pixels(test), item_pixels(loose)])
    x, z = item_features(pixels, others, looks)
    model = LabelSpreading(kernel="knn", n_neighbors=neighbours, alpha=alpha, max_iter=100, tol=1e-3)
    model.fit(np.vstack([x, z]), np.concatenate([codes.astype(int), np.full(len(z), -1)]))
    found = model.label_distributions_[len(x) : len(x) + len(test)]
    return smoothed_classes(np.nan_to_num(found) + 0.01, model.classes_, task)


def image_values(
    train: Frame, test: Frame, task: Task, *, looks: str = "both", cost: float = 10.0, alpha: float = 10.0
) -> Array:
    """Numbers read off pictures: kernel and ridge regression averaged."""
    known = labelled(train, task)
    known = known.sample(min(MOST_ROWS, len(known)), random_state=task.seed)
    x, z = item_features(item_pixels(known), item_pixels(test), looks)
    actual = truth(known, task).reshape(len(known), -1)
    middle, spread = actual.mean(axis=0), actual.std(axis=0) + 1e-9
    scaled = (actual - middle) / spread
    kernel = np.column_stack([SVR(C=cost, epsilon=0.05).fit(x, y).predict(z) for y in scaled.T])
    plain = Ridge(alpha=alpha).fit(x, scaled).predict(z).reshape(len(z), -1)
    return np.asarray((0.7 * kernel + 0.3 * plain) * spread + middle)


def item_blocks(train: Frame, task: Task, *, folds: int = 3) -> list[tuple[Frame, Frame, Array]]:
    """Runs of neighbouring labelled rows held out, as other writers or cameras would be."""
    train = train.reset_index(drop=True)
    known = labelled(train, task)
    pieces = []
    for part in np.array_split(np.arange(len(known)), max(folds, 2) + 2)[:folds]:
        held = known.iloc[part]
        pieces.append((train.drop(index=held.index), held.drop(columns=list(task.target)), truth(held, task)))
    return pieces


def names_files(column: ColumnFacts) -> bool:
    """Whether a column tells where pictures or arrays lie rather than something about them."""
    shown = column.examples and all(
        e.lower().endswith((*PICTURE_ENDINGS, ".npy", ".npz")) for e in column.examples
    )
    words = set(re.findall(r"[a-z]+", column.name.lower()))
    return bool(shown or (column.dtype in ("text", "category") and words & set(FILE_WORDS)))


def tells_rows(brief: TaskBrief) -> bool:
    """Whether the test table has an input: a column besides identifier, targets and file names."""
    columns = next((f.columns for f in brief.files if f.name == brief.test), ())
    known = {brief.id_column, *brief.target}
    inner = [c for c in columns if c.name not in known and not names_files(c)]
    return not columns or any(c.dtype != "empty" and c.unique != 1 for c in inner)


def holds_items(brief: TaskBrief) -> float:
    """Arrays or pictures with classes or numbers to predict, and no table that describes them."""
    arrays = any(f.format == "npz" or f.name.endswith((".npz", ".npy")) for f in brief.files)
    many = len(picture_files(brief)) > 20
    if brief.train and brief.test and tells_rows(brief):
        return 0.0
    return 0.85 if arrays else 0.7 if many else 0.0


def has_classes(promise: float, unlabelled: float = 0.0) -> Callable[[TaskBrief], float]:
    """A promise for classes; more where the brief shows unlabelled items."""

    def applies(brief: TaskBrief) -> float:
        if brief.problem not in ("binary", "multiclass", "ordinal", "other"):
            return 0.0
        names = [c.name.lower() for f in brief.files for c in f.columns]
        loose = any("unl" in n or "pool" in n for n in names) or "unlabel" in brief.description.lower()
        return promise + (unlabelled if loose else 0.0)

    return applies


def has_values(brief: TaskBrief) -> float:
    """Numbers rather than classes."""
    return 0.9 if brief.problem in ("regression", "multioutput", "count") else 0.0


RECIPES = (
    Recipe(load_items, "load", "Arrays as rows of pixels or features.", holds_items, ("images",)),
    Recipe(
        item_blocks,
        "split",
        "Holds runs of neighbouring items out.",
        lambda b: 0.7 if b.split.kind in ("block", "time") else 0.0,
        ("images",),
        {"folds": (2, 3, 4)},
    ),
    Recipe(
        image_svc,
        "member",
        "Kernel machine on histograms of edge directions: few pictures, other writers.",
        has_classes(0.92),
        ("images",),
        {
            "looks": ("gradients", "both", "pixels"),
            "cost": (1.0, 3.0, 5.0, 10.0, 30.0),
            "copies": (False, True),
        },
    ),
    Recipe(
        image_self_training,
        "member",
        "Kernel machine that also learns from its surest guesses on unlabelled and test pictures.",
        has_classes(0.85, 0.1),
        ("images",),
        {
            "looks": ("gradients", "both", "pixels"),
            "cost": (1.0, 5.0, 10.0),
            "rounds": (1, 2, 3),
            "share": (0.4, 0.6, 0.8, 0.95),
        },
    ),
    Recipe(
        image_graph,
        "member",
        "Spreads few labels over a graph of alike pictures.",
        has_classes(0.75, 0.22),
        ("images",),
        {
            "looks": ("gradients", "both", "pixels"),
            "neighbours": (5, 7, 10, 15),
            "alpha": (0.2, 0.5, 0.8, 0.9, 0.97),
        },
    ),
    Recipe(
        image_neighbours,
        "member",
        "Nearest pictures with moved copies.",
        has_classes(0.8),
        ("images",),
        {"looks": ("gradients", "both", "pixels"), "neighbours": (1, 3, 5), "copies": (False, True)},
    ),
    Recipe(
        image_network,
        "member",
        "Small neural net on pixels and edges: for many pictures.",
        has_classes(0.7),
        ("images",),
        {"looks": ("both", "gradients", "pixels"), "width": (50, 100, 200), "alpha": (0.001, 0.01, 0.1)},
    ),
    Recipe(
        image_values,
        "member",
        "Kernel and ridge regression on pixels and edges.",
        has_values,
        ("images",),
        {"looks": ("both", "gradients", "pixels"), "cost": (1.0, 10.0, 100.0), "alpha": (1.0, 10.0, 100.0)},
    ),
)
