"""The scratchpad in MLflow: nesting, figures, catching up, nothing twice."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sweepentries import SCRIPT, TASKS, attempt, whole_sweep

from runners.tracker import POSITION_TAG, Tracker, TrackingPlan
from runners.tracker_actor import lines_of
from scratchpad.records import Entry, Kind
from scratchpad.schema import to_entries
from scratchpad.store import Scratchpad


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One database for the module: to make one takes MLflow seconds."""
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow') / 'mlflow.db'}"


def plan_of(uri: str, folder: Path, name: str = "s") -> TrackingPlan:
    artifacts = (folder / "artifacts").as_uri() if uri.startswith("sqlite") else None
    return TrackingPlan(
        name, str(folder), "mle_star", "offline", "fast", 0, 2, TASKS, uri, str(folder), artifacts
    )


def tracker_of(plan: TrackingPlan, pad: Scratchpad) -> Tracker:
    return Tracker(plan, lambda after: to_entries(pad.tail(after)), pad.get_blob)


def runs_of(plan: TrackingPlan) -> dict[str, Any]:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(plan.uri)
    experiment = client.get_experiment_by_name(plan.experiment)
    found = client.search_runs([experiment.experiment_id])
    assert len({run.info.run_name for run in found}) == len(found)
    return {run.info.run_name: run for run in found}


def history(plan: TrackingPlan, run: Any, metric: str) -> list[tuple[int, float]]:
    from mlflow.tracking import MlflowClient

    return [(m.step, m.value) for m in MlflowClient(plan.uri).get_metric_history(run.info.run_id, metric)]


def test_runs_are_nested_and_hold_what_a_person_filters_by(store: str, tmp_path: Path) -> None:
    from mlflow.tracking import MlflowClient

    plan, pad = plan_of(store, tmp_path), whole_sweep()
    tracker = tracker_of(plan, pad)
    assert tracker.step()
    runs = runs_of(plan)
    assert set(runs) == {
        "s",
        "up",
        "down",
        "up/attempt-0",
        "up/attempt-1",
        "down/attempt-0",
        "down/attempt-1",
    }
    first = runs["up/attempt-0"]
    assert first.data.tags["mlflow.parentRunId"] == runs["up"].info.run_id
    assert runs["up"].data.tags["mlflow.parentRunId"] == runs["s"].info.run_id
    assert first.data.params == {
        "agent": "mle_star", "model": "offline", "profile": "fast", "task": "up", "metric": "accuracy",
        "direction": "maximize", "threshold": "0.8", "attempt": "0", "seed": "7",
    }  # fmt: skip
    said = first.data.metrics
    assert (said["score"], said["success"], said["cost_usd"], said["seconds"]) == (0.9, 1.0, 0.5, 30.0)
    assert history(plan, first, "validation_score") == [(1, 0.7), (2, 0.9), (3, 0.8)]
    assert history(plan, first, "best_validation_score") == [(1, 0.7), (2, 0.9), (3, 0.9)]
    assert history(plan, runs["down/attempt-0"], "best_validation_score") == [(1, 0.7), (2, 0.7), (3, 0.7)]
    assert first.data.tags["isolation"] == "limits"
    assert first.data.tags["ending"] == "finished"
    assert {name: run.info.status for name, run in runs.items()} == {
        "s": "RUNNING", "up": "FINISHED", "down": "RUNNING", "up/attempt-0": "FINISHED",
        "up/attempt-1": "FINISHED", "down/attempt-0": "FAILED", "down/attempt-1": "RUNNING",
    }  # fmt: skip
    client = MlflowClient(store)
    files = {artifact.path for artifact in client.list_artifacts(first.info.run_id)}
    assert files == {"solution.py", "report.md"}
    script = client.download_artifacts(first.info.run_id, "solution.py", str(tmp_path))
    assert Path(script).read_text() == SCRIPT
    experiment, compared = tracker.links()
    assert set(compared) == {run.info.run_id for name, run in runs.items() if "attempt" in name}
    assert f'"{compared[0]}"'.replace('"', "%22") in lines_of(plan, True, experiment, compared)[1]


def test_files_beside_a_script_are_artifacts_beside_it(store: str, tmp_path: Path) -> None:
    from mlflow.tracking import MlflowClient

    plan, pad = plan_of(store, tmp_path, "many-files"), Scratchpad()
    attempt(pad, "up", 0, 0.9, True, beside={"part.py": b"x = 1\n"})
    assert tracker_of(plan, pad).step()
    run = runs_of(plan)["up/attempt-0"]
    path = MlflowClient(store).download_artifacts(run.info.run_id, "part.py", str(tmp_path))
    assert Path(path).read_text() == "x = 1\n"


