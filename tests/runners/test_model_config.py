"""Every file of conf/model composes, its key comes from its own variable, and caps need prices."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from pathlib import Path

import pytest
import yaml
from hydra import compose, initialize_config_module

from actors.errors import InputError
from actors.models.settings import Price
from runners.config import load_config
from runners.files import write_whole
from runners.preflight import check_model
from runners.schema import register_schema
from runners.settings import SweepConfig

CONF = Path(__file__).parent.parent.parent / "conf" / "model"
NOBODY = "model.base_url=http://127.0.0.1:1/v1"


@pytest.fixture(autouse=True)
def hydra_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL", "MODEL_API_KEY", "MODEL_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    register_schema()
    with initialize_config_module("conf", version_base="1.3"):
        yield


def load(*overrides: str) -> SweepConfig:
    return load_config(compose("bench", overrides=list(overrides)), overrides)


@pytest.mark.parametrize("option", sorted(path.stem for path in CONF.glob("*.yaml")))
def test_every_option_composes(option: str) -> None:
    extra = [] if option in ("offline", "openai") else ["model.name=some/model-1.5"]
    model = load("+tasks=quick", f"model={option}", *extra, *([NOBODY] if option == "gateway" else [])).model
    assert model.kind == ("offline" if option == "offline" else "openai")
    assert model.structured_output == "auto"
    raw = yaml.safe_load((CONF / f"{option}.yaml").read_text())
    assert "api_key" not in raw or raw["api_key"] is None


@pytest.mark.parametrize(
    ("option", "variable"),
    [("openai", "OPENAI_API_KEY"), ("gateway", "MODEL_API_KEY"), ("vllm", "VLLM_API_KEY")],
)
def test_each_key_has_its_variable_at_the_start_and_at_a_resume(
    option: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = ["model.api_key_env=VLLM_API_KEY"] if option == "vllm" else []
    overrides = ["+tasks=quick", f"model={option}", "model.name=m", NOBODY, "name=mine", *own]
    (line, _) = check_model(load(*overrides))
    assert f"set {variable} or model.api_key" in line
    monkeypatch.setenv(variable, "canary-123")
    config = load(*overrides)
    assert config.model.api_key == "canary-123"
    assert "canary" not in config.recorded
    write_whole(config.folder / "config.yaml", config.recorded.encode())
    assert load("resume=mine").model.api_key == "canary-123"


def test_a_key_from_a_file_loses_its_line_break_and_one_that_cannot_be_sent_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "canary-123\r\n")
    config = load("+tasks=quick", "model=openai", NOBODY)
    assert config.model.api_key == "canary-123"
    assert not any("character" in line for line in check_model(config))
    monkeypatch.setenv("OPENAI_API_KEY", "canary\r123")
    (line, _) = check_model(load("+tasks=quick", "model=openai", NOBODY))
    assert "OPENAI_API_KEY holds a character that no key has" in line
    assert "canary" not in line


def test_a_local_server_needs_no_key() -> None:
    assert not any(
        "API key" in line for line in check_model(load("+tasks=quick", "model=ollama", "model.name=m"))
    )


def test_a_spend_cap_needs_a_price_for_every_model_in_use() -> None:
    capped = ["+tasks=quick", "model=vllm", "model.name=m", NOBODY, "model.spend_cap_dollars=3"]
    capped += ["+model.by_role.coder.name=strong", "+model.prices.m={input: 1, output: 2, search: 10}"]
    config = load(*capped)
    assert config.model.prices == {"m": Price(1.0, 2.0, 10.0)}
    assert "no price for strong, so that the cap cannot be held" in check_model(config)[0]
    prices = "+model.prices={strong: {input: 1, output: 2}, org/gpt-4.1: {input: 2, output: 8}}"
    priced = load(*capped, prices)
    assert set(priced.model.prices) == {"m", "strong", "org/gpt-4.1"}
    assert not any("price" in line for line in check_model(priced))


def test_a_sweep_that_reached_its_cap_is_resumed_with_a_higher_one() -> None:
    config = load("+tasks=quick", "model=openai", "name=mine", "model.spend_cap_dollars=3")
    write_whole(config.folder / "config.yaml", config.recorded.encode())
    assert load("resume=mine").model.spend_cap_dollars == 3
    assert load("resume=mine", "model.spend_cap_dollars=8").model.spend_cap_dollars == 8
    assert load("resume=mine", "model.spend_cap_dollars=null").model.spend_cap_dollars == inf
    with pytest.raises(InputError, match="keeps its own configuration"):
        load("resume=mine", "model.name=other")


@pytest.mark.parametrize("mode", ["auto", "on", "off"])
def test_structured_output_survives_yaml(mode: str) -> None:
    config = load("+tasks=quick", "model=openai", "name=mine", f"model.structured_output={mode}")
    write_whole(config.folder / "config.yaml", config.recorded.encode())
    assert load("resume=mine").model.structured_output == mode
