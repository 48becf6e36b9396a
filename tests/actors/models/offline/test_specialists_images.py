"""Pictures and arrays: hidden pixels, noise, classes, few labels, novelty."""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from madepictures import brief_of, error, save
from madeup import made_task
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
from actors.models.offline.catalogue.task import Frame, Task

task_with = partial(made_task, target=("value",), train="", test="")


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
