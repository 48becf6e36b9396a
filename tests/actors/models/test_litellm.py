"""Against a third party's OpenAI-compatible server: the LiteLLM proxy, in an environment of its own."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import venv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from actors.contracts import ChatReply, ChatRequest, Message
from actors.errors import FatalModelError, ModelError, TransientModelError
from actors.models.gateway import ModelGateway
from actors.models.openai_chat import OpenAIChat
from actors.models.settings import ModelSettings, Price

VERSION = "1.106.2"
HOME = Path.home() / ".cache" / "fivestar-test" / f"litellm-{VERSION}"
START_SECONDS = 150.0
CONFIG = """
model_list:
  - {model_name: ok, litellm_params: {model: openai/fake, api_key: none, mock_response: "pong"}}
  - {model_name: limited, litellm_params: {model: openai/fake, api_key: none, mock_response: "litellm.RateLimitError"}}
  - {model_name: broken, litellm_params: {model: openai/fake, api_key: none, mock_response: "litellm.InternalServerError"}}
  - {model_name: long, litellm_params: {model: openai/fake, api_key: none, mock_response: "litellm.ContextWindowExceededError"}}
  - {model_name: slow, litellm_params: {model: openai/fake, api_key: none, mock_response: "late", mock_delay: 5}}
  - {model_name: nothing, litellm_params: {model: openai/fake, api_key: none, api_base: "http://127.0.0.1:1/v1"}}
router_settings: {num_retries: 0, disable_cooldowns: true}
"""  # noqa: E501
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def proxy_command() -> Path:
    """LiteLLM's command, installed on first use; a run that was cut short leaves no half environment."""
    if not (HOME / "ready").exists():
        venv.create(HOME, clear=True, with_pip=True)
        install = ["-m", "pip", "install", "-q", "--no-compile", f"litellm[proxy]=={VERSION}"]
        done = subprocess.run(
            [HOME / "bin" / "python", *install], capture_output=True, text=True, check=False
        )
        if done.returncode:
            if "CI" in os.environ:  # there it has to run
                pytest.fail(done.stderr)
            pytest.skip(f"LiteLLM cannot be installed: {done.stderr[-300:]}")
        (HOME / "ready").touch()
    return HOME / "bin" / "litellm"


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelSettings]:
    """Settings for a proxy that runs on loopback."""
    folder = tmp_path_factory.mktemp("litellm")
    (folder / "config.yaml").write_text(CONFIG)
    key = f"sk-{secrets.token_hex(24)}"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        "PATH": f"{HOME / 'bin'}:{os.environ['PATH']}",
        "HOME": str(folder),
        "LITELLM_MASTER_KEY": key,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # it would fetch a newer one
        "LITELLM_TELEMETRY": "False",
    }
    command = proxy_command()
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [command, "--config", folder / "config.yaml", "--host", "127.0.0.1", "--port", str(port)],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/health/liveliness", process, folder / "log")
        yield ModelSettings(
            kind="openai",
            name="ok",
            base_url=f"{url}/v1",
            api_key=key,
            tries=2,
            backoff_seconds=0.05,
            give_up_after=2,
            timeout_seconds=60.0,
        )
    finally:
        process.terminate()
        process.wait(30)


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()[-3000:]
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.5)
    raise AssertionError(f"the proxy did not start in {START_SECONDS:g} s: {log.read_text()[-3000:]}")


def ask(settings: ModelSettings, count: int = 1, **more: Any) -> list[ChatReply]:
    async def run() -> list[ChatReply]:
        model = OpenAIChat(settings)
        gateway = ModelGateway(settings, model)
        messages = (Message("system", "be brief"), Message("user", "ping"))
        asked = [gateway.complete(ChatRequest("planner", messages, n, **more)) for n in range(count)]
        try:
            return list(await asyncio.gather(*asked))
        finally:
            await model.close()

    return asyncio.run(run())


def test_replies_come_through_many_at_once(proxy: ModelSettings) -> None:
    replies = ask(replace(proxy, prices={"ok": Price(1.0, 2.0)}), 20)
    assert {r.text for r in replies} == {"pong"}
    assert all(r.tokens_in > 0 and r.tokens_out > 0 and r.tries == 1 for r in replies)
    assert replies[0].cost == pytest.approx((replies[0].tokens_in + 2 * replies[0].tokens_out) / 1e6)


def test_reasoning_parameters_and_schemas_are_taken_or_left_out(proxy: ModelSettings) -> None:
    shape = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    chosen = replace(proxy, max_tokens=100, reasoning_effort="low")
    assert ask(chosen, 2, schema=shape)[1].text == "pong"


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("limited", FatalModelError, "429"),  # for ever: the sweep ends
        ("broken", TransientModelError, "gave up after 2 tries"),
        ("nothing", TransientModelError, "gave up after 2 tries"),
        ("long", TransientModelError, "longer than long takes"),  # of a model that has taken nothing yet
        ("nope", FatalModelError, "no model 'nope' there"),
    ],
)
def test_faults_have_their_types(proxy: ModelSettings, name: str, kind: type[Exception], words: str) -> None:
    with pytest.raises(ModelError) as caught:
        ask(replace(proxy, name=name))
    assert type(caught.value) is kind, caught.value
    assert words in str(caught.value)


def test_a_slow_reply_is_cut_off(proxy: ModelSettings) -> None:
    started = time.monotonic()
    with pytest.raises(TransientModelError, match="no answer in time"):
        ask(replace(proxy, name="slow", timeout_seconds=1.0))
    assert time.monotonic() - started < 5.0


def test_a_bad_key_ends_the_sweep_and_is_not_repeated(proxy: ModelSettings) -> None:
    wrong = f"sk-{secrets.token_hex(24)}"
    with pytest.raises(FatalModelError, match="refuses the API key") as caught:
        ask(replace(proxy, api_key=wrong))
    assert wrong not in str(caught.value)


def test_search_goes_to_the_responses_endpoint(proxy: ModelSettings) -> None:
    """The mock takes the tool and answers with a message alone: the shape is proven, not a search."""
    assert ask(proxy, web_search=True)[0].text == "pong"


def test_the_proxy_is_the_version_that_was_asked_for(proxy: ModelSettings) -> None:
    shown = subprocess.run(
        [HOME / "bin" / "python", "-c", "import importlib.metadata as m; print(m.version('litellm'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.strip() == VERSION
    assert json.dumps(sys.path).find(str(HOME)) == -1  # its own openai stays out of ours
