"""Pictures and arrays: hidden pixels, noise, classes, few labels, novelty."""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from madeup import made_task
from PIL import Image
from scipy import ndimage
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score

from actors.contracts import ColumnFacts, FileFacts, SplitRule, TaskBrief
from actors.models.offline.catalogue.arrays_images import (
    holds_items,
    image_graph,
    image_neighbours,
    image_network,
    image_self_training,
    image_svc,
    image_values,
    item_blocks,
    item_columns,
    load_items,
)
from actors.models.offline.catalogue.arrays_novelty import (
    is_novelty,
    load_novelty,
    novelty_between,
    novelty_covariance,
    novelty_density,
    novelty_distance,
    novelty_margin,
    novelty_residual,
    split_kinds,
)
from actors.models.offline.catalogue.images_denoise import (
    cosine_shrinkage,
    filter_boosting,
    filter_ridge,
    is_denoise,
    load_denoise,
    pair_pictures,
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
from actors.models.offline.catalogue.task import Frame, Task

task_with = partial(made_task, target=("value",), train="", test="")


def scene(high: int = 48, wide: int = 60, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:high, :wide]
    flat = 120 + 60 * np.sin(x / 9 + seed) + 40 * (y > high // 2 + 6 * np.sin(x / 11))
    return np.clip(flat + 8 * ndimage.gaussian_filter(rng.normal(size=(high, wide)), 1.5), 0, 255)


def save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.clip(np.round(pixels), 0, 255).astype("uint8")).save(path)


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


def error(found: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.sqrt(np.mean((found.reshape(wanted.shape) - wanted) ** 2)))


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


def digits(folder: Path, style: str) -> tuple[np.ndarray, Task]:
    data = load_digits()
    images, labels = data.images.astype("uint8")[:900], data.target[:900]
    known, test = slice(0, 300), slice(600, 900)
    ids = np.random.default_rng(0).permutation(900) + 1000
    pool = images[300:600]
    if style == "archive":
        np.savez(
            folder / "d.npz", X_train=images[known], y_train=labels[known], X_test=images[test],
            id_test=ids[test], X_unlabeled=pool,
        )  # fmt: skip
    elif style == "joined names":
        np.savez(folder / "d.npz", Xtr=images[known], ytr=labels[known], Xte=images[test])
    elif style == "two archives":
        np.savez(folder / "digits_train.npz", images=images[known], labels=labels[known])
        np.savez(folder / "digits_test.npz", images=images[test])
    elif style == "flat":
        flat = images.reshape(900, -1)
        for name, values in (("train_x", flat[known]), ("train_y", labels[known]), ("test_x", flat[test])):
            np.save(folder / f"{name}.npy", values)
    elif style == "one array":
        np.savez(folder / "all.npz", images=images, ids=ids)
        pd.DataFrame({"id": ids[known], "label": labels[known]}).to_csv(folder / "labels.csv", index=False)
    else:
        for number, pixels in zip(ids, images, strict=True):
            save(folder / f"pictures/{number}.png", pixels * 15.0)
        pd.DataFrame({"id": ids[known], "label": labels[known]}).to_csv(folder / "labels.csv", index=False)
    pd.DataFrame({"id": ids[test], "label": 0}).to_csv(folder / "sample_submission.csv", index=False)
    facts = {"kind": "classes", "problem": "multiclass", "metric": "accuracy", "prediction": "label"}
    return labels[test], task_with(**facts, target=("label",), classes=tuple("0123456789"))


STYLES = ["archive", "joined names", "two archives", "flat", "one array", "files"]


@pytest.mark.parametrize("style", STYLES)
def test_pictures_are_told_apart_however_they_come(folder: Path, style: str) -> None:
    wanted, task = digits(folder, style)
    train, test = load_items(task)
    assert train["label"].notna().sum() == 300
    assert len(train) == (300 if style in ("flat", "joined names", "two archives") else 600)
    order = pd.read_csv(folder / "sample_submission.csv")["id"]
    found = pd.Series(image_svc(train, test, task).argmax(axis=1), index=test["id"])[order].to_numpy()
    assert (found == wanted).mean() > 0.87  # other writers, a third of the labels


@pytest.mark.parametrize("member", [image_self_training, image_graph, image_neighbours, image_network])
def test_class_members_give_chances_of_every_class(folder: Path, member: object) -> None:
    wanted, task = digits(folder, "archive")
    train, test = load_items(task)
    few = train.assign(label=train["label"].where(train.index < 100))
    chances = member(few, test, task)  # type: ignore[operator]
    assert chances.shape == (300, 10)
    assert np.allclose(chances.sum(axis=1), 1)
    assert (chances.argmax(axis=1) == wanted).mean() > 0.7
    for fit, held, actual in item_blocks(few, task):
        assert len(fit) + len(held) == len(few)
        assert len(actual) == len(held)


def test_numbers_are_read_off_pictures(folder: Path) -> None:
    wanted, task = digits(folder, "archive")
    task = task_with(target=("label",))
    train, test = load_items(task)
    assert error(image_values(train, test, task), wanted.astype(float)) < 0.75 * wanted.std()


@pytest.mark.parametrize(
    "member",
    [
        novelty_between,
        novelty_covariance,
        novelty_distance,
        novelty_margin,
        novelty_residual,
        novelty_density,
    ],
)
@pytest.mark.parametrize("named", [True, False])
def test_novel_kinds_score_high(folder: Path, member: object, named: bool) -> None:
    data = load_digits()
    known = np.flatnonzero(~np.isin(data.target, [1, 8]))[:400]
    test = np.arange(900, 1200)
    arrays = {"X_train": data.images[known], "X_test": data.images[test], "id_test": test}
    np.savez(folder / "d.npz", **arrays, **({"y_train": data.target[known]} if named else {}))
    pd.DataFrame({"id": test, "novel": 0.5}).to_csv(folder / "sample_submission.csv", index=False)
    task = task_with(target=("novel",), problem="other", metric="roc_auc")
    train, asked = load_novelty(task)
    score = member(train, asked, task)[:, 0]  # type: ignore[operator]
    assert roc_auc_score(np.isin(data.target[test], [1, 8]), score) > 0.85
    for fit, held, actual in split_kinds(train, task):
        assert 0 < actual.mean() < 1
        assert len(fit) + len(held) == len(train)  # shuffled pixels would be noise
        assert "known_kind" not in held


def test_shifted_classes_are_no_novelty() -> None:
    sample = FileFacts("sample_submission.csv", "csv", 1, columns=(ColumnFacts("label", "integer"),))
    brief = TaskBrief(
        id="t",
        description="Digits by unseen writers, one of which may be unknown.",
        problem="multiclass",
        metric="accuracy",
        direction="maximize",
        target=("label",),
        id_column="id",
        prediction="label",
        split=SplitRule(),
        files=(sample,),
        train="",
        test="",
        sample_submission="sample_submission.csv",
        classes=("0", "1", "2"),
    )
    assert is_novelty(brief) == 0


def brief_of(*files: FileFacts, **changes: object) -> TaskBrief:
    facts: dict[str, object] = {
        "id": "t",
        "description": "Digits.",
        "problem": "multiclass",
        "metric": "accuracy",
        "direction": "maximize",
        "target": ("label",),
        "id_column": "id",
        "prediction": "label",
        "split": SplitRule(),
        "files": files,
        "train": "train.csv",
        "test": "test.csv",
        "sample_submission": "sample_submission.csv",
        "classes": ("0", "1", "2"),
    }
    return TaskBrief(**{**facts, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("column", "promise"),
    [
        (None, 0.7),
        (ColumnFacts("path", "text", unique=9, examples=("a/1.png", "a/2.png")), 0.7),
        (ColumnFacts("split", "category", unique=1, examples=("test",)), 0.7),
        (ColumnFacts("age", "integer", unique=9, examples=("41", "7")), 0.0),
    ],
)
def test_tables_of_identifiers_leave_the_say_to_pictures(column: ColumnFacts | None, promise: float) -> None:
    columns = (ColumnFacts("id", "integer", unique=30), *([column] if column else []))
    pictures = [FileFacts(f"images/{n}.png", "png", 1) for n in range(30)]
    tables = [FileFacts("test.csv", "csv", 1, columns=columns)]
    assert holds_items(brief_of(*tables, *pictures)) == promise
    arrays = FileFacts("X.npz", "npz", 1, columns=(ColumnFacts("images", "array"),))
    assert holds_items(brief_of(*tables, arrays)) == (0.85 if promise else 0.0)


def pictures_by_number(folder: Path, style: str) -> tuple[Frame, Task]:
    """Ten training and six test pictures, each as bright as its own number of `wanted`."""
    bright = {("train", n): 10 * n for n in range(10)} | {("test", n): 10 * n + 105 for n in range(6)}
    known, asked = pd.DataFrame({"id": range(10)}), pd.DataFrame({"id": range(6)})
    for (side, number), level in bright.items():
        high = 8 if style != "sizes" else 8 + 4 * (number % 3)
        pixels = np.full((high, high), float(level))
        pixels[-2:, -2:] = 255 - level  # a corner that must not be cut off
        save(folder / f"{side}/{number:03d}.png", pixels)
    if style == "files":  # the numbers of the pictures go backwards through the tables
        known, asked = (
            known.assign(file=[f"{9 - n:03d}.png" for n in known["id"]]),
            asked.assign(id=asked["id"]),
        )
        asked = asked.assign(file=[f"test/{5 - n:03d}.png" for n in asked["id"]])
        asked.to_csv(folder / "asked.csv", index=False)
    lost = [{"id": 77, "file": "077.png"}] if style == "files" else [{"id": 77}]
    known = pd.concat([known, pd.DataFrame(lost)], ignore_index=True)
    known.assign(label=np.arange(len(known))).to_csv(folder / "labels.csv", index=False)
    asked[["id"]].assign(label=0).to_csv(folder / "sample_submission.csv", index=False)
    return asked, task_with(target=("label",))


@pytest.mark.parametrize("style", ["numbers", "files", "sizes"])
def test_pictures_are_found_by_number_name_and_side(folder: Path, style: str) -> None:
    asked, task = pictures_by_number(folder, style)
    train, test = load_items(task)
    first, last = "px_0_0_0", item_columns(test)[-1]
    backwards = style == "files"
    known = train.dropna(subset=["label"]).sort_values("label")
    assert known[first].round().tolist() == [10 * (9 - n if backwards else n) for n in range(10)]
    wanted = np.array([10 * (5 - n if backwards else n) + 105 for n in asked["id"]])
    found = test.set_index("id").loc[asked["id"]]
    assert np.allclose(found[first], wanted, atol=1)
    assert np.allclose(found[last], 255 - wanted, atol=12)


def test_rows_without_a_picture_are_counted(folder: Path) -> None:
    _, task = pictures_by_number(folder, "numbers")
    for number in (2, 4):
        (folder / f"test/{number:03d}.png").rename(folder / f"test/spare_{number}b{number}.png")
        (folder / f"train/{number:03d}.png").unlink()
    with pytest.raises(ValueError, match="2 of 6 rows"):
        load_items(task)


@pytest.mark.parametrize("last", [True, False])
def test_signals_of_several_channels_are_told_apart(folder: Path, last: bool) -> None:
    rng = np.random.default_rng(0)
    kinds = rng.integers(0, 3, 300)
    turns = np.array([0.03, 0.06, 0.09])[kinds][:, None, None] * np.arange(128)[None, :, None]
    signals = np.sin(2 * np.pi * (turns + rng.random((300, 1, 3)))) + rng.normal(0, 1, (300, 128, 3))
    items = signals if last else np.moveaxis(signals, 1, 2)
    np.savez(folder / "d.npz", X_train=items[:200], y_train=kinds[:200], X_test=items[200:])
    pd.DataFrame({"id": range(100), "label": 0}).to_csv(folder / "sample_submission.csv", index=False)
    facts = {"kind": "classes", "problem": "multiclass", "metric": "accuracy", "prediction": "label"}
    task = task_with(**facts, target=("label",), classes=("0", "1", "2"))
    train, test = load_items(task)
    assert len(item_columns(train)) <= 3 * 64
    assert (image_svc(train, test, task).argmax(axis=1) == kinds[200:]).mean() > 0.9


@pytest.mark.parametrize("style", ["declared", "known is one", "found"])
@pytest.mark.parametrize("kind", ["values", "classes"])
def test_novel_rows_of_tables_score_high(folder: Path, style: str, kind: str) -> None:
    rng = np.random.default_rng(0)
    novel = np.arange(160) % 4 == 0
    asked = pd.DataFrame(rng.normal(size=(160, 4)) + 3 * novel[:, None], columns=list("abcd"))
    train = pd.DataFrame(rng.normal(size=(300, 4)), columns=list("abcd")).reset_index(names="id")
    asked.insert(0, "id", np.arange(1000, 1160))
    asked.to_csv(folder / "test.csv", index=False)
    pd.DataFrame({"x": range(9)}).to_csv(folder / "more.csv", index=False)
    if style != "found":
        train = train.assign(odd=int(style == "known is one"))
    train.to_csv(folder / ("normal.csv" if style == "found" else "train.csv"), index=False)
    asked[["id"]].assign(odd=0.5).to_csv(folder / "sample_submission.csv", index=False)
    tables = {} if style == "found" else {"train": "train.csv", "test": "test.csv"}
    classes = ("0", "1") if kind == "classes" and style != "found" else ()
    task = task_with(
        **tables, kind=kind, classes=classes, target=("odd",), problem="binary", metric="roc_auc"
    )
    known, rows = load_novelty(task)
    assert (len(known), len(rows)) == (300, 160)
    for member in (novelty_between, novelty_margin):
        scores = member(known, rows, task)
        assert scores.shape == (160, 2 if kind == "classes" else 1)
        one = ~novel if style == "known is one" else novel
        assert roc_auc_score(one, scores[:, -1]) > 0.9
    for fit, held, actual in split_kinds(known, task):
        assert len(held) > 300 - len(fit)  # rows of shuffled values join
        assert actual.shape == ((len(held),) if kind == "classes" else (len(held), 1))
        found = novelty_distance(fit, held.assign(id=0), task)[:, -1]
        assert roc_auc_score(actual, found) > 0.5


@pytest.mark.parametrize(("unique", "promise"), [(1, 0.97), (2, 0.0)])
def test_a_target_of_one_value_shows_no_novelty(unique: int, promise: float) -> None:
    target = ColumnFacts("label", "integer", unique=unique, examples=("0", "1")[:unique])
    train = FileFacts("train.csv", "csv", 1, columns=(target,))
    words = {"description": "All training rows are normal: find outliers.", "classes": ("0", "1")}
    assert is_novelty(brief_of(train, **words, problem="binary", metric="roc_auc")) == promise
