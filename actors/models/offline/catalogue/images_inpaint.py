"""Hidden pixels of a photo from the known ones around them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.interpolate import RBFInterpolator, griddata
from scipy.spatial import cKDTree

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.images_arrays import all_pictures, picture_names
from actors.models.offline.catalogue.images_files import (
    asked_pixels,
    brightest,
    name_words,
    picture_for,
    pixel_frame,
    place_flat,
    target_channels,
    valid_range,
)
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.task import Array, Frame, Task


def load_inpaint(task: Task) -> tuple[Frame, Frame]:
    """Known pixels with their values as train, asked pixels as test; a mask is a two-valued picture."""
    pictures = all_pictures()
    masks = {n: p[:, :, 0] for n, p in pictures.items() if len(np.unique(p)) <= 2}
    photos = {n: p for n, p in pictures.items() if n not in masks}
    asked = asked_pixels(task)
    asked = place_flat(asked, task.id_column, next(iter(photos.values())).shape[1])
    meant = {v: picture_for(v, list(photos)) for v in asked["picture"].unique()}
    asked["picture"] = [meant[v] for v in asked["picture"]]
    known = []
    for name, photo in photos.items():
        fitting = [m for m in masks if masks[m].shape == photo.shape[:2]]
        words = set(name_words(name))
        fitting.sort(key=lambda m: -len(words & set(name_words(m))))
        here = asked[asked["picture"] == name]
        hidden = np.zeros(photo.shape[:2], dtype=bool)
        hidden[here["row"], here["col"]] = True
        if fitting and hidden.any():
            mask = masks[fitting[0]]
            hidden |= mask == np.median(mask[hidden])
        frame = pixel_frame(name, target_channels(photo, len(task.target)), ~hidden)
        known.append(frame.rename(columns={f"value_{c}": t for c, t in enumerate(task.target)}))
    return pd.concat(known, ignore_index=True), asked


def split_pixels(train: Frame, task: Task, *, share: float = 0.12) -> list[tuple[Frame, Frame, Array]]:
    """A random share of the known pixels hidden, at most four thousand."""
    count = min(int(len(train) * share), 4000)
    held = np.random.default_rng(task.seed).permutation(len(train))[:count]
    keep = np.ones(len(train), dtype=bool)
    keep[held] = False
    targets = list(task.target)
    asked = train.iloc[held]
    return [(train[keep], asked.drop(columns=targets), asked[targets].to_numpy(dtype=float))]


def scattered(train: Frame, test: Frame, task: Task) -> list[tuple[Array, Array, Array, Array]]:
    """For each picture: known positions, their values, asked positions, and which test rows these are."""
    parts = []
    for name in test["picture"].unique():
        rows = np.flatnonzero(test["picture"] == name)
        known = train[train["picture"] == name]
        parts.append(
            (
                known[["row", "col"]].to_numpy(dtype=float),
                known[list(task.target)].to_numpy(dtype=float),
                test.iloc[rows][["row", "col"]].to_numpy(dtype=float),
                rows,
            )
        )
    return parts


def radial_fill(
    train: Frame,
    test: Frame,
    task: Task,
    *,
    kernel: str = "linear",
    neighbours: int = 30,
    smoothing: float = 0.0,
) -> Array:
    """Local radial basis functions around every hidden pixel."""
    out = np.zeros((len(test), len(task.target)))
    for known, values, asked, rows in scattered(train, test, task):
        model = RBFInterpolator(known, values, neighbors=neighbours, kernel=kernel, smoothing=smoothing)
        out[rows] = model(asked)
    return np.clip(out, *valid_range(train[list(task.target)].to_numpy()))


def triangle_fill(train: Frame, test: Frame, task: Task, *, method: str = "linear") -> Array:
    """Interpolation on triangles of known pixels, the nearest one outside of them."""
    out = np.zeros((len(test), len(task.target)))
    for known, values, asked, rows in scattered(train, test, task):
        filled = griddata(known, values, asked, method=method)
        nearest = griddata(known, values, asked, method="nearest")
        out[rows] = np.where(np.isfinite(filled), filled, nearest)
    return np.clip(out, *valid_range(train[list(task.target)].to_numpy()))


def kriging_fill(
    train: Frame, test: Frame, task: Task, *, reach: float = 10.0, nugget: float = 0.01, neighbours: int = 30
) -> Array:
    """Gaussian-process mean with an exponential kernel over the nearest known pixels."""
    out = np.zeros((len(test), len(task.target)))
    for known, values, asked, rows in scattered(train, test, task):
        near = min(neighbours, len(known))
        distance, index = cKDTree(known).query(asked, near)
        for start in range(0, len(asked), 2000):
            part = slice(start, start + 2000)
            points = known[index[part]]
            between = np.linalg.norm(points[:, :, None] - points[:, None], axis=-1)
            matrix = np.exp(-between / reach) + nugget * np.eye(near)
            sides = np.stack([np.exp(-distance[part] / reach), np.ones((len(points), near))], axis=-1)
            solved = np.linalg.solve(matrix, sides)
            weight, one = solved[:, :, 0], solved[:, :, 1]
            weight = weight + one * ((1 - weight.sum(axis=1)) / one.sum(axis=1))[:, None]
            out[rows[part]] = np.einsum("nk,nkc->nc", weight, values[index[part]])
    return np.clip(out, *valid_range(train[list(task.target)].to_numpy()))


def cosine_matrix(side: int) -> Array:
    """The orthonormal cosine transform of flattened square patches."""
    k, n = np.mgrid[:side, :side]
    one = np.cos(np.pi * (n + 0.5) * k / side) * np.sqrt(np.where(k == 0, 1.0, 2.0) / side)
    return np.kron(one, one)


def shrink_patches(plane: Array, level: float, side: int) -> Array:
    """Overlapping patches with small cosine coefficients removed, averaged by sparsity."""
    padded = np.pad(plane, side - 1, mode="reflect")
    transform = cosine_matrix(side)
    high, wide = padded.shape[0] - side + 1, padded.shape[1] - side + 1
    patches = np.lib.stride_tricks.sliding_window_view(padded, (side, side)).reshape(-1, side * side)
    turned = patches @ transform.T
    kept = np.abs(turned) > level
    kept[:, 0] = True
    weight = 1.0 / kept.sum(axis=1)
    back = (((turned * kept) @ transform) * weight[:, None]).reshape(high, wide, side, side)
    weight = weight.reshape(high, wide)
    total, weights = np.zeros(padded.shape), np.zeros(padded.shape)
    for i in range(side):
        for j in range(side):
            total[i : i + high, j : j + wide] += back[:, :, i, j]
            weights[i : i + high, j : j + wide] += weight
    inner = slice(side - 1, 1 - side)
    return np.asarray((total / weights)[inner, inner])


def sparse_fill(
    train: Frame, test: Frame, task: Task, *, highest: float = 60.0, lowest: float = 2.0, rounds: int = 14
) -> Array:
    """Patches made sparse in cosines, known pixels restored after each round, with a falling threshold."""
    out = radial_fill(train, test, task)
    depth = brightest(train[list(task.target)].to_numpy()) / 255
    for known, values, asked, rows in scattered(train, test, task):
        corner = np.minimum(known.min(axis=0), asked.min(axis=0)).astype(int)
        high, wide = np.maximum(known.max(axis=0), asked.max(axis=0)).astype(int) - corner + 1
        middle = values.mean(axis=0)
        turn = np.linalg.svd(values[:: max(1, len(values) // 3000)] - middle, full_matrices=False)[2]
        inside, wanted = known.astype(int) - corner, asked.astype(int) - corner
        row, col = np.mgrid[:high, :wide].reshape(2, -1)
        nearest = cKDTree(inside).query(np.column_stack([row, col]))[1]
        planes = ((values[nearest] - middle) @ turn.T).reshape(high, wide, -1)
        planes[wanted[:, 0], wanted[:, 1]] = (out[rows] - middle) @ turn.T
        open_pixels = np.ones((high, wide), dtype=bool)
        open_pixels[inside[:, 0], inside[:, 1]] = False
        for level in np.geomspace(highest, lowest, rounds):
            for c in range(planes.shape[2]):
                planes[open_pixels, c] = shrink_patches(planes[:, :, c], level * depth, 8)[open_pixels]
        out[rows] = planes[wanted[:, 0], wanted[:, 1]] @ turn + middle
    return np.clip(out, *valid_range(train[list(task.target)].to_numpy()))


def is_inpaint(brief: TaskBrief) -> float:
    """Pictures with a mask, or words of filling in, and no pairs to learn from."""
    names = picture_names(brief)
    if not names or brief.classes:
        return 0.0
    words = {w for n in names for w in name_words(n)}
    text = brief.description.lower()
    told = any(w in text for w in ("inpaint", "hidden pixel", "missing pixel", "masked", "mask"))
    return 0.95 if words & {"mask", "masks", "hidden", "missing"} else 0.6 if told else 0.0


RECIPES = (
    Recipe(load_inpaint, "load", "Known pixels as rows.", is_inpaint, ("holes",)),
    Recipe(split_pixels, "split", "Hides known pixels at random.", lambda b: 0.9, ("holes",)),
    Recipe(
        sparse_fill,
        "member",
        "Sparse cosines of overlapping patches: carries edges and texture across hidden pixels.",
        lambda b: 0.9,
        ("holes",),
        {"highest": (40.0, 60.0, 80.0, 120.0, 150.0), "lowest": (2.0, 4.0, 8.0, 15.0), "rounds": (8, 14, 20)},
    ),
    Recipe(
        radial_fill,
        "member",
        "Local radial basis functions: smooth and reliable.",
        lambda b: 0.85,
        ("holes",),
        {
            "kernel": ("linear", "thin_plate_spline", "cubic"),
            "neighbours": (16, 30, 60),
            "smoothing": (0.0, 0.5, 2.0),
        },
    ),
    Recipe(
        kriging_fill,
        "member",
        "Kriging with an exponential kernel: best where texture is rough.",
        lambda b: 0.8,
        ("holes",),
        {"reach": (4.0, 10.0, 30.0), "nugget": (0.001, 0.01, 0.05), "neighbours": (20, 30, 40)},
    ),
    Recipe(
        triangle_fill,
        "member",
        "Straight interpolation on triangles.",
        lambda b: 0.4,
        ("holes",),
        {"method": ("linear", "cubic")},
    ),
)
