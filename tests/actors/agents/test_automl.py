"""FLAML behind the harness: the program for each kind of task, the agent's budget and endings."""

from __future__ import annotations

import asyncio
import io
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from doubles import BRIEF, FakeExecutor, FakeScorer, Killed, data, services, spec
from madeup import made_up

from actors.agents.automl import flat
from actors.agents.automl.flaml_fit import metric_of
from actors.agents.automl.program import program, refusal
from actors.agents.registry import AGENTS
from actors.contracts import (
    AgentSettings,
    Budget,
    ColumnFacts,
    Ending,
    ExecutionRequest,
    ExecutionResult,
    ExitStatus,
    FileFacts,
    FoldScore,
    SplitRule,
    TaskBrief,
)
from actors.errors import AgentError
from actors.host import AttemptEnd, AttemptHost
from actors.models.scripted import ScriptedModel
from runners.tasks.facts import profile_files
from scratchpad.client import LocalClient
from scratchpad.records import Entry, Kind
from scratchpad.schema import to_entries

KINDS = ("binary", "multiclass", "ordinal", "regression", "count", "quantile", "multioutput")
TABLES = replace(
    BRIEF,
    files=tuple(
        FileFacts(name, "csv", 1, columns=(ColumnFacts("y", "real"),), reader=f'pd.read_csv("input/{name}")')
        for name in ("train.csv", "test.csv", "sample_submission.csv")
    ),
)


def task_of(script: str) -> flat.Task:
    (found,) = re.findall(r"^TASK = (Task\(.*\))$", script, re.MULTILINE)
    task: flat.Task = eval(found, {"Task": flat.Task})
    return task


# --- the program


@pytest.mark.parametrize("kind", KINDS)
def test_the_program_is_whole_and_knows_its_task(kind: str) -> None:
    brief, _ = made_up(kind)
    script = program(brief, 12.34, 50, cpus=2, seed=7)
    names = compile(script, "solution.py", "exec").co_names
    assert {"solve", "fit_flaml", "TASK", "TRAIN", "TEST"} <= set(names)
    assert "actors" not in script.replace(brief.description, "")
    assert 'TRAIN = pd.read_csv("input/train.csv")' in script
    task = task_of(script)
    assert (task.target, task.id_column, task.metric) == (brief.target, "id", brief.metric)
    assert (task.cpu_seconds, task.wall_seconds, task.cpus, task.seed) == (12.3, 50, 2, 7)
    assert task.kind == {"quantile": "levels", "binary": "classes", "multiclass": "classes"}.get(
        kind, "values"
    )
    assert task.classes == (brief.classes if kind in ("binary", "multiclass", "ordinal") else ())
    assert task.positive == (kind == "count")


def test_survival_is_refused() -> None:
    brief, _ = made_up("survival")
    with pytest.raises(AgentError, match=r"^AutoML takes tables only: times until an event"):
        program(brief, 10, 50)


def test_a_target_that_training_lacks_is_refused() -> None:
    brief, _ = made_up("regression")
    assert refusal(replace(brief, target=("z",))) == "AutoML takes tables only: train.csv has no column z"
    assert refusal(brief) is None


