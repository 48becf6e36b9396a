import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from runners.tasks.classes import known_targets, shown_classes, unlabelled_marker
from runners.tasks.labels import as_text
from runners.tasks.spec import TaskSpec, read_spec
from runners.tasks.task import TaskFiles

NAMES = TaskFiles("", "", "sample_submission.csv")
SAMPLE = pd.DataFrame({"id": ["1"], "label": ["0"]})


@pytest.fixture
def spec(tmp_path: Path) -> TaskSpec:
    path = tmp_path / "task.yaml"
    path.write_text(
        "id: t\nproblem: multiclass\nmetric: accuracy\ntarget: label\nid_column: id\nprediction: label\n"
        "files: {train: null, test: null}\n"
    )
    return read_spec(path)


def file_of(name: str, values: np.ndarray) -> dict[str, bytes]:
    buffer = io.BytesIO()
    if name.endswith(".npy"):
        np.save(buffer, values)
        return {name: buffer.getvalue()}
    np.savez(buffer, **{name: values})
    return {"data.npz": buffer.getvalue()}


@pytest.mark.parametrize("name", ["y_train.npy", "labels/train_labels.npy", "ytr", "y_train", "label_of"])
def test_classes_are_shown_by_arrays_of_labels(name: str, spec: TaskSpec) -> None:
    assert shown_classes(spec, NAMES, file_of(name, np.array([2, 0, 2, 1])), SAMPLE) == ("0", "1", "2")


@pytest.mark.parametrize("name", ["X_train", "y_test", "ids", "weights"])
def test_other_arrays_show_no_classes(name: str, spec: TaskSpec) -> None:
    assert shown_classes(spec, NAMES, file_of(name, np.array([2, 0, 2, 1])), SAMPLE) == ()


FEW = "Few labels: most rows have none."


@pytest.mark.parametrize(
    ("labels", "description", "marker"),
    [
        ([0, 1, 2, -1], FEW, "-1"),
        ([0, 1, 2, -1], "Semi-supervised digits.", "-1"),
        ([0, 1, 2, -1], "Where the label is not known it is `-1`.", "-1"),
        (["a", "b", "?"], "Unlabelled rows help.", "?"),
        (["a", "b", "Unlabeled"], "Most rows carry no label.", "Unlabeled"),
        ([-1, 1], FEW, None),  # two classes
        ([-2, -1, 0, 1], FEW, None),  # a scale
        ([-1, 0, 1], "Sentiment: `-1` negative, `0` neutral, `1` positive.", None),
        (["a", "b", "unknown"], "Fans of an unknown genre.", None),
        ([-1, 0, 1, None], "Unlabelled rows are empty.", None),
    ],
)
def test_a_marker_of_unlabelled_rows_is_no_class(
    labels: list[object], description: str, marker: str | None
) -> None:
    text = as_text(pd.Series(labels, dtype=object))
    assert unlabelled_marker(text, description) == marker


def test_markers_are_left_out_of_classes(spec: TaskSpec) -> None:
    labels = np.array([2, 0, 2, 1, -1, -1])
    assert shown_classes(spec, NAMES, file_of("y_train", labels), SAMPLE, FEW) == ("0", "1", "2")
    assert shown_classes(spec, NAMES, file_of("y_train", labels), SAMPLE, "") == ("-1", "0", "1", "2")
    table = pd.DataFrame({"id": range(6), "label": labels})
    files = {"labels.csv": table.to_csv(index=False).encode()}
    assert shown_classes(spec, NAMES, files, SAMPLE, FEW) == ("0", "1", "2")
    assert known_targets(table, spec, FEW)["label"].notna().tolist() == [True] * 4 + [False] * 2


@pytest.mark.parametrize(
    "folders",
    [
        ("train/cat", "train/dog", "test"),
        ("train_images/cat", "train_images/dog", "test_images"),
        ("train/cat", "train/dog", "valid/cat", "valid/dog", "test"),
        ("cat", "dog", "holdout"),
    ],
)
def test_classes_are_shown_by_folders_of_training_pictures(folders: tuple[str, ...], spec: TaskSpec) -> None:
    files = {f"{f}/1.png": b"" for f in folders}
    assert shown_classes(spec, NAMES, files, SAMPLE.assign(label="cat")) == ("cat", "dog")
    assert shown_classes(spec, NAMES, files, SAMPLE.assign(label="owl")) == ()  # the sample names another


@pytest.mark.parametrize(
    "folders",
    [("a/cat", "a/dog", "b/owl", "b/cat"), ("train", "test"), ("train", "unlabelled", "test"), ("images",)],
)
def test_other_folders_show_no_classes(folders: tuple[str, ...], spec: TaskSpec) -> None:
    files = {f"{f}/1.png": b"" for f in folders}
    sample = pd.DataFrame({"id": ["1"], "label": [0.5]})
    assert shown_classes(replace(spec, prediction="probability"), NAMES, files, sample) == ()
