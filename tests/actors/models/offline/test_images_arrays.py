"""Pictures that come as arrays are restored like those in files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import madepictures
import numpy as np
import pandas as pd
import pytest
from madepictures import error
from madeup import made_task
from scipy import ndimage

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.images_arrays import array_places, picture_names
from actors.models.offline.catalogue.images_denoise import (
    cosine_shrinkage,
    filter_boosting,
    filter_ridge,
    load_denoise,
)
from actors.models.offline.catalogue.images_inpaint import load_inpaint, radial_fill, sparse_fill
from actors.models.offline.catalogue.task import Task
from actors.models.offline.composing import layout_of
from runners.tasks.facts import profile_files


def scene(seed: int, side: int = 40) -> np.ndarray:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side]
    flat = 0.5 + 0.25 * np.sin(x / 9 + seed) + 0.15 * (y > side // 2 + 6 * np.sin(x / 11))
    return np.clip(flat + 0.1 * ndimage.gaussian_filter(rng.normal(size=(side, side)), 1.5), 0, 1)


def brief_of(folder: Path) -> TaskBrief:
    """What the prompts would say of the files."""
    files = profile_files({path.name: path.read_bytes() for path in sorted(folder.iterdir())})
    facts = {"problem": "regression", "metric": "rmse", "direction": "minimize", "target": ("value",)}
    return madepictures.brief_of(*files, **facts, prediction="value", classes=(), train="", test="")


def ask(folder: Path, pixels: np.ndarray) -> Task:
    """A row for every pixel (picture, row, column) to predict."""
    rows = pd.DataFrame(pixels, columns=["image", "row", "col"])
    rows.insert(0, "id", np.arange(len(rows)) + 7)
    rows.to_csv(folder / "test.csv", index=False)
    rows[["id"]].assign(value=0.5).to_csv(folder / "sample_submission.csv", index=False)
    return made_task(target=("value",), train="", test="")


def noisy_and_clean(folder: Path, style: str) -> tuple[np.ndarray, np.ndarray, Task]:
    clean = np.stack([scene(seed) for seed in range(6)])
    noisy = clean + np.random.default_rng(0).normal(0, 0.1, clean.shape)
    if style == "standardised":
        clean, noisy = 4 * clean - 2, 4 * noisy - 2
    if style == "one file":
        np.savez(folder / "data.npz", X_train=noisy[:4], y_train=clean[:4], X_test=noisy[4:])
    elif style == "channels":
        np.savez(folder / "train.npz", noisy=noisy[:4, ..., None], clean=clean[:4, ..., None])
        np.savez(folder / "test.npz", noisy=noisy[4:, ..., None])
    else:
        for name, values in (
            ("train_noisy", noisy[:4]),
            ("train_clean", clean[:4]),
            ("test_noisy", noisy[4:]),
        ):
            np.save(folder / f"{name}.npy", values)
    return noisy[4:].ravel(), clean[4:].ravel(), ask(folder, np.argwhere(np.ones((2, 40, 40))))


@pytest.mark.parametrize("style", ["one file", "channels", "three files", "standardised"])
def test_pairs_in_arrays_are_told_and_restored(folder: Path, style: str) -> None:
    noisy, wanted, task = noisy_and_clean(folder, style)
    brief = brief_of(folder)
    assert layout_of(brief) == "photos"
    train, test = load_denoise(task)
    before = error(noisy, wanted)
    for member in (cosine_shrinkage, filter_ridge, filter_boosting):
        assert error(member(train, test, task), wanted) < 0.6 * before, member.__name__


def test_holes_in_an_array_are_filled(folder: Path) -> None:
    photo = scene(1)
    hidden = np.random.default_rng(0).random(photo.shape) < 0.5
    np.save(folder / "photo.npy", np.where(hidden, 0, photo))
    np.save(folder / "mask.npy", hidden)
    task = ask(folder, np.argwhere(hidden[None]))
    brief = brief_of(folder)
    assert layout_of(brief) == "holes"
    train, test = load_inpaint(task)
    assert len(train) == (~hidden).sum()
    for member in (radial_fill, sparse_fill):
        assert error(member(train, test, task), photo[hidden]) < 0.3 * photo.std(), member.__name__


def test_arrays_of_items_are_no_pictures_to_restore(folder: Path) -> None:
    np.savez(
        folder / "data.npz", X_train=np.zeros((30, 9, 9)), y_train=np.zeros(30), X_test=np.zeros((10, 9, 9))
    )
    pd.DataFrame({"id": range(10), "value": 0}).to_csv(folder / "sample_submission.csv", index=False)
    brief = brief_of(folder)
    assert picture_names(brief) == []
    assert picture_names(replace(brief, sample_submission="")) == []


def test_where_a_picture_lies() -> None:
    assert array_places({"photo": (40, 40, 3), "ids": (5,), "tiny": (9, 3)}) == {"train_noisy": ("photo", -1)}
    pairs = array_places({"train_hr": (2, 16, 16), "test_lr": (1, 8, 8, 3)})
    assert pairs == {
        "train_clean_0": ("train_hr", 0),
        "train_clean_1": ("train_hr", 1),
        "test_noisy_0": ("test_lr", 0),
    }
