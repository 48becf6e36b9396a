"""Each fault of an endpoint ends in the right retry, typed error or reply; over real HTTP on loopback."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from email.utils import formatdate
from typing import Any

import pytest
from fault_server import KEY, Answer, FaultServer, completion, error, serving

from actors.contracts import ChatReply, ChatRequest, Message
from actors.errors import FatalModelError, ModelError, TransientModelError
from actors.models.faults import RetryableFault
from actors.models.gateway import ModelGateway
from actors.models.openai_chat import OpenAIChat
from actors.models.settings import ModelSettings

SETTINGS = ModelSettings(
    kind="openai", name="m", api_key=KEY, timeout_seconds=20.0, tries=3, backoff_seconds=0.01, give_up_after=3
)
LITELLM = "Invalid model name passed in model=m. Call `/v1/models` to view available models for your key."


def request(text: str = "ping", **more: Any) -> ChatRequest:
    return ChatRequest("planner", (Message("system", "be brief"), Message("user", text)), 7, **more)


def ask(server: FaultServer, asked: ChatRequest | None = None, **settings: Any) -> ChatReply:
    return asyncio.run(asking(server, [asked or request()], **settings))[0]


async def asking(server: FaultServer, asked: list[ChatRequest], **settings: Any) -> list[ChatReply]:
    chosen = replace(SETTINGS, base_url=server.url, **settings)
    model = OpenAIChat(chosen)
    gateway = ModelGateway(chosen, model)
    try:
        return [await gateway.complete(each) for each in asked]
    finally:
        await model.close()


@pytest.mark.parametrize(
    "fault",
    [
        error(429, "slow down"),
        error(429, "slow down", retry_after="0.05"),
        error(429, "You exceeded your current quota, please check your plan", retry_after="0.01"),
        error(408, "took too long"),
        error(500, "boom"),
        error(502, "bad gateway"),
        error(503, "overloaded", retry_after=formatdate(time.time() - 5)),
        Answer(500, b"<html>upstream died</html>"),
        replace(completion(), cut=True),
        replace(completion(), body=b"", cut=True),
        Answer(body=b'{"choices": ['),
        Answer(body=b"\xff\xfe not text"),
        Answer(body=[1, 2]),
        Answer(body="a string"),
        Answer(body={"hello": 1}),
        Answer(body={"error": {"message": "upstream is busy", "code": 502}}),
        completion(choices=[]),
        completion(choices=None),
        completion(choices=[{"index": 0}]),
        completion(choices=["text"]),
        completion(None),
        completion("  \n"),
    ],
    ids=lambda a: f"{a.status}-{str(a.body)[:40]}",
)
def test_a_fault_that_passes_is_tried_again(fault: Answer) -> None:
    with serving(fault, completion("pong")) as server:
        reply = ask(server)
    assert (reply.text, reply.tries, reply.finish) == ("pong", 2, "stop")
    billed = 2 if isinstance(fault.body, dict) and "usage" in fault.body and not fault.cut else 1
    assert (reply.tokens_in, reply.tokens_out, reply.model) == (100 * billed, 10 * billed, "served")
    assert len(server.asked) == 2
    assert server.bodies[0] == server.bodies[1]


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (error(401, f"Incorrect API key provided: {KEY}"), FatalModelError, "refuses the API key"),
        (error(403, "no access"), FatalModelError, "refuses the API key"),
        (error(400, "API key not valid. Please pass a valid API key."), FatalModelError, "the API key"),
        (error(400, "No connected db."), FatalModelError, "the API key"),
        (error(404, "The model `m` does not exist.", "model_not_found"), FatalModelError, "no model 'm'"),
        (error(400, LITELLM), FatalModelError, "no model 'm'"),
        (error(429, "no more", "insufficient_quota"), FatalModelError, "no money or quota"),
        (error(402, "Insufficient Balance"), FatalModelError, "no money or quota"),
        (error(400, "Budget has been exceeded! Current cost: 2"), FatalModelError, "no money or quota"),
        (error(429, "come back tomorrow", retry_after="86400"), FatalModelError, "resume then"),
        (error(400, "maximum context length is 8192 tokens"), ModelError, "longer than m takes"),
        (error(413, "Request too large"), ModelError, "longer than m takes"),
        (error(400, "messages: malformed"), ModelError, "refuses the request"),
        (
            error(429, "Request too large for m on tokens per min: Limit 30000"),
            ModelError,
            "longer than m takes",
        ),
        (error(405, "Method Not Allowed"), FatalModelError, "set model.base_url"),
        (
            Answer(422, {"detail": [{"msg": "bad", "input": "model not found"}]}),
            ModelError,
            '[{"msg": "bad"}]',
        ),
        (Answer(400, {"error": "model x not found"}), FatalModelError, "no model 'm'"),
        (Answer(400, {"message": {"detail": ["bad"]}}), ModelError, '400: ["bad"]'),
        (Answer(400, b"plain words"), ModelError, "plain words"),
        (error(409, "conflict"), ModelError, "refuses the request"),
        (error(422, "unprocessable"), ModelError, "refuses the request"),
    ],
    ids=lambda a: f"{a.status}-{str(a.body)[22:60]}" if isinstance(a, Answer) else None,
)
def test_a_fault_that_stays_is_tried_once(fault: Answer, kind: type[Exception], words: str) -> None:
    """Once a request has passed: before that the endpoint may be at fault, as tests of the gateway show."""
    with serving(completion("first"), fault) as server, pytest.raises(ModelError) as caught:
        asyncio.run(asking(server, [request(), request()]))
    assert type(caught.value) is kind
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert KEY not in str(caught.value)
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("answer", "text", "finish"),
    [
        (completion("```python\nprint(", "length"), "```python\nprint(", "length"),
        (completion(None, "length"), "", "length"),
        (completion(None, refusal="I cannot."), "I cannot.", "refusal"),
        (completion("half", "content_filter"), "half", "refusal"),
        (
            error(400, "flagged by our content policy", "content_policy_violation"),
            "flagged by our",
            "refusal",
        ),
        (completion("<think>```python\n1```</think>\n\nyes"), "yes", "stop"),
        (completion(f"your key is {KEY}"), "your key is ***", "stop"),
    ],
)
def test_what_the_role_has_to_judge_reaches_it(answer: Answer, text: str, finish: str) -> None:
    with serving(answer) as server:
        reply = ask(server)
    assert reply.text.startswith(text)
    assert reply.finish == finish
    assert len(server.asked) == 1


def test_a_hang_is_cut_off_and_tried_again() -> None:
    with serving(replace(completion("late"), delay=3.0), completion("pong")) as server:
        started = time.monotonic()
        reply = ask(server, timeout_seconds=0.4)
    assert reply.text == "pong"
    assert time.monotonic() - started < 2.5


def test_retry_after_is_honoured_to_the_second() -> None:
    with serving(error(429, "wait", retry_after="1"), completion()) as server:
        ask(server)
    assert 1.0 <= server.times[1] - server.times[0] < 3.0


def test_a_retry_after_in_the_future_is_waited_for() -> None:
    later = formatdate(time.time() + 3)
    with serving(error(503, "wait", retry_after=later)) as server, pytest.raises(RetryableFault) as caught:
        asyncio.run(OpenAIChat(replace(SETTINGS, base_url=server.url)).complete(request()))
    assert caught.value.after is not None
    assert 0.5 < caught.value.after <= 3.0  # a date has whole seconds


def test_retry_after_ms_goes_before_retry_after() -> None:
    headers = (("retry-after-ms", "250"), ("retry-after", "9"))
    with serving(replace(error(429, "wait"), headers=headers), completion()) as server:
        ask(server)
    assert 0.25 <= server.times[1] - server.times[0] < 5.0


def test_without_retry_after_the_wait_doubles() -> None:
    with serving(error(500, "boom"), error(500, "boom"), error(500, "boom"), completion()) as server:
        ask(server, tries=4, backoff_seconds=0.2)
    gaps = [b - a for a, b in zip(server.times, server.times[1:], strict=False)]
    assert gaps[0] >= 0.1
    assert gaps[1] >= 0.2
    assert gaps[2] >= 0.4


def test_one_request_that_always_fails_is_given_up_as_transient() -> None:
    with serving(error(500, "boom")) as server, pytest.raises(TransientModelError) as caught:
        ask(server)
    assert "gave up after 3 tries" in str(caught.value)
    assert len(server.asked) == 3


def test_an_endpoint_that_is_gone_ends_the_sweep_with_one_message() -> None:
    with serving() as server:
        pass
    with pytest.raises(FatalModelError, match=r"the connection failed.*3 requests in a row") as caught:
        ask(server, tries=2)
    assert "\n" not in str(caught.value)
