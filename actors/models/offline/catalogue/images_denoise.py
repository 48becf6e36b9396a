"""Noisy photos cleaned by what pairs of noisy and clean photos teach."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
from scipy import ndimage
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.images_arrays import all_pictures, picture_names
from actors.models.offline.catalogue.images_files import (
    CLEAN_WORDS,
    NOISY_WORDS,
    asked_pixels,
    brightest,
    name_words,
    picture_for,
    place_flat,
    resized,
    target_channels,
    valid_range,
)
from actors.models.offline.catalogue.images_inpaint import shrink_patches
from actors.models.offline.catalogue.images_pairs import likely_pairs, pair_pictures, told_pairs
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.task import Array, Frame, Task

MOST_PIXELS = 400_000  # to learn from
FEWEST_PIXELS = 60  # of a picture that is restored
MANY_FILES = 90  # pictures in a brief that may be only the first of them


def load_denoise(task: Task) -> tuple[Frame, Frame]:
    """A row a pixel with filtered values of its surroundings; clean values as targets in train."""
    pictures = all_pictures()
    pairs, lonely = pair_pictures(list(pictures))
    pictures = of_clean_size(pictures, pairs)
    asked = asked_pixels(task)
    asked = place_flat(asked, task.id_column, pictures[(lonely or list(pictures))[0]].shape[1])
    count = len(task.target)
    learnt: list[Frame] = []
    for noisy, clean in pairs:
        if sum(map(len, learnt)) > MOST_PIXELS:
            break
        frame = filter_frame(target_channels(pictures[noisy], count), noisy)
        truth = target_channels(pictures[clean], count).reshape(-1, count)
        learnt.append(frame.assign(**{t: truth[:, c] for c, t in enumerate(task.target)}))
    train = pd.concat(learnt, ignore_index=True)
    meant = {v: picture_for(v, lonely) for v in asked["picture"].unique()}
    names = [meant[v] for v in asked["picture"]]
    parts = []
    for name in dict.fromkeys(names):
        frame = filter_frame(target_channels(pictures[name], count), name)
        rows = asked[[n == name for n in names]]
        at = rows["row"].to_numpy(dtype=int) * pictures[name].shape[1] + rows["col"].to_numpy(dtype=int)
        picked = frame.iloc[at].reset_index(drop=True)
        picked.insert(0, task.id_column, rows[task.id_column].to_numpy())
        parts.append(picked)
    return train, pd.concat(parts, ignore_index=True)


def of_clean_size(pictures: dict[str, Array], pairs: list[tuple[str, str]]) -> dict[str, Array]:
    """Noisy pictures as large as their clean ones; those without one enlarged in the same ratio."""
    ratios = [np.divide(pictures[c].shape[:2], pictures[n].shape[:2]) for n, c in pairs]
    if all((r == 1).all() for r in ratios):
        return pictures
    usual, clean = np.median(ratios, axis=0), dict(pairs)
    out = {}
    for name, picture in pictures.items():
        high, wide = picture.shape[:2]
        if name in clean:
            high, wide = pictures[clean[name]].shape[:2]
        elif name not in clean.values():
            high, wide = (round(v) for v in picture.shape[:2] * usual)
        out[name] = picture if (high, wide) == picture.shape[:2] else resized(picture, high, wide)
    return out


def filter_frame(picture: Array, name: str) -> Frame:
    """A row a pixel: where it is, and every filter's value there, channel by channel."""
    high, wide = picture.shape[:2]
    row, col = np.mgrid[:high, :wide].reshape(2, -1)
    columns: dict[str, Array] = {
        "picture": np.full(len(row), Path(name).stem, dtype=object),
        "row": row,
        "col": col,
    }
    for channel in range(picture.shape[2]):
        for label, plane in filters(picture[:, :, channel]).items():
            columns[f"{label}_{channel}"] = plane.ravel().astype(np.float32)
    return pd.DataFrame(columns)


def noise_size(plane: Array) -> float:
    """The standard deviation of the noise, from second differences."""
    mixed = plane[1:, 1:] - plane[1:, :-1] - plane[:-1, 1:] + plane[:-1, :-1]
    return float(np.median(np.abs(mixed)) / 0.6745 / 2) + 1e-3


