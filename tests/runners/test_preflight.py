"""Every fault that can be known before work starts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from actors.contracts import AgentSettings, Budget, Limits
from actors.models.settings import ModelSettings
from runners import preflight
from runners.settings import (
    ExecutorSettings,
    RaySettings,
    SweepConfig,
    TaskSelection,
    TrackerSettings,
)
from runners.specs import attempt_seed, attempt_specs
from runners.tasks.splitting import FoldRules


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SweepConfig:
    monkeypatch.setenv("FIVESTAR_CACHE", str(tmp_path / "cache"))
    return SweepConfig(
        name="s",
        runs=tmp_path / "runs",
        tasks=TaskSelection(("quick",)),
        attempts=3,
        seed=0,
        agent="mle_star",
        settings=AgentSettings(),
        profile="fast",
        model=ModelSettings(),
        executor=ExecutorSettings(),
        limits=Limits(),
        budget=Budget(),
        folds=FoldRules(),
        tracker=TrackerSettings("mlflow"),
        ray=RaySettings(),
    )


def test_nothing_to_say_of_a_sound_configuration(config: SweepConfig) -> None:
    assert preflight.faults_of(config) == []


@pytest.mark.parametrize("uri", [None, "sqlite:///x.db"])
def test_embedded_sqlite_is_refused_when_ray_is_remote(config: SweepConfig, uri: str | None) -> None:
    remote = replace(config, ray=RaySettings("h:1"), tracker=TrackerSettings("mlflow", uri))
    (fault,) = preflight.check_tracker(remote)
    assert "SQLite" in fault
    assert "tracker.uri=http://HOST:PORT" in fault
    assert preflight.check_tracker(replace(remote, tracker=TrackerSettings("none"))) == []
    assert preflight.check_tracker(replace(remote, tracker=TrackerSettings("mlflow", "http://h:5"))) == []


@pytest.mark.parametrize("uri", ["./mlruns", "file:///x", "localhost:5000"])
def test_a_tracking_uri_that_mlflow_would_not_take(config: SweepConfig, uri: str) -> None:
    (fault,) = preflight.check_tracker(replace(config, tracker=TrackerSettings("mlflow", uri)))
    assert fault.startswith(f"tracker.uri={uri}: not a tracking URI")


def test_a_tracking_password_is_not_shown(config: SweepConfig) -> None:
    (fault,) = preflight.check_tracker(
        replace(config, tracker=TrackerSettings("mlflow", "oracle://me:canary@db/x"))
    )
    assert "canary" not in fault


def test_an_agent_without_its_extra_is_refused_with_the_remedy(
    config: SweepConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight.importlib.util, "find_spec", lambda name: None)
    assert preflight.faults_of(replace(config, agent="automl")) == [
        "agent=automl: flaml, xgboost not installed; add with: pip install '.[automl]'"
    ]
    assert preflight.check_agent(config) == []


def test_an_agent_with_its_extra_may_start(config: SweepConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight.importlib.util, "find_spec", lambda name: name)
    assert preflight.check_agent(replace(config, agent="automl")) == []


def test_a_model_that_no_role_of_the_agent_asks_needs_no_key(config: SweepConfig) -> None:
    unreachable = ModelSettings(
        kind="openai", base_url="http://127.0.0.1:1/v1", api_key_env="K", spend_cap_dollars=1.0
    )
    asking = replace(config, model=unreachable)
    assert len(preflight.check_model(asking)) == 3
    assert preflight.check_model(replace(asking, agent="automl")) == []
    for agent in ("aide", "automl_gpt", "gpt_engineer", "swe_agent"):
        assert preflight.check_model(replace(asking, agent=agent)) == preflight.check_model(asking)


def test_runs_that_cannot_be_made(config: SweepConfig, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (fault,) = preflight.check_runs(replace(config, runs=tmp_path / "file" / "runs"))
    assert "cannot be made" in fault


def test_too_little_disk(config: SweepConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "LEAST_DISK_BYTES", 1 << 60)
    assert "GiB free" in preflight.check_runs(config)[0]


def test_specs_come_in_a_fixed_order_with_seeds_of_their_own(config: SweepConfig) -> None:
    specs = attempt_specs(config, ["a", "b"])
    assert [(s.task, s.attempt) for s in specs] == [(t, n) for n in range(3) for t in ("a", "b")]
    assert len({s.seed for s in specs}) == 6
    assert specs[0].seed == attempt_seed(0, "a", 0)
    fewer = attempt_specs(replace(config, attempts=1), ["b"])
    assert fewer[0].seed == next(s.seed for s in specs if (s.task, s.attempt) == ("b", 0))
    assert attempt_specs(replace(config, seed=1), ["a"])[0].seed != specs[0].seed