def archive(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def items_brief(files: dict[str, bytes], **more: Any) -> TaskBrief:
    sample = {"sample_submission.csv": b"id,label\n8,0\n9,0\n"}
    brief = replace(
        BRIEF,
        problem="multiclass",
        metric="accuracy",
        target=("label",),
        prediction="label",
        train="",
        test="",
        classes=("0", "1"),
        files=profile_files(files | sample),
    )
    return replace(brief, **more)


IMAGES = {
    "X_train": np.arange(24).reshape(3, 2, 4),
    "X_test": np.arange(16).reshape(2, 2, 4),
    "id_test": np.array([8, 9]),
}


def test_arrays_become_a_column_a_number() -> None:
    inside = items_brief({"images.npz": archive(**IMAGES, y_train=np.array([0, 1, 0]))})
    script = program(inside, 10, 50)
    compile(script, "solution.py", "exec")
    assert 'TRAIN = array_rows(ARRAYS["X_train"], ARRAYS["y_train"], (\'label\',))' in script
    assert 'TEST.insert(0, "id", ARRAYS["id_test"])' in script
    rows = flat.array_rows(IMAGES["X_train"], np.array([0, 1, 0]), ("label",))
    assert rows.shape == (3, 9)
    assert rows["label"].tolist() == [0, 1, 0]


def test_labels_of_arrays_may_lie_in_a_table() -> None:
    files = {
        "images.npz": archive(**IMAGES, id_train=np.array([1, 2, 3])),
        "labels.csv": b"id,label\n3,1\n1,0\n2,1\n",
    }
    script = program(items_brief(files), 10, 50)
    compile(script, "solution.py", "exec")
    assert """LABELS.set_index("id").loc[ARRAYS["id_train"], ['label']]""" in script


def test_labels_of_another_thing_are_not_the_target() -> None:
    files = {"images.npz": archive(**IMAGES, y_train=np.array([0, 1, 0]))}
    brief = items_brief(files, problem="other", target=("novel",), prediction="value", classes=())
    assert refusal(brief) == "AutoML takes tables only: no public file gives novel of the training items"


# --- what the program does


def task(**more: Any) -> flat.Task:
    return replace(flat.Task("values", "rmse", "value", ("y",), "id"), **more)


def test_features_are_the_shared_columns_as_numbers_and_text() -> None:
    train = pd.DataFrame(
        {
            "id": [1, 2],
            "who": [5, 6],
            "when": ["2020-01-31", "2021-03-01"],
            "ok": [True, False],
            "word": ["a", None],
            "later": [1, 2],
            "y": [0.5, 1.5],
        }
    )
    test = train.drop(columns=["y", "later"])
    grouped = task(split="group", split_column="who")
    known, asked = flat.features(grouped, train, test)
    assert known.columns.tolist() == [
        "when",
        "when_year",
        "when_month",
        "when_weekday",
        "when_yearday",
        "ok",
        "word",
    ]
    assert known["when_month"].tolist() == [1, 3]
    assert known["word"].tolist()[0] == "a"
    assert known["word"].isna().tolist() == [False, True]
    pd.testing.assert_frame_equal(known, asked)


def test_rows_without_a_target_are_no_training_rows_and_time_is_kept_in_order() -> None:
    train = pd.DataFrame({"t": [3, 1, 2, 4], "y": [3.0, 1.0, 2.0, np.nan]})
    (job,) = flat.jobs_of(task(split="time", split_column="t"), train, train[["t"]])
    assert job.ordered
    assert job.target.tolist() == [1, 2, 3]
    assert job.train["t"].tolist() == [1, 2, 3]


def test_outputs_and_levels_share_the_seconds() -> None:
    train = pd.DataFrame({"x": [1, 2], "y": [1, 2], "z": [2, 3]})
    both = flat.jobs_of(task(target=("y", "z"), cpu_seconds=10), train, train[["x"]])
    assert [(j.target.name, j.seconds) for j in both] == [("y", 5), ("z", 5)]
    levels = flat.jobs_of(task(kind="levels", levels=(0.1, 0.9), cpu_seconds=10), train, train[["x"]])
    assert [(j.level, j.seconds) for j in levels] == [(0.1, 5), (0.9, 5)]


def job(**more: Any) -> flat.Job:
    frame = pd.DataFrame({"x": [1.0]})
    return replace(flat.Job(frame, pd.Series([4.0]), frame, "value", "rmse", 1, 1, 0), **more)


def found(**columns: list[float]) -> flat.Found:
    return flat.Found(pd.DataFrame(columns))


def test_answers_take_the_form_that_the_task_asks_for() -> None:
    classes = task(kind="classes", prediction="label", classes=("a", "b"))
    chances = found(a=[0.9, 0.2], b=[0.1, 0.8])
    assert flat.answer(classes, job(), chances, ["y"])["y"].tolist() == ["a", "b"]
    probability = replace(classes, prediction="probability")
    assert flat.answer(probability, job(), chances, ["y"])["y"].tolist() == [0.1, 0.8]
    assert flat.answer(probability, job(), chances, ["b", "a"])["b"].tolist() == [0.1, 0.8]
    ordinal = task(prediction="label", classes=("1", "2", "4"))
    assert flat.answer(ordinal, job(), found(value=[0.2, 3.4]), ["y"])["y"].tolist() == ["1", "4"]
    count = task(positive=True)
    assert flat.answer(count, job(), found(value=[-1.0, 3.0]), ["y"])["y"].tolist() == [0.2, 3.0]


def test_the_search_uses_the_metric_of_the_task_where_it_can() -> None:
    assert metric_of(job(metric="mae")) == ("mae", False, True)
    assert metric_of(job(metric="quadratic_kappa")) == ("rmse", False, False)
    three = job(kind="classes", metric="roc_auc", target=pd.Series(["a", "b", "c"]))
    assert metric_of(three) == ("roc_auc_ovr", True, False)
    assert metric_of(replace(three, target=pd.Series(["a", "b"]))) == ("roc_auc", True, True)
    pinball, larger, own = metric_of(job(kind="level", metric="pinball", level=0.9))

    class Zero:
        def predict(self, x: Any) -> Any:
            return np.zeros(len(x))

    assert (larger, own) == (False, True)
    assert pinball([0, 0], [1.0, -1.0], Zero(), None)[0] == pytest.approx((0.9 + 0.1) / 2)


# --- the agent


class Searches(FakeExecutor):
    """Every program scores 0.5, except those that `fails` names by their place."""

    fails: tuple[int, ...] = ()

    async def run(self, request: ExecutionRequest) -> ExecutionResult:
        number = len(self.runs)
        result = await super().run(request)
        if number in self.fails:
            return replace(result, status=ExitStatus.FAILED, exit_code=1)
        return replace(result, submission=b"0.5", cpu_seconds=10.0)


class Scores(FakeScorer):
    async def score_fold(self, task: str, fold: int, submission: bytes) -> FoldScore:
        return FoldScore(float(submission), None, submission)


def attempt(
    *,
    folds: int = 1,
    brief: TaskBrief = TABLES,
    options: dict[str, float] | None = None,
    budget: Budget | None = None,
    fails: tuple[int, ...] = (),
    die_at: int | None = None,
    client: LocalClient | None = None,
) -> tuple[AttemptEnd, list[Entry], list[flat.Task]]:
    executor, client = Searches(die_at=die_at), client or LocalClient()
    executor.fails = fails
    host = AttemptHost(services(ScriptedModel({}), executor, Scores()), client, AGENTS)
    made = spec(AgentSettings(options=options or {}), budget, agent="automl")
    end = asyncio.run(host.run(made, data(brief, folds)))
    return end, to_entries(client.snapshot()), [task_of(run.script) for run in executor.runs]


def test_the_last_search_gets_what_validation_leaves() -> None:
    end, entries, runs = attempt(folds=2, options={"cpu_seconds": 80})
    assert end.ending is Ending.FINISHED
    assert end.validation_score == 0.5
    assert [run.cpu_seconds for run in runs] == [6, 6, 56]  # 80 / 4 / 2 - 4; 80 - 20 - 4
    assert not [e for e in entries if e.kind is Kind.ASK]


@pytest.mark.parametrize(
    ("folds", "total", "searches"),
    [(5, 60, [3.5, 3.5, 36]), (5, 120, [2, 2, 2, 2, 2, 66]), (5, 20, [2, 6])],  # every run takes 10
)
def test_validation_uses_as_many_folds_as_its_quarter_pays_for(
    folds: int, total: float, searches: list[float]
) -> None:
    _, _, runs = attempt(folds=folds, options={"cpu_seconds": total})
    assert [run.cpu_seconds for run in runs] == searches


def test_the_attempts_budget_bounds_the_search() -> None:
    _, _, runs = attempt(options={"cpu_seconds": 80}, budget=Budget(cpu_seconds=40))
    assert [run.cpu_seconds for run in runs] == [6, 26]


def test_a_scripts_limits_bound_the_search() -> None:
    _, _, runs = attempt(options={"cpu_seconds": 10_000})
    assert [run.cpu_seconds for run in runs] == [84, 84]  # 0.7 of 120 s at one core


def test_an_interrupted_attempt_goes_on_with_what_is_left() -> None:
    client = LocalClient()
    with pytest.raises(Killed):
        attempt(options={"cpu_seconds": 80}, die_at=1, client=client)
    end, _, runs = attempt(options={"cpu_seconds": 80}, client=client)
    assert end.ending is Ending.FINISHED
    assert [run.cpu_seconds for run in runs] == [66]  # 80 - 10 - 4: the fold's search is not run again


def test_a_task_without_tables_ends_with_one_reason() -> None:
    end, _, runs = attempt(brief=BRIEF_OF_FILES)
    assert end.ending is Ending.AGENT_ERROR
    assert end.fault.splitlines() == [
        "AgentError: AutoML takes tables only: this task has neither a train and a test table"
        " nor arrays of both"
    ]
    assert runs == []


def test_a_failed_last_search_leaves_the_predictions_of_the_first_fold() -> None:
    end, entries, _ = attempt(fails=(1,))
    assert end.ending is Ending.FINISHED
    assert [e.title for e in entries if e.kind is Kind.SUBMISSION] == ["best so far"]


def test_nothing_to_hand_in_is_an_agent_error() -> None:
    end, _, _ = attempt(fails=(0, 1))
    assert end.ending is Ending.AGENT_ERROR
    assert end.fault.startswith("AgentError: no submission")


BRIEF_OF_FILES = replace(BRIEF, train="", test="", files=TABLES.files, split=SplitRule("block"))


# --- with FLAML


def solved(kind: str, folder: Path) -> tuple[TaskBrief, pd.DataFrame, str]:
    """Run the program in a process of its own, since it changes the clock."""
    pytest.importorskip("flaml")
    pytest.importorskip("xgboost")
    brief, files = made_up(kind)
    (folder / "input").mkdir()
    for name, content in files.items():
        (folder / "input" / name).write_bytes(content)
    (folder / "solution.py").write_text(program(brief, 2, 60))
    done = subprocess.run(
        [sys.executable, "solution.py"], cwd=folder, capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stderr
    made, sample = (
        pd.read_csv(path) for path in (folder / "submission.csv", folder / "input" / "sample_submission.csv")
    )
    assert made.columns.tolist() == sample.columns.tolist()
    assert made["id"].tolist() == sample["id"].tolist()
    assert made.notna().all().all()
    return brief, made, done.stdout


@pytest.mark.slow
def test_flaml_solves_a_table(tmp_path: Path) -> None:
    _, made, printed = solved("binary", tmp_path)
    assert made["y"].between(0, 1).all()
    assert made["y"].nunique() > 2
    assert re.search(r"^Final Validation Performance: 0\.\d+$", printed, re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [k for k in KINDS if k != "binary"])
def test_flaml_solves_every_kind_of_table(kind: str, tmp_path: Path) -> None:
    brief, made, printed = solved(kind, tmp_path)
    if brief.prediction == "label":
        assert set(made["y"].astype(str)) <= set(brief.classes)
    if kind == "count":
        assert (made["y"] > 0).all()
    if kind == "quantile":
        assert made["q0.1"].mean() < made["q0.9"].mean()
    assert ("Final Validation Performance" in printed) == (kind not in ("ordinal", "count"))
