import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from runners.tasks.classes import shown_classes
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
