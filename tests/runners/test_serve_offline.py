"""The offline engineer behind HTTP gives what it gives without."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from doubles import BRIEF
from starlette.testclient import TestClient

from actors.briefing import render_brief
from actors.contracts import ChatRequest, Limits, Message
from actors.models.offline.engineer import OfflineEngineer
from actors.roles.data_profiler import Inputs
from actors.roles.registry import ROLES
from runners.serve_offline import application


@pytest.fixture
def client() -> TestClient:
    return TestClient(application())


def messages() -> tuple[Message, ...]:
    brief = render_brief(BRIEF, Limits(), {"numpy": "2"})
    return ROLES["data_profiler"].messages(Inputs(brief))


def body(**more: Any) -> dict[str, Any]:
    asked = [{"role": m.role, "content": m.content} for m in messages()]
    return {"model": "offline", "messages": asked, "seed": 5} | more


def test_the_answer_is_the_engineers(client: TestClient) -> None:
    direct = asyncio.run(OfflineEngineer().complete(ChatRequest("data_profiler", messages(), 5)))
    served = client.post("/v1/chat/completions", json=body(model="whatever", temperature=0.3)).json()
    assert served["choices"][0]["message"]["content"] == direct.text
    assert served["choices"][0]["finish_reason"] == "stop"
    assert served["usage"]["prompt_tokens"] == direct.tokens_in
    assert served["model"] == "offline"


def test_the_model_is_listed(client: TestClient) -> None:
    assert [m["id"] for m in client.get("/v1/models").json()["data"]] == ["offline"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stream": True}, "stream: not supported"),
        ({"response_format": {"type": "json_object"}}, "response_format: not supported"),
        ({"n": 2}, "n: not supported"),
        ({"messages": []}, "non-empty list"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]}, "as a text"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "each message needs a role"),
        ({"messages": [{"role": "user", "content": "hello"}]}, "begin with `Role: <name>`"),
        ({"seed": "5"}, "seed must be an integer"),
    ],
)
def test_what_it_cannot_do_is_refused(client: TestClient, change: dict[str, Any], words: str) -> None:
    response = client.post("/v1/chat/completions", json=body(**change))
    assert response.status_code == 400
    assert words in response.json()["error"]["message"]


@pytest.mark.parametrize("data", [b"{", b"\xff", b"[1]"])
def test_a_body_that_is_no_request_is_refused(client: TestClient, data: bytes) -> None:
    assert client.post("/v1/chat/completions", content=data).status_code == 400
