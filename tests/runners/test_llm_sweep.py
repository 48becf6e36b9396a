"""Whole sweeps over HTTP: the served engineer's scores, a key that stays secret, a fault that stays."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fault_server import Answer, completion, error, serving
from taskfolders import write_task

from actors.contracts import ChatRequest, Message
from actors.models.offline.engineer import OfflineEngineer
from actors.roles.registry import ROLES
from scratchpad.records import Entry, Kind
from scratchpad.schema import to_entries
from scratchpad.store import Scratchpad

ROOT = Path(__file__).parent.parent.parent
FAULTS = (
    error(429, "slow down"),
    error(429, "slow down", retry_after="1"),
    error(500, "boom"),
    replace(completion("half an answer"), cut=True),
    completion(None),
    Answer(body=b"{"),
    completion(choices=[]),
    replace(completion("late"), delay=3.0),
)
CANARY = "sk-canary-7f3a91c2d4e8"
BRIEF = [
    "profile.models=1",
    "profile.outer_steps=0",
    "profile.ensemble_rounds=0",
    "agent.roles.leakage_checker=false",
    "agent.roles.data_usage_checker=false",
    "evaluation.small_folds=1",
    "evaluation.held_rows=1",
]
pytestmark = [pytest.mark.slow, pytest.mark.ray, pytest.mark.timeout(400)]


@contextmanager
def served() -> Iterator[str]:
    """The offline engineer in a process of its own; yields its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "runners.serve_offline", "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split(";")[0].removeprefix("serving at ")
    finally:
        process.terminate()
        process.communicate(timeout=30)


def bench(
    tmp_path: Path, *overrides: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "runners.bench", f"runs={tmp_path / 'runs'}", *overrides],
        cwd=ROOT,
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def engineered(body: dict[str, Any]) -> Answer:
    """What the offline engineer answers."""
    messages = tuple(Message(m["role"], m["content"]) for m in body["messages"])
    return completion(asyncio.run(OfflineEngineer().complete(ChatRequest("", messages, body["seed"]))).text)


def asks(body: dict[str, Any], role: str) -> bool:
    return ROLES[role].duty in body["messages"][0]["content"]


def at(url: str, *more: str) -> list[str]:
    return ["model=openai", f"model.base_url={url}", "model.api_key=x", *more]


def recorded(tmp_path: Path, name: str) -> list[Entry]:
    with closing(Scratchpad.open(tmp_path / "runs" / name / "scratchpad", read_only=True)) as pad:
        return to_entries(pad.snapshot())


def tiny(tmp_path: Path, attempts: int = 1) -> list[str]:
    write_task("binary", tmp_path / "tasks")
    return ["+tasks=folder", f"tasks.path={tmp_path / 'tasks'}", f"attempts={attempts}", *BRIEF]