def without_spikes(plane: Array) -> tuple[Array, Array]:
    """Pixels at the ends of the range that stand out are filled from their neighbours."""
    middle = ndimage.median_filter(plane, 5, mode="reflect")
    far = np.abs(plane - middle) > 40 * (brightest(plane) / 255)
    spike = ((plane <= plane.min()) | (plane >= plane.max())) & far
    weight = ndimage.gaussian_filter((~spike).astype(float), 1.0)
    around = ndimage.gaussian_filter(np.where(spike, 0.0, plane), 1.0) / np.maximum(weight, 1e-6)
    return np.where(spike, around, plane), spike


def alike_mean(plane: Array, guide: Array, width: float, reach: int = 4) -> Array:
    """Non-local means: an average over shifted pixels whose surroundings in the guide look alike."""
    high, wide = plane.shape
    values, looks = np.pad(plane, reach, mode="reflect"), np.pad(guide, reach, mode="reflect")
    total, weights = np.zeros(plane.shape), np.zeros(plane.shape)
    for i in range(2 * reach + 1):
        for j in range(2 * reach + 1):
            part = (slice(i, i + high), slice(j, j + wide))
            weight = np.exp(-ndimage.uniform_filter((guide - looks[part]) ** 2, 5) / width**2)
            total += weight * values[part]
            weights += weight
    return total / weights


def filters(plane: Array) -> dict[str, Array]:
    """What is known around each pixel: filters of several widths, and the raw neighbours."""
    calm, spike = without_spikes(plane)
    noise = noise_size(calm)
    base = shrink_patches(calm, 2.4 * noise, 8)
    found: dict[str, Array] = {"base": base, "calm": calm, "spike": spike.astype(float)}
    for sigma in (0.7, 1.2, 2.0, 4.0):
        found[f"gauss{sigma}"] = ndimage.gaussian_filter(calm, sigma)
    for size in (3, 5):
        found[f"median{size}"] = ndimage.median_filter(plane, size)
    found["strong"] = shrink_patches(calm, 3.2 * noise, 8)
    found["weak"] = shrink_patches(calm, 1.8 * noise, 6)
    found["alike"] = alike_mean(calm, base, 0.4 * noise)
    found["slope_down"], found["slope_right"] = ndimage.sobel(base, 0), ndimage.sobel(base, 1)
    found["curve"] = ndimage.gaussian_laplace(base, 1.5)
    spread = ndimage.uniform_filter(calm * calm, 5) - ndimage.uniform_filter(calm, 5) ** 2
    found["spread"] = np.sqrt(np.maximum(spread, 0.0))
    for i in (-2, -1, 0, 1, 2):
        for j in (-2, -1, 0, 1, 2):
            if (i, j) != (0, 0):
                found[f"near{i}{j}"] = np.roll(np.pad(calm, 2, mode="reflect"), (i, j), (0, 1))[2:-2, 2:-2]
    for i, j in ((0, 1), (1, 0), (-1, 0), (0, -1)):
        found[f"base{i}{j}"] = np.roll(np.pad(base, 1, mode="reflect"), (i, j), (0, 1))[1:-1, 1:-1]
    return found


def filter_columns(frame: Frame) -> list[str]:
    """The columns that filters made: all but the place and the identifier."""
    return [c for c in frame.columns if re.search(r"_\d+$", c)]


