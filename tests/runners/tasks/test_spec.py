from pathlib import Path
from typing import Any

import pytest
import yaml

from actors.contracts import SplitRule
from actors.errors import InputError
from runners.tasks.metrics import METRICS
from runners.tasks.spec import TaskSpec, read_spec

GOOD: dict[str, Any] = {
    "id": "bike-demand",
    "problem": "regression",
    "metric": "rmsle",
    "direction": "minimize",
    "target": "count",
    "id_column": "id",
    "prediction": "value",
    "split": {"kind": "time", "column": "datetime"},
    "success": {"threshold": 0.3227, "source": "a strong solution"},
    "files": {"train": "train.csv", "test": "test.csv", "sample_submission": "sample_submission.csv"},
}


def read(tmp_path: Path, **changes: Any) -> TaskSpec:
    raw = {k: v for k, v in {**GOOD, **changes}.items() if v != "absent"}
    path = tmp_path / "task.yaml"
    path.write_text(yaml.safe_dump(raw))
    return read_spec(path)


def test_the_users_format_is_read(tmp_path: Path) -> None:
    spec = read(tmp_path)
    assert (spec.metric, spec.direction, spec.target) == ("rmsle", "minimize", ("count",))
    assert spec.split == SplitRule("time", "datetime")
    assert (spec.threshold, spec.threshold_source) == (0.3227, "a strong solution")


def test_what_is_optional_has_its_default(tmp_path: Path) -> None:
    spec = read(
        tmp_path, direction="absent", prediction="absent", split="absent", success="absent", files="absent"
    )
    assert (spec.direction, spec.prediction, spec.split, spec.threshold) == (
        "minimize",
        "value",
        SplitRule("random"),
        None,
    )


@pytest.mark.parametrize("name", METRICS)
def test_a_known_metric_gives_direction_and_prediction(tmp_path: Path, name: str) -> None:
    targets = ["months", "died"] if METRICS[name].targets == 2 else "y"
    spec = read(tmp_path, metric=name, direction="absent", prediction="absent", target=targets, levels=[0.5])
    assert (spec.direction, spec.prediction) == (METRICS[name].direction, METRICS[name].needs[0])


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown key": ({"id_colum": "x"}, 'unknown key id_colum (did you mean "id_column"?)'),
    "unknown nested key": (
        {"split": {"kind": "time", "colunm": "d", "column": "d"}},
        "unknown key split.colunm",
    ),
    "unknown metric": (
        {"metric": "rmslee"},
        "unknown metric 'rmslee' (did you mean \"rmsle\"?); choose one of",
    ),
    "unknown problem": ({"problem": "binry"}, '(did you mean "binary"?)'),
    "direction disagrees": ({"direction": "maximize"}, "direction maximize disagrees with metric rmsle"),
    "direction unknown": ({"direction": "up"}, "direction 'up': choose maximize or minimize"),
    "custom without direction": ({"metric": "custom", "direction": "absent"}, "direction is missing"),
    "no target": ({"target": "absent"}, "target is missing"),
    "target twice": ({"target": ["a", "a"]}, "names a column twice"),
    "no id column": ({"id_column": "absent"}, "id_column is missing"),
    "wrong prediction": (
        {"prediction": "label"},
        "prediction label does not suit metric rmsle, which needs value",
    ),
    "unknown split": ({"split": {"kind": "tiem"}}, "unknown split.kind 'tiem'"),
    "time without column": ({"split": {"kind": "time"}}, "split.column is missing"),
    "group without column": ({"split": "group"}, "split.column is missing"),
    "pinball without levels": ({"metric": "pinball"}, "levels is missing"),
    "levels beyond one": ({"metric": "pinball", "levels": [10, 50]}, "numbers between 0 and 1"),
    "survival targets": (
        {"metric": "c_index", "direction": "maximize"},
        "2 target column(s), not 1 (time and event)",
    ),
    "threshold": ({"success": {"threshold": "high"}}, "success.threshold must be a number"),
    "success": ({"success": 0.3}, "success must be a mapping"),
    "file outside": ({"files": {"train": "../train.csv"}}, "must be a file name inside the task folder"),
    "id": ({"id": "my task"}, "id 'my task': use letters"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_one_line(tmp_path: Path, name: str) -> None:
    changes, message = FAULTS[name]
    with pytest.raises(InputError) as caught:
        read(tmp_path, **changes)
    lines = str(caught.value).splitlines()
    assert any(message in line for line in lines)
    assert all(line.startswith(f"{tmp_path / 'task.yaml'}: ") for line in lines)


def test_all_faults_are_listed_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, metric="rmlse", target="absent", colour="red", split={"kind": "tiem"})
    assert len(str(caught.value).splitlines()) == 4


@pytest.mark.parametrize(("text", "message"), [("a: [", "not valid YAML"), ("- a", "must be a mapping")])
def test_what_is_no_mapping_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "task.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_spec(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no task\.yaml"):
        read_spec(tmp_path / "task.yaml")