def results(tmp_path: Path, name: str) -> dict[str, object]:
    loaded: dict[str, object] = json.loads((tmp_path / "runs" / name / "results.json").read_text())
    return loaded


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A sweep with the engineer in its own process: its folder and what chose its tasks."""
    folder = tmp_path_factory.mktemp("plain")
    tasks = [*tiny(folder, 2), "tracker=none"]
    done = bench(folder, "name=plain", *tasks)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, tasks


def test_served_over_http_the_engineer_scores_the_same(plain: tuple[Path, list[str]]) -> None:
    folder, tasks = plain
    with served() as url:
        over_http = bench(folder, "name=http", *tasks, *at(url))
    assert over_http.returncode == 0, over_http.stdout + over_http.stderr
    assert results(folder, "http")["per_task"] == results(folder, "plain")["per_task"]
    assert "cost unknown" in over_http.stdout
    assert results(folder, "http")["cost"] is None
    assert results(folder, "http")["tokens"] == results(folder, "plain")["tokens"]


def test_faults_on_the_way_change_no_score(plain: tuple[Path, list[str]]) -> None:
    folder, tasks = plain
    faults = itertools.cycle(FAULTS)
    turns = itertools.count()

    def answer(body: dict[str, Any]) -> Answer:
        return next(faults) if next(turns) % 2 == 0 else engineered(body)

    with serving(by=answer) as server:
        model = at(server.url, "model.backoff_seconds=0.05", "model.timeout_seconds=2")
        flaky = bench(folder, "name=flaky", *tasks, *model)
    assert flaky.returncode == 0, flaky.stdout + flaky.stderr
    assert results(folder, "flaky")["per_task"] == results(folder, "plain")["per_task"]
    assert len(server.asked) >= 2 * len(FAULTS)


def test_an_attempt_that_one_request_holds_up_is_left_and_a_resume_scores_the_same(
    plain: tuple[Path, list[str]],
) -> None:
    folder, tasks = plain
    broken: list[int] = []  # the seed of the request that never passes
    mended = False

    def answer(body: dict[str, Any]) -> Answer:
        if asks(body, "initialiser") and not broken:
            broken.append(body["seed"])
        return error(500, "boom") if body["seed"] in broken and not mended else engineered(body)

    with serving(by=answer) as server:
        model = at(server.url, "model.tries=2", "model.backoff_seconds=0.05", "model.give_up_after=50")
        left = bench(folder, "name=left", *tasks, *model)
        assert left.returncode == 1, left.stdout + left.stderr
        (said,) = [line for line in left.stdout.splitlines() if line.endswith("it is left for a resume")]
        assert "500: boom; gave up after 2 tries" in said
        assert f"resume=left runs={folder / 'runs'}" in left.stdout
        graded = [e.attempt for e in recorded(folder, "left") if e.kind is Kind.GRADE]
        assert len(graded) == 1
        assert f"attempt {2 - graded[0]}: " in said  # the other one, counted from 1
        mended = True
        again = bench(folder, "resume=left", "model.api_key=x")
    assert again.returncode == 0, again.stdout + again.stderr
    assert results(folder, "left")["per_task"] == results(folder, "plain")["per_task"]


def test_answers_that_are_cut_off_or_declined_are_asked_for_again(tmp_path: Path) -> None:
    def answer(body: dict[str, Any]) -> Answer:
        if "Your answer cannot be used" in body["messages"][-1]["content"]:
            return engineered(body)
        if asks(body, "initialiser"):
            return completion("```python\nprint(", "length")
        return completion(None, refusal="I cannot.") if asks(body, "retriever") else engineered(body)

    with serving(by=answer) as server:
        done = bench(tmp_path, "name=again", "tracker=none", *tiny(tmp_path), *at(server.url))
    assert done.returncode == 0, done.stdout + done.stderr
    assert results(tmp_path, "again")["endings"] == {"finished": 1}
    asked = {e.role: e.metrics["asks"] for e in recorded(tmp_path, "again") if e.kind is Kind.ASK}
    assert (asked["initialiser"], asked["retriever"]) == (2, 2)


def test_a_fault_that_every_request_meets_ends_the_sweep_early(tmp_path: Path) -> None:
    with serving(error(429, "slow down")) as server:
        model = at(server.url, "model.name=gpt-5-mini", "model.tries=2", "model.give_up_after=2")
        model += ["model.backoff_seconds=0.01", "tracker=none"]
        done = bench(tmp_path, "name=ends", *tiny(tmp_path, 3), *model)
        assert len(server.asked) <= 20  # of the attempts under way; none was started after
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    assert "2 requests in a row used up their 2 tries" in done.stderr
    assert f"resume=ends runs={tmp_path / 'runs'}" in done.stderr
    assert {e.kind for e in recorded(tmp_path, "ends")} <= {Kind.SWEEP, Kind.ATTEMPT}


def holding(folder: Path, canary: bytes) -> list[str]:
    """Every file, text of a SQLite database and value of a Parquet table that holds the canary."""
    found = []
    for path in folder.rglob("*"):
        if not path.is_file() or path.is_symlink():
            continue
        data = path.read_bytes()
        if canary in data:
            found.append(str(path))
        if path.suffix == ".parquet" and canary.decode() in repr(pq.read_table(path).to_pylist()):
            found.append(f"{path} (values)")
        if data.startswith(b"SQLite format 3"):
            with closing(sqlite3.connect(path)) as database:
                if any(canary.decode() in line for line in database.iterdump()):
                    found.append(f"{path} (dump)")
    return found


def blobs_and_entries(folder: Path) -> str:
    """The scratchpad as readers see it: its files are compressed."""
    with closing(Scratchpad.open(folder / "scratchpad", read_only=True)) as pad:
        entries = to_entries(pad.snapshot())
        blobs = [pad.get_blob(digest) for entry in entries for digest in entry.attachments.values()]
    return repr(entries) + repr(blobs)


def test_the_search_for_a_key_finds_planted_ones(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "log").write_bytes(b"\xff" + CANARY.encode())
    pq.write_table(pa.table({"fault": [f"key {CANARY}"] * 3}), tmp_path / "a.parquet", compression="zstd")
    with closing(sqlite3.connect(tmp_path / "a.db")) as database:
        database.execute("create table t (x)")
        database.execute("insert into t values (?)", [CANARY])
        database.commit()
    found = " ".join(holding(tmp_path, CANARY.encode()))
    assert all(name in found for name in ("deep/log", "a.parquet (values)", "a.db (dump)"))


def test_a_key_is_nowhere_in_what_a_sweep_leaves(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="ray") as ray_folder, served() as url:
        environment = {"OPENAI_API_KEY": CANARY, "RAY_TMPDIR": ray_folder}
        model = ["model=openai", f"model.base_url={url}", "model.name=offline", "tracker=mlflow"]
        done = bench(tmp_path, "name=canary", *tiny(tmp_path), *model, environment=environment)
        assert done.returncode == 0, done.stdout + done.stderr
        assert CANARY not in done.stdout + done.stderr
        assert holding(tmp_path, CANARY.encode()) == []
        assert list(Path(ray_folder).rglob("gcs_server*")), "Ray's own files were not searched"
        assert holding(Path(ray_folder), CANARY.encode()) == []
    assert CANARY not in blobs_and_entries(tmp_path / "runs" / "canary")
    assert list(tmp_path.rglob("*.db")), "MLflow's database was not searched"
    assert list(tmp_path.rglob("*.parquet")), "the table of attempts was not searched"


def test_a_key_that_a_server_repeats_is_kept_from_the_screen_and_the_files(tmp_path: Path) -> None:
    refusal = error(401, f"Incorrect API key provided: {CANARY}")
    with serving(refusal) as server, tempfile.TemporaryDirectory(prefix="ray") as ray_folder:
        model = ["model=openai", f"model.base_url={server.url}", f"model.api_key={CANARY}", "tracker=none"]
        environment = {"RAY_TMPDIR": ray_folder}
        done = bench(tmp_path, "name=bad", *tiny(tmp_path, 2), *model, environment=environment)
        asked = len(server.asked)
        assert holding(Path(ray_folder), CANARY.encode()) == []
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    assert "the endpoint refuses the API key" in done.stderr
    assert f"resume=bad runs={tmp_path / 'runs'}" in done.stderr
    assert CANARY not in done.stdout + done.stderr
    assert holding(tmp_path, CANARY.encode()) == []
    assert asked <= 2  # one of each attempt under way

    kinds = {entry.kind for entry in recorded(tmp_path, "bad")}
    assert Kind.ENDING not in kinds  # nothing is lost: every attempt goes on when resumed
    with served() as url:
        config = tmp_path / "runs" / "bad" / "config.yaml"
        config.write_text(config.read_text().replace(server.url, url))
        again = bench(tmp_path, "resume=bad", "model.api_key=x")
    assert again.returncode == 0, again.stdout + again.stderr
    assert results(tmp_path, "bad")["ended"] == 2
