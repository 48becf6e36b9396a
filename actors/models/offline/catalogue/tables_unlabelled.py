"""Tables of few labels: what the rows without one say of the classes."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from sklearn.neighbors import NearestNeighbors

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.encoding import dense
from actors.models.offline.catalogue.linear import suits_linear
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.task import Array, Frame, Task, truth
from actors.models.offline.facts import labelled_rows, train_rows
from actors.models.offline.tasking import kind_of

NEAR = (5, 10, 20)  # neighbours a row that are tried
PARTS = 4  # that the labels are cut into to choose a graph


def label_graph(
    train: Frame,
    test: Frame,
    task: Task,
    *,
    clamp: float = 0.05,
    numbers: str = "plain",
    most: int = 4000,
) -> Array:
    """Labels spread over a graph of nearest rows, its neighbours a row chosen by cross-validation."""
    actual = truth(train, task)
    known = np.isfinite(actual)
    loose = np.random.default_rng(task.seed).permutation(np.flatnonzero(~known))[:most]
    train = train.iloc[np.concatenate([np.flatnonzero(known), loose])]
    # Any label will do for the rows without one: they are to count in the scales and categories.
    x, _, z = dense(train.assign(**{task.target[0]: task.classes[0]}), test, task, numbers=numbers)
    codes = actual[known].astype(int)
    wanted, parts = np.eye(len(task.classes))[codes], label_parts(codes, task)
    lowest, found = np.inf, np.zeros((len(test), len(task.classes)))
    rows = np.vstack([x, z])
    order = NearestNeighbors(n_neighbors=min(NEAR[-1], len(rows) - 1)).fit(rows).kneighbors()[1]
    for near in NEAR:
        graph = nearest_graph(order[:, :near])
        hidden = np.zeros_like(wanted)
        for part in range(PARTS):
            aside = parts == part
            hidden[aside] = spread_labels(graph, wanted * ~aside[:, None], clamp)[: len(codes)][aside]
        loss = -np.log((hidden * wanted).sum(axis=1)).mean()
        if loss < lowest:
            lowest, found = loss, spread_labels(graph, wanted, clamp)[len(x) :]
    return found


def label_parts(codes: Array, task: Task) -> Array:
    """The part that hides each label, the labels of a class spread evenly over the parts."""
    order = np.lexsort((np.random.default_rng(task.seed).random(len(codes)), codes))
    parts = np.empty(len(codes), dtype=int)
    parts[order] = np.arange(len(codes)) % PARTS
    return parts


def nearest_graph(order: Array) -> sparse.csr_matrix:
    """D^-1/2 W D^-1/2 of the links between each row and its neighbours, given in `order`."""
    rows, near = order.shape
    links = sparse.csr_matrix((np.ones(order.size), order.ravel(), np.arange(rows + 1) * near), (rows, rows))
    links = links.maximum(links.T)
    shrink = sparse.diags(1 / np.sqrt(np.asarray(links.sum(axis=1)).ravel()))
    return sparse.csr_matrix(shrink @ links @ shrink)


def spread_labels(graph: sparse.csr_matrix, wanted: Array, clamp: float, steps: int = 60) -> Array:
    """Class chances of every row by label spreading from the first rows' classes, zeros where hidden."""
    given = np.zeros((graph.shape[0], wanted.shape[1]))
    given[: len(wanted)] = wanted / np.maximum(wanted.sum(axis=0), 1)  # a class's mass is one, however many
    heat = given
    for _ in range(steps):
        heat = (1 - clamp) * (graph @ heat) + clamp * given
    prior = (wanted.sum(axis=0) + 0.5) / (wanted.sum() + 0.5 * wanted.shape[1])
    heat = (heat + 0.01 * heat.mean()) * prior  # never sure, least where hardly any heat arrives
    return np.asarray(heat / heat.sum(axis=1, keepdims=True))


def suits_graph(brief: TaskBrief) -> float:
    """Classes of which most training rows lack a label; just below what is usual, so that it is tried."""
    if kind_of(brief) != "classes" or not brief.classes:
        return 0.0
    few = labelled_rows(brief) < min(train_rows(brief) / 2, 5000)
    return 0.98 * suits_linear(brief) if few else 0.0


RECIPES = (
    Recipe(
        label_graph,
        "member",
        "Label spreading: rows without a label show where the classes lie.",
        suits_graph,
        choices={"clamp": (0.01, 0.02, 0.05, 0.1, 0.3), "numbers": ("plain", "log", "rank")},
    ),
)