def split_pictures(train: Frame, task: Task, *, rows: int = 12000) -> list[tuple[Frame, Frame, Array]]:
    """The last pictures held out, or the lower part of the only one."""
    names = list(train["picture"].unique())
    if len(names) > 1:
        aside = train["picture"].isin(names[-max(1, len(names) // 4) :]).to_numpy()
    else:
        aside = (train["row"] > train["row"].max() * 0.7).to_numpy()
    held = train[aside]
    held = held.sample(min(rows, len(held)), random_state=task.seed)
    targets = list(task.target)
    return [(train[~aside], held.drop(columns=targets), held[targets].to_numpy(dtype=float))]


def filter_ridge(train: Frame, test: Frame, task: Task, *, alpha: float = 100.0) -> Array:
    """A linear mixture of all filters and neighbours, learnt on the pairs."""
    names = filter_columns(test)
    base = [f"base_{c}" for c in range(len(task.target))]
    scale = StandardScaler().fit(train[names])
    rest = train[list(task.target)].to_numpy(dtype=float) - train[base].to_numpy()
    model = Ridge(alpha=alpha).fit(scale.transform(train[names]), rest)
    guess = model.predict(scale.transform(test[names])).reshape(len(test), -1)
    return np.asarray(
        np.clip(guess + test[base].to_numpy(), *valid_range(train[list(task.target)].to_numpy()))
    )


def filter_boosting(
    train: Frame, test: Frame, task: Task, *, trees: int = 150, leaves: int = 15, rate: float = 0.05
) -> Array:
    """Boosted trees that correct the cosine-shrunk value from all filters and neighbours."""
    fit = train.sample(min(len(train), 60000), random_state=task.seed)
    names = filter_columns(test)
    out = np.zeros((len(test), len(task.target)))
    for c, target in enumerate(task.target):
        model = lgb.LGBMRegressor(
            n_estimators=trees,
            num_leaves=leaves,
            learning_rate=rate,
            subsample=0.7,
            subsample_freq=1,
            colsample_bytree=0.5,
            min_child_samples=60,
            n_jobs=task.cpus,
            random_state=task.seed,
            verbose=-1,
        )
        model.fit(fit[names], fit[target] - fit[f"base_{c}"])
        out[:, c] = model.predict(test[names]) + test[f"base_{c}"]
    return np.clip(out, *valid_range(train[list(task.target)].to_numpy()))


def cosine_shrinkage(train: Frame, test: Frame, task: Task) -> Array:
    """The cosine-shrunk picture as it is, nothing learnt."""
    plain = test[[f"base_{c}" for c in range(len(task.target))]]
    return np.asarray(np.clip(plain.to_numpy(dtype=float), *valid_range(train[list(task.target)].to_numpy())))


def named(names: Sequence[str], words: Sequence[str]) -> list[str]:
    """The names with one of the words."""
    return [n for n in names if set(words) & set(name_words(n))]


def is_denoise(brief: TaskBrief) -> float:
    """Pictures in pairs of noisy and clean."""
    names = picture_names(brief)
    pairs, lonely = told_pairs(names)
    if len(names) >= MANY_FILES:  # the brief cuts such a list off, perhaps between a picture and its pair
        pairs = pairs or [(n, c) for n in named(names, NOISY_WORDS) for c in named(names, CLEAN_WORDS)][:1]
    if not pairs and asks_for_pixels(brief, names):
        pairs, lonely = likely_pairs(names)
    return 0.95 if pairs and lonely and not brief.classes else 0.0


def asks_for_pixels(brief: TaskBrief, names: Sequence[str]) -> bool:
    """Whether far more values are to be predicted than there are pictures."""
    rows = next((f.rows for f in brief.files if f.name == brief.sample_submission), None)
    return (rows or 0) > FEWEST_PIXELS * len(names)


RECIPES = (
    Recipe(load_denoise, "load", "A row a pixel, with filters.", is_denoise, ("photos",)),
    Recipe(split_pictures, "split", "Holds whole pictures out.", lambda b: 0.9, ("photos",)),
    Recipe(
        filter_boosting,
        "member",
        "Boosted trees on filters and neighbours.",
        lambda b: 0.9,
        ("photos",),
        {"trees": (100, 150, 250), "leaves": (7, 15, 31), "rate": (0.03, 0.05, 0.1)},
    ),
    Recipe(
        filter_ridge,
        "member",
        "A linear mixture of filters: carries over best to other photos.",
        lambda b: 0.9,
        ("photos",),
        {"alpha": (1.0, 10.0, 100.0, 1000.0)},
    ),
    Recipe(cosine_shrinkage, "member", "Cosine shrinkage of patches.", lambda b: 0.4, ("photos",)),
)
