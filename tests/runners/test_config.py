"""YAML to typed objects, and what is refused on the way."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from math import inf
from pathlib import Path

import pytest
from hydra import compose, initialize_config_module
from omegaconf import DictConfig

from actors.agents.registry import LISTINGS
from actors.contracts import Budget
from actors.errors import InputError
from actors.models.settings import Price
from runners.config import load_config
from runners.files import write_whole
from runners.schema import register_schema
from runners.settings import SweepConfig


@pytest.fixture(autouse=True)
def hydra_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    register_schema()
    with initialize_config_module("conf", version_base="1.3"):
        yield


def composed(*overrides: str) -> DictConfig:
    return compose("bench", overrides=list(overrides))


def load(*overrides: str) -> SweepConfig:
    return load_config(composed(*overrides), overrides)


def test_defaults_are_the_fast_profile_of_mle_star_offline() -> None:
    config = load("+tasks=all")
    assert (config.agent, config.profile, config.model.kind, config.attempts) == (
        "mle_star",
        "fast",
        "offline",
        5,
    )
    s = config.settings
    search = (s.models, s.solutions, s.outer_steps, s.inner_steps, s.ensemble_rounds, s.debug_tries)
    assert search == (3, 1, 2, 2, 2, 3)
    assert config.tasks.names == ("all",)
    assert config.limits.memory_bytes == 4 << 30
    assert config.folder == Path("runs") / config.name


def test_paper_profile_has_the_papers_values() -> None:
    s = load("+tasks=all", "profile=paper").settings
    assert (s.models, s.solutions, s.outer_steps, s.inner_steps, s.ensemble_rounds, s.debug_tries) == (
        4,
        2,
        4,
        4,
        5,
        5,
    )


def test_result_is_frozen() -> None:
    config = load("+tasks=all")
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.attempts = 3  # type: ignore[misc]


def test_unlimited_budget_is_infinite() -> None:
    assert load("+tasks=all", "budget=unlimited").budget == Budget(inf, inf, inf, inf)
    assert load("+tasks=all", "budget.tokens=1000").budget.tokens == 1000


def test_several_tasks_by_name() -> None:
    assert load("+tasks=[fair-affairs,co2-weekly-3y]").tasks.names == ("fair-affairs", "co2-weekly-3y")


def test_a_folder_beside_the_quick_set(tmp_path: Path) -> None:
    tasks = load("+tasks=[quick,folder]", f"tasks.path={tmp_path}").tasks
    assert (tasks.names, tasks.path) == (("quick",), tmp_path)


def test_a_role_is_switched_off() -> None:
    assert load("+tasks=all", "agent.roles.leakage_checker=false").settings.roles_off == ("leakage_checker",)


def test_model_by_role_and_prices() -> None:
    config = load("+tasks=all", "+model.by_role.coder.name=big", "+model.prices.big={input: 2, output: 8}")
    assert config.model.by_role["coder"].name == "big"
    assert config.model.prices == {"big": Price(2.0, 8.0)}


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ([], "+tasks=all"),
        (["+tasks=all", "+attempt=3"], "attempt: no such setting (did you mean 'attempts'?)"),
        (["+tasks=all", "+modle=openai"], "did you mean 'model'"),
        (["+tasks=all", "+agent.roles.plannr=false"], "did you mean 'planner'"),
        (["+tasks=all", "+model.by_role.codr.name=x"], "did you mean 'coder'"),
        (["+tasks=all", "+model.by_role.coder.nam=x"], "did you mean 'name'"),
        (["+tasks=all", "+model.prices.x=3"], "model.prices.x: needs a mapping"),
        (["+tasks=all", "+model.prices.x={input: 2}"], "model.prices.x.output: missing; give dollars"),
        (["+tasks=all", "+model.prices.x={input: 2, output: -1}"], "model.prices.x.output=-1"),
        (["+tasks=all", "+model.by_role.coder.reasoning_effort=hgih"], "reasoning_effort=hgih: unknown"),
        (["+tasks=all", "attempts=-1"], "attempts=-1: must be at least 1"),
        (["+tasks=all", "ray.slots=0"], "ray.slots=0"),
        (["+tasks=all", "budget.dollars=0"], "budget.dollars=0.0: must be above 0"),
        (["+tasks=all", "executor.level=strong"], "valid: auto, namespaces, landlock, limits"),
        (["+tasks=all", "name=../x"], "not a folder name"),
        (["+tasks=all", "model.web_search=true"], "the offline engineer has no network"),
        (["+tasks=all", "model=openai", "model.structured_output=yes"], "valid: auto, on, off"),
        (["+tasks=all", "model=vllm"], "model.name: needs a value, give model.name=..."),
        (["+tasks=all", "model=openai", "model.give_up_after=0"], "model.give_up_after=0"),
        (["+tasks=folder"], "tasks.path=DIR"),
        (["resume=nope"], "resume=nope: no such sweep"),
        (["resume=nope", "attempts=3"], "a resumed sweep keeps its own configuration"),
    ],
)
def test_refusals_are_one_line_that_helps(overrides: list[str], words: str) -> None:
    with pytest.raises(InputError) as caught:
        load(*overrides)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def record(config: SweepConfig) -> None:
    write_whole(config.folder / "config.yaml", config.recorded.encode())


def test_resume_takes_the_recorded_configuration(tmp_path: Path) -> None:
    first = load("+tasks=quick", "attempts=3", "seed=9", "profile=paper", "name=mine")
    record(first)
    again = load("resume=mine", "ray=cluster", "ray.address=h:1")
    assert again.resumed
    assert (again.name, again.attempts, again.seed, again.settings) == ("mine", 3, 9, first.settings)
    assert again.tasks == first.tasks
    assert again.ray.address == "h:1"
    by_folder = load(f"resume={tmp_path / 'runs' / 'mine'}")
    assert by_folder.folder == tmp_path / "runs" / "mine"


def test_a_name_is_not_used_twice() -> None:
    record(load("+tasks=quick", "name=mine"))
    with pytest.raises(InputError, match="resume=mine"):
        load("+tasks=quick", "name=mine")


@pytest.mark.parametrize("source", ["variable", "command line"])
def test_the_key_is_used_and_never_recorded(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    extra = []
    if source == "variable":
        monkeypatch.setenv("OPENAI_API_KEY", "canary-123")
    else:
        extra = ["model.api_key=canary-123"]
    config = load("+tasks=quick", "model=openai", "name=mine", *extra)
    assert config.model.api_key == "canary-123"
    assert "canary" not in config.recorded + repr(config)
    record(config)
    again = load("resume=mine", *extra)
    assert again.model.api_key == "canary-123"


def test_a_tracking_password_is_never_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://me:canary@db/x")
    config = load("+tasks=quick", "name=mine")
    assert config.tracker.uri == os.environ["MLFLOW_TRACKING_URI"]
    assert "canary" not in config.recorded + repr(config)
    record(config)
    assert load("resume=mine").tracker.uri == os.environ["MLFLOW_TRACKING_URI"]


def test_baselines_are_configured_by_their_own_options() -> None:
    aide = load("+tasks=all", "agent=aide", "agent.options.steps=6")
    assert (aide.agent, aide.settings.options["drafts"], aide.settings.options["steps"]) == ("aide", 5, 6)
    automl_gpt = load("+tasks=all", "agent=automl_gpt")
    assert automl_gpt.settings.options == {"configurations": 4, "cards": 3, "repairs": 1}


@pytest.mark.parametrize("agent", sorted(LISTINGS))
def test_the_options_in_yaml_are_the_declared_ones(agent: str) -> None:
    written = load("+tasks=all", f"agent={agent}").settings.options
    assert written == {name: option.default for name, option in LISTINGS[agent].options.items()}


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ("agent=aide", "agent.options.debug_probability=2"),
            "debug_probability=2: must be a number from",
        ),
        (("agent=aide", "+agent.options.draft=2"), "agent.options.draft: this agent has no such setting"),
        (("+agent.options.drafts=2",), "agent.options.drafts: this agent has no such setting"),
        (("agent.name=aida",), "agent.name=aida: unknown"),
        (("agent=aide", "agent.roles.aide_drafter=false"), "aide_drafter=false: aide cannot work without"),
    ],
)
def test_senseless_agents_and_options_are_refused(overrides: tuple[str, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        load("+tasks=all", *overrides)
