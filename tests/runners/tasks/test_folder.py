import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from taskfolders import KINDS, write_table, write_task

from actors.errors import InputError
from runners.tasks.folder import load_folder
from runners.tasks.tables import detect, read
from runners.tasks.task import Task


def edit(folder: Path, **changes: Any) -> Path:
    path = folder / "task.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **changes}))
    return folder


def table(task: Task, name: str) -> pd.DataFrame:
    return read(task.files[name], detect(name, task.files[name]))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_loads_and_keeps_its_answers_private(kind: str, tmp_path: Path) -> None:
    task = load_folder(write_task(kind, tmp_path))
    brief = task.brief("harness")
    assert brief.problem == kind
    assert {f.name for f in brief.files} == set(task.files)
    assert not any("private" in name or name.endswith((".py", ".yaml")) for name in task.files)
    assert set(task.answers[task.spec.id_column]) <= set(task.sample[task.spec.id_column])
    assert not (task.answers == "").any(axis=None)
    assert "answers" not in repr(task)


def test_without_answers_training_rows_are_locked_away(tmp_path: Path) -> None:
    folder = write_task("ordinal", tmp_path)
    task = load_folder(folder)
    assert task.holdout
    train, test = table(task, task.names.train), table(task, task.names.test)
    everything = pd.read_csv(folder / "train.tsv", sep="\t")
    assert len(train) + len(task.answers) == len(everything)
    assert len(test) == len(pd.read_csv(folder / "test.tsv", sep="\t")) + len(task.answers)
    locked = task.answers.astype(int).merge(everything, on=["review", "stars"])
    assert len(locked) == len(task.answers)
    assert not set(train["review"]) & set(locked["review"])


def test_the_users_own_test_rows_keep_their_ids(tmp_path: Path) -> None:
    folder = write_task("ordinal", tmp_path)
    ids = pd.read_csv(folder / "test.tsv", sep="\t")["review"]
    assert set(ids.astype(str)) <= set(load_folder(folder).sample["review"])


def test_a_hold_out_of_a_series_is_its_end(tmp_path: Path) -> None:
    task = load_folder(write_task("forecast", tmp_path))
    assert task.answers["day"].min() > table(task, "train.csv")["day"].max()
    assert table(task, "test.csv")["day"].is_monotonic_increasing


@pytest.mark.parametrize("kind", ["ordinal", "binary", "other", "regression", "forecast"])
def test_without_a_test_table_the_hold_out_is_all_there_is(kind: str, tmp_path: Path) -> None:
    folder = write_task(kind, tmp_path)
    shutil.rmtree(folder / "private", ignore_errors=True)
    for path in (*folder.glob("test.*"), *folder.glob("sample_submission.*")):
        path.unlink()
    task = load_folder(folder)
    assert len(task.sample) == len(task.answers) == len(table(task, task.names.test))


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        ("binary", ["id", "churned"]),
        ("multiclass", ["customer", "basic", "family", "pro"]),
        ("quantile", ["id", "q0.1", "q0.5", "q0.9"]),
        ("survival", ["patient", "risk"]),
        ("multioutput", ["id", "heat", "power"]),
    ],
)
def test_a_missing_sample_submission_is_derived(kind: str, columns: list[str], tmp_path: Path) -> None:
    folder = write_task(kind, tmp_path)
    (folder / "sample_submission.csv").unlink(missing_ok=True)
    assert list(load_folder(folder).sample.columns) == columns


def test_tables_are_found_by_stem_and_extra_files_are_kept(tmp_path: Path) -> None:
    folder = write_task("other", tmp_path)
    task = load_folder(folder)
    assert (task.names.train, task.names.test) == ("train.dat", "test.dat")
    assert "notes.txt" in task.files


def test_two_tables_of_one_stem_must_be_told_apart(tmp_path: Path) -> None:
    folder = write_task("binary", tmp_path)
    write_table(folder / "train.parquet", pd.read_csv(folder / "train.csv"))
    with pytest.raises(InputError, match=r"say which in files\.train"):
        load_folder(folder)
    files = {"train": "train.parquet"}
    assert load_folder(edit(folder, files=files)).names.train == "train.parquet"


def test_classes_are_those_of_training_in_order(tmp_path: Path) -> None:
    assert load_folder(write_task("ordinal", tmp_path)).classes == ("1", "2", "3", "4", "5")
    assert load_folder(write_task("multiclass", tmp_path)).classes == ("basic", "family", "pro")


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "target": (
        {"target": "churn"},
        "target 'churn' is not a column of train.csv (did you mean \"churned\"?)",
    ),
    "split column": ({"split": {"kind": "group", "column": "twon"}}, "split.column 'twon' is not a column"),
    "id column": ({"id_column": "idd"}, "id_column 'idd' is not a column of sample_submission.csv"),
    "file": ({"files": {"train": "training.csv"}}, "files.train names training.csv, which is not there"),
    "text": (
        {"metric": "rmse", "prediction": "value", "target": "colour"},
        "holds text, but metric rmse needs",
    ),
    "custom": ({"metric": "custom", "direction": "maximize"}, "metric custom needs a grade.py"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_declaration_that_disagrees_with_the_files_is_refused(name: str, tmp_path: Path) -> None:
    changes, message = FAULTS[name]
    folder = edit(write_task("binary", tmp_path), **changes)
    with pytest.raises(InputError) as caught:
        load_folder(folder)
    assert message in str(caught.value)
    assert all(str(folder) in line for line in str(caught.value).splitlines())


def test_disagreements_are_listed_at_once(tmp_path: Path) -> None:
    folder = edit(write_task("binary", tmp_path), target="churn", split={"kind": "time", "column": "when"})
    with pytest.raises(InputError) as caught:
        load_folder(folder)
    text = str(caught.value)
    assert "'churn'" in text
    assert text.count("'when'") == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a.assign(id=a["id"] + 10_000), "which the sample submission does not"),
        (lambda a: a.drop(columns="churned"), "lacks column 'churned'"),
        (lambda a: a.assign(churned=None), "has missing values"),
    ],
)
def test_answers_must_fit_the_task(change: Any, message: str, tmp_path: Path) -> None:
    path = write_task("binary", tmp_path) / "private" / "answers.csv"
    change(pd.read_csv(path)).to_csv(path, index=False)
    with pytest.raises(InputError, match=message):
        load_folder(path.parent.parent)


def test_too_few_rows_for_a_hold_out_are_said_to_be(tmp_path: Path) -> None:
    folder = write_task("ordinal", tmp_path)
    write_table(folder / "train.tsv", pd.read_csv(folder / "train.tsv", sep="\t").head(6))
    with pytest.raises(InputError, match="no hold-out can be made: 6 labelled rows are too few"):
        load_folder(folder)


def test_labels_written_in_two_ways_are_one(tmp_path: Path) -> None:
    folder = write_task("binary", tmp_path)
    train, answers = folder / "train.csv", folder / "private" / "answers.csv"
    pd.read_csv(train).assign(churned=lambda f: f["churned"].astype(bool)).to_csv(train, index=False)
    words = pd.read_csv(answers)["churned"].map({0: "false", 1: "true"})
    pd.read_csv(answers).assign(churned=words).to_csv(answers, index=False)
    task = load_folder(folder)
    assert task.classes == ("False", "True")
    assert set(task.answers["churned"]) == {"False", "True"}