def test_a_resumed_sweep_repeats_nothing_and_closes_its_run(store: str, tmp_path: Path) -> None:
    plan, pad = plan_of(store, tmp_path), whole_sweep()
    assert tracker_of(plan, pad).finish(5.0)
    before = runs_of(plan)
    assert before["s"].info.status == "KILLED"
    position = before["s"].data.tags[POSITION_TAG]
    place = {"sweep": "s", "task": "down", "attempt": 1}
    pad.append([Entry(kind=Kind.EVALUATION, key="e", score=1.5, metrics={"folds": 1.0}, **place)])
    pad.append([Entry(kind=Kind.ENDING, content='{"ending": "agent_error"}', error="boom", **place)])
    resumed = tracker_of(plan, pad)
    assert resumed.finish(5.0)
    after = runs_of(plan)
    assert {n: r.info.run_id for n, r in after.items()} == {n: r.info.run_id for n, r in before.items()}
    assert int(after["s"].data.tags[POSITION_TAG]) == int(position) + 2
    assert after["s"].info.status == "FINISHED"
    assert history(plan, after["up/attempt-0"], "validation_score") == [(1, 0.7), (2, 0.9), (3, 0.8)]
    assert after["down/attempt-1"].data.metrics["success"] == 0.0
    assert after["down/attempt-1"].data.tags["ending"] == "agent_error"


def test_two_sweeps_of_one_name_in_two_folders_are_kept_apart(store: str, tmp_path: Path) -> None:
    pad = whole_sweep()
    one = plan_of(store, tmp_path / "one")
    two = TrackingPlan(**{**vars(one), "folder": str(tmp_path / "two")})
    assert tracker_of(one, pad).step()
    assert tracker_of(two, pad).step()
    from mlflow.tracking import MlflowClient

    experiment = MlflowClient(store).get_experiment_by_name(one.experiment)
    assert len(MlflowClient(store).search_runs([experiment.experiment_id])) == 14


def test_a_comparison_of_many_attempts_takes_the_best_of_each_task(store: str, tmp_path: Path) -> None:
    plan, pad = plan_of(store, tmp_path), Scratchpad()
    for number, (up, down) in enumerate([(0.5, 3.0), (0.9, 1.0)]):
        attempt(pad, "up", number, up, up > 0.8)
        attempt(pad, "down", number, down, down < 2)
    tracker = tracker_of(plan, pad)
    assert tracker.step()
    runs = runs_of(plan)
    assert tracker.links(most=3)[1] == [runs["up/attempt-1"].info.run_id, runs["down/attempt-1"].info.run_id]


@pytest.fixture
def server(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Any]]:
    """An address where an MLflow server can be started and stopped at will."""
    from mlflow.server import ARTIFACT_ROOT_ENV_VAR, BACKEND_STORE_URI_ENV_VAR, app
    from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

    monkeypatch.setenv(BACKEND_STORE_URI_ENV_VAR, store)
    monkeypatch.setenv(ARTIFACT_ROOT_ENV_VAR, (tmp_path / "server").as_uri())
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setattr(WSGIRequestHandler, "log", lambda *a: None)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running: list[tuple[BaseWSGIServer, threading.Thread]] = []

    def switch(on: bool) -> None:
        if on:
            made = make_server("127.0.0.1", port, app, threaded=True)
            thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05})
            thread.start()
            running.append((made, thread))
        elif running:
            made, thread = running.pop()
            made.shutdown()
            thread.join()
            made.server_close()

    yield f"http://127.0.0.1:{port}", switch
    switch(False)


@pytest.mark.filterwarnings("ignore:starlette")  # MLflow's own import
def test_a_server_that_comes_late_and_one_that_dies_lose_nothing(
    server: tuple[str, Any], tmp_path: Path
) -> None:
    uri, switch = server
    plan, pad = plan_of(uri, tmp_path), Scratchpad()
    tracker = tracker_of(plan, pad)
    attempt(pad, "up", 0, 0.9, True)
    assert not tracker.step()  # not there yet
    switch(True)
    assert tracker.step()
    switch(False)
    attempt(pad, "up", 1, 0.5, False)
    assert not tracker.step()  # gone
    attempt(pad, "down", 0, 1.0, True)
    assert not tracker.step()
    assert not tracker.finish(0.1)
    switch(True)
    assert tracker.step()
    runs = runs_of(plan)
    for name in ("up/attempt-0", "up/attempt-1", "down/attempt-0"):
        assert history(plan, runs[name], "validation_score") == [(1, 0.7), (2, 0.9), (3, 0.8)]
    assert runs["up/attempt-1"].data.metrics["score"] == 0.5
    assert int(runs["s"].data.tags[POSITION_TAG]) == len(pad) - 1


def test_closing_lines_hide_a_password_and_say_when_mlflow_is_behind(tmp_path: Path) -> None:
    plan = plan_of("postgresql://me:canary@db/x", tmp_path)
    assert "canary" not in " ".join(lines_of(plan, True, "1", ["a"]))
    assert "resume" in lines_of(plan, False, "", [])[0]
    assert "behind" in lines_of(plan, False, "1", ["a"])[-1]
    assert lines_of(plan_of("http://h:1", tmp_path), True, "1", ["a"])[0].endswith("http://h:1")
