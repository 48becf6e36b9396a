"""Photos with noise or holes: how they are found, and how well they are restored."""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from madepictures import brief_of, error, save
from madeup import made_task
from PIL import Image
from scipy import ndimage

from actors.contracts import FileFacts
from actors.models.offline.catalogue.images_denoise import (
    cosine_shrinkage,
    filter_boosting,
    filter_ridge,
    is_denoise,
    load_denoise,
    split_pictures,
)
from actors.models.offline.catalogue.images_files import picture_for
from actors.models.offline.catalogue.images_inpaint import (
    kriging_fill,
    load_inpaint,
    radial_fill,
    sparse_fill,
    split_pixels,
    triangle_fill,
)
from actors.models.offline.catalogue.images_pairs import likely_pairs, pair_pictures
from actors.models.offline.catalogue.task import Frame, Task

task_with = partial(made_task, target=("value",), train="", test="")


STYLES = ["archive", "joined names", "two archives", "flat", "one array", "files"]


def scene(high: int = 48, wide: int = 60, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:high, :wide]
    flat = 120 + 60 * np.sin(x / 9 + seed) + 40 * (y > high // 2 + 6 * np.sin(x / 11))
    return np.clip(flat + 8 * ndimage.gaussian_filter(rng.normal(size=(high, wide)), 1.5), 0, 255)


def holes(folder: Path, style: str) -> tuple[np.ndarray, Task]:
    colours = np.stack([scene(), scene()[::-1], scene(seed=1)], axis=2).round()
    hidden = np.random.default_rng(0).random(colours.shape[:2]) < 0.6
    save(folder / "picture.png", np.where(hidden[..., None], 255, colours))
    save(folder / "mask.png", np.where(hidden, 255, 0))  # here white means hidden
    row, col = np.nonzero(hidden)
    wanted = colours[hidden]
    if style == "columns":
        ids = np.arange(len(row))
        pd.DataFrame({"id": ids, "y": row, "x": col}).to_csv(folder / "test.csv", index=False)
    elif style == "flat":
        ids = row * 60 + col
    else:
        ids = np.array([f"{a}_{b}" for a, b in zip(row, col, strict=True)])
    sample = pd.DataFrame({"id": ids, "r": 0, "g": 0, "b": 0})
    sample.to_csv(folder / "sample_submission.csv", index=False)
    return wanted, task_with(target=("r", "g", "b"), problem="multioutput")


@pytest.mark.parametrize("style", ["columns", "flat", "names"])
def test_hidden_pixels_are_found_however_they_are_named(folder: Path, style: str) -> None:
    wanted, task = holes(folder, style)
    train, test = load_inpaint(task)
    assert len(train) + len(test) == 48 * 60
    assert error(radial_fill(train, test, task), wanted) < 12


@pytest.mark.parametrize("member", [sparse_fill, kriging_fill, triangle_fill])
def test_filled_pixels_are_near_the_truth(folder: Path, member: object) -> None:
    wanted, task = holes(folder, "flat")
    train, test = load_inpaint(task)
    found = member(train, test, task)  # type: ignore[operator]
    assert error(found, wanted) < 0.5 * error(np.full(wanted.shape, wanted.mean()), wanted)
    [(fit, held, actual)] = split_pixels(train, task)
    assert len(fit) + len(held) == len(train)
    assert "r" not in held
    assert len(actual) == len(held)


def test_pairs_are_told_by_names() -> None:
    names = ["train/noisy/1.png", "train/noisy/2.png", "train/clean/1.png", "train/clean/2.png", "test/7.png"]
    pairs, lonely = pair_pictures(names)
    assert pairs == [("train/noisy/1.png", "train/clean/1.png"), ("train/noisy/2.png", "train/clean/2.png")]
    assert lonely == ["test/7.png"]
    assert pair_pictures(["train_noisy.png", "train_clean.png", "test_noisy.png"]) == (
        [("train_noisy.png", "train_clean.png")],
        ["test_noisy.png"],
    )


@pytest.mark.parametrize(("noisy", "clean"), [("blurred", "sharp"), ("lr", "hr"), ("LowRes", "HighRes")])
def test_pairs_have_many_names(noisy: str, clean: str) -> None:
    names = [f"train/{noisy}/01.png", f"train/{clean}/1.png", f"test/{noisy}/02.png"]
    assert pair_pictures(names) == ([(names[0], names[1])], [names[2]])


def test_pairs_are_likely_where_names_differ_in_one_word_that_test_pictures_have() -> None:
    train = ["train/striped_3.png", "train/flat_3.png", "train/striped_4.png", "train/flat_4.png"]
    wanted = ([(train[0], train[1]), (train[2], train[3])], ["test/striped_9.png"])
    assert pair_pictures([*train, "test/striped_9.png"]) == wanted
    assert likely_pairs([*train, "test/striped_9.png", "test/flat_9.png"])[0] == []  # nothing to restore
    assert likely_pairs(["a/cat_1.png", "a/dog_2.png", "a/cat_3.png"])[0] == []
    assert likely_pairs([*train, "test/striped_9.png", "test/mask.png"])[0] == []


@pytest.mark.parametrize(("rows", "promise"), [(4000, 0.95), (1, 0.0)])
def test_likely_pairs_count_where_pixels_are_asked_for(rows: int, promise: float) -> None:
    names = ["train/striped_3.png", "train/flat_3.png", "test/striped_9.png"]
    files = [FileFacts(n, "png", 1) for n in names]
    sample = FileFacts("sample_submission.csv", "csv", 1, rows)
    numbers = {"classes": (), "train": "", "test": "", "problem": "regression"}
    assert is_denoise(brief_of(*files, sample, **numbers)) == promise


def test_a_list_that_is_cut_off_still_shows_pairs() -> None:
    names = [f"test/noisy/{n:03d}.png" for n in range(20)] + [f"train/clean/{n:03d}.png" for n in range(80)]
    files = [FileFacts(n, "png", 1) for n in names]
    numbers = {"classes": (), "train": "", "test": "", "problem": "regression"}
    assert is_denoise(brief_of(*files, **numbers)) > 0.9
    assert is_denoise(brief_of(*files[20:], **numbers)) == 0


@pytest.mark.parametrize("value", ["3", "img3", "img_003", "003.png", "test_3", "photo-3"])
def test_identifiers_find_pictures_by_number(value: str) -> None:
    assert picture_for(value, ["test/noisy/001.png", "test/noisy/003.png"]) == "test/noisy/003.png"


def restoration(folder: Path, depth: str, shrink: int) -> tuple[np.ndarray, Task]:
    scale = 257 if depth == "uint16" else 1
    rng = np.random.default_rng(0)
    clean = {n: scene(48, 48, seed=n).round() for n in (1, 2, 3)}
    for number, pixels in clean.items():
        small = pixels.reshape(48 // shrink, shrink, 48 // shrink, shrink).mean(axis=(1, 3))
        noisy = np.clip(small + rng.normal(0, 6, small.shape), 0, 255).round()
        side = "train" if number < 3 else "test"
        parts = {"lr": noisy} | ({"hr": pixels} if number < 3 else {})
        for part, values in parts.items():
            path = folder / f"{side}/{part}/{number:03d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray((values * scale).astype(depth)).save(path)
    names = [f"3_{r}_{c}" for r, c in np.ndindex(48, 48)]
    pd.DataFrame({"id": names, "value": 0}).to_csv(folder / "sample_submission.csv", index=False)
    return clean[3].ravel() * scale, task_with()


@pytest.mark.parametrize(("depth", "shrink"), [("uint16", 1), ("uint8", 2)])
def test_deep_and_small_pictures_are_restored(folder: Path, depth: str, shrink: int) -> None:
    wanted, task = restoration(folder, depth, shrink)
    train, test = load_denoise(task)
    assert len(test) == 48 * 48
    for member in (cosine_shrinkage, filter_ridge, filter_boosting):
        assert error(member(train, test, task), wanted) < 0.2 * wanted.std()


def test_hidden_pixels_of_deep_pictures_keep_their_range(folder: Path) -> None:
    deep = scene(24, 30).round() * 257
    hidden = np.random.default_rng(0).random(deep.shape) < 0.4
    train = pixel_rows(deep, ~hidden)
    test = pixel_rows(deep, hidden)
    for member in (radial_fill, triangle_fill, kriging_fill, sparse_fill):
        found = member(train, test.drop(columns="value"), task_with())
        assert error(found, test["value"].to_numpy()) < 0.3 * deep.std()


def pixel_rows(picture: np.ndarray, keep: np.ndarray) -> Frame:
    row, col = np.nonzero(keep)
    return pd.DataFrame({"picture": "p", "row": row, "col": col, "value": picture[keep]})


def test_noise_is_learnt_away(folder: Path) -> None:
    rng = np.random.default_rng(0)
    clean = {n: scene(seed=n) for n in (1, 2, 3)}
    for number, pixels in clean.items():
        noisy = pixels + rng.normal(0, 25, pixels.shape)
        noisy[rng.random(pixels.shape) < 0.03] = 0
        if number < 3:
            save(folder / f"train/clean_{number}.png", pixels)
        save(folder / f"{'train' if number < 3 else 'test'}/noisy_{number}.png", noisy)
    row, col = np.mgrid[:48, :60].reshape(2, -1)
    ids = np.arange(len(row)) + 5000
    asked = pd.DataFrame({"id": ids, "image": 3, "row": row, "col": col})
    asked.to_csv(folder / "test.csv", index=False)
    asked[["id"]].assign(value=0).to_csv(folder / "sample_submission.csv", index=False)
    task = task_with()
    train, test = load_denoise(task)
    wanted = clean[3].reshape(-1)
    before = error(np.asarray(Image.open(folder / "test/noisy_3.png"), dtype=float), clean[3])
    for member in (cosine_shrinkage, filter_ridge, filter_boosting):
        assert error(member(train, test, task), wanted) < 0.45 * before
    [(fit, held, _)] = split_pictures(train, task)
    assert set(fit["picture"]).isdisjoint(held["picture"])
