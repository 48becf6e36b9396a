"""What is sent to an endpoint: parameters by role, structured output, search; and what comes back."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from fault_server import KEY, Answer, FaultServer, completion, error, searched, serving

from actors.contracts import ChatReply, ChatRequest, Message
from actors.errors import FatalModelError, ModelError
from actors.models.faults import RetryableFault
from actors.models.openai_chat import OpenAIChat
from actors.models.settings import ModelSettings, Price, RoleModel
from actors.roles import retriever
from actors.roles.desk import RoleHost
from actors.roles.planner import Inputs
from actors.roles.registry import ROLES
from actors.roles.retriever import parse

SETTINGS = ModelSettings(kind="openai", name="m", api_key=KEY, timeout_seconds=20.0)
SHAPE = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}


def ask(server: FaultServer, *asked: ChatRequest, **settings: Any) -> list[ChatReply]:
    async def run() -> list[ChatReply]:
        model = OpenAIChat(replace(SETTINGS, base_url=server.url, **settings))
        try:
            return [await model.complete(each) for each in asked]
        finally:
            await model.close()

    return asyncio.run(run())


def request(role: str = "planner", text: str = "ping", **more: Any) -> ChatRequest:
    return ChatRequest(role, (Message("system", "s"), Message("user", text)), 7, **more)


def test_a_plain_request_has_the_messages_and_the_seed_and_nothing_else() -> None:
    with serving() as server:
        ask(server, request())
    (path, headers, body) = server.asked[0]
    assert path == "/v1/chat/completions"
    assert headers["authorization"] == f"Bearer {KEY}"
    assert body == {
        "model": "m",
        "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "ping"}],
        "seed": 7,
    }


def test_model_and_sampling_go_by_role() -> None:
    by_role = {
        "coder": RoleModel("strong", temperature=0.2),
        "planner": RoleModel(None, reasoning_effort="high"),
    }
    with serving() as server:
        ask(server, request("coder"), request("planner"), request("debugger"), by_role=by_role, max_tokens=99)
    coder, planner, debugger = server.bodies
    assert (coder["model"], coder["temperature"], coder["max_tokens"]) == ("strong", 0.2, 99)
    assert (debugger["model"], debugger["max_tokens"]) == ("m", 99)
    assert "temperature" not in debugger
    assert (planner["reasoning_effort"], planner["max_completion_tokens"]) == ("high", 99)
    assert "max_tokens" not in planner


def test_a_reasoning_role_takes_no_temperature_from_the_sweep() -> None:
    with serving() as server:
        by_role = {"coder": RoleModel(temperature=0.2)}
        asked = request("planner"), request("coder")
        ask(server, *asked, by_role=by_role, temperature=0.7, reasoning_effort="low")
    planner, coder = server.bodies
    assert "temperature" not in planner
    assert coder["temperature"] == 0.2, "asked for, for this role"


def test_another_model_of_a_role_does_not_take_over_the_sweeps_effort() -> None:
    by_role = {"summariser": RoleModel("small", temperature=0.3), "coder": RoleModel("m")}
    with serving() as server:
        ask(server, request("summariser"), request("coder"), by_role=by_role, reasoning_effort="low")
    small, coder = server.bodies
    assert "reasoning_effort" not in small
    assert (small["temperature"], coder["reasoning_effort"]) == (0.3, "low")


def test_a_flagged_prompt_is_refused_by_its_content_and_not_by_a_setting() -> None:
    flagged = "Invalid prompt: your prompt was flagged as violating our usage policy; see guides/reasoning"
    with serving(error(400, flagged)) as server:
        (reply,) = ask(server, request(), reasoning_effort="low")
    assert reply.finish == "refusal"


def test_a_model_that_wants_the_newer_limit_gets_it_from_then_on() -> None:
    refused = error(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
    with serving(refused, completion()) as server:
        ask(server, request(), request(), max_tokens=50)
    assert [sorted(b) for b in server.bodies] == [
        ["max_tokens", "messages", "model", "seed"],
        ["max_completion_tokens", "messages", "model", "seed"],
        ["max_completion_tokens", "messages", "model", "seed"],
    ]


EXTRA = {"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}


@pytest.mark.parametrize(
    "refusal",
    [
        error(400, "Unrecognized request argument supplied: seed"),
        Answer(422, {"detail": [EXTRA]}),
        Answer(400, {"object": "error", "message": {"detail": [EXTRA]}}),
        Answer(400, {"error": "unknown field: seed"}),
    ],
)
def test_an_endpoint_without_seeds_is_asked_without(refusal: Answer) -> None:
    with serving(refusal, completion()) as server:
        ask(server, request(), request())
    assert ["seed" in b for b in server.bodies] == [True, False, False]


@pytest.mark.parametrize(
    ("settings", "message", "setting"),
    [
        ({"temperature": 0.5}, "Unsupported value: 'temperature' does not support 0.5", "model.temperature"),
        ({"max_tokens": 10**6}, "max_tokens is too large: 1000000", "model.max_tokens"),
        ({"reasoning_effort": "high"}, "Unrecognized argument: reasoning_effort", "model.reasoning_effort"),
    ],
)
def test_a_setting_that_the_model_refuses_is_named(
    settings: dict[str, Any], message: str, setting: str
) -> None:
    with serving(error(400, message)) as server, pytest.raises(FatalModelError, match=setting):
        ask(server, request(), **settings)
    assert len(server.asked) == 1


# --- structured output


def test_a_schema_is_sent_where_a_role_has_one() -> None:
    with serving() as server:
        ask(server, request(schema=SHAPE), request())
    shape = {"name": "planner", "schema": SHAPE, "strict": True}
    assert server.bodies[0]["response_format"] == {"type": "json_schema", "json_schema": shape}
    assert "response_format" not in server.bodies[1]


REFUSALS = [
    error(400, "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model"),
    error(400, "litellm.UnsupportedParamsError: openai does not support parameters: ['response_format']"),
    error(422, "response_format: Extra inputs are not permitted"),
]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_an_endpoint_without_schemas_is_asked_for_plain_text_from_then_on(refusal: Answer) -> None:
    with serving(refusal, completion()) as server:
        replies = ask(server, request(schema=SHAPE), request(schema=SHAPE))
    assert ["response_format" in b for b in server.bodies] == [True, False, False]
    assert [r.text for r in replies] == ["pong", "pong"]


def test_schemas_that_must_be_held_end_the_sweep_when_refused() -> None:
    with serving(REFUSALS[0]) as server, pytest.raises(FatalModelError, match=r"model\.structured_output"):
        ask(server, request(schema=SHAPE), structured_output="on")


def test_schemas_that_are_off_are_not_sent() -> None:
    with serving() as server:
        ask(server, request(schema=SHAPE), structured_output="off")
    assert "response_format" not in server.bodies[0]


def strict(schema: Any) -> None:
    """What strict endpoints demand: every object closed, every property required."""
    assert schema["type"] in ("object", "array", "string", "boolean", "number")
    if schema["type"] == "object":
        assert schema["additionalProperties"] is False
        assert schema["required"] == list(schema["properties"])
        for inner in schema["properties"].values():
            strict(inner)
    if schema["type"] == "array":
        strict(schema["items"])


SCHEMAS = {name: role.schema for name, role in ROLES.items() if role.schema is not None}


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_of_roles_are_strict_objects(name: str) -> None:
    schema = SCHEMAS[name]
    assert schema["type"] == "object"
    strict(json.loads(json.dumps(schema)))


def test_the_retrievers_list_may_come_wrapped() -> None:
    cards = [{"name": "a", "why": "b", "code": "c"}]
    assert parse(json.dumps({"models": cards})) == parse(json.dumps(cards))


# --- search


def test_the_search_tool_is_asked_for_and_paid() -> None:
    prices = {"m": Price(1.0, 10.0, search=10.0)}
    with serving(searched("found", 2)) as server:
        (reply,) = ask(server, request(web_search=True), prices=prices, max_tokens=77)
    path, _, body = server.asked[0]
    assert path == "/v1/responses"
    assert (body["tools"], body["max_output_tokens"]) == ([{"type": "web_search"}], 77)
    assert (reply.text, reply.tokens_in, reply.tokens_out) == ("found", 100, 10)
    assert reply.cost == pytest.approx(100e-6 + 100e-6 + 0.02)


def test_only_a_role_that_may_search_does() -> None:
    async def run(server: FaultServer) -> None:
        model = OpenAIChat(replace(SETTINGS, base_url=server.url))
        try:
            await RoleHost("retriever", model).ask(retriever.Inputs("brief", "notes", 1), 1, web_search=True)
            await RoleHost("planner", model).ask(INPUTS, 1, web_search=True)
            await RoleHost("retriever", model).ask(retriever.Inputs("brief", "notes", 1), 1)
        finally:
            await model.close()

    cards = json.dumps([{"name": "a", "why": "b", "code": "c"}])
    with serving(searched(cards), completion("a plan"), completion(cards)) as server:
        asyncio.run(run(server))
    paths = [path.removeprefix("/v1/") for path, _, _ in server.asked]
    assert paths == ["responses", "chat/completions", "chat/completions"]
    assert ["tools" in body for body in server.bodies] == [True, False, False]


def test_a_search_holds_to_the_roles_schema() -> None:
    with serving(searched("found")) as server:
        ask(server, request(web_search=True, schema=SHAPE), request(web_search=True))
        ask(server, request(web_search=True, schema=SHAPE), structured_output="off")
    shape = {"type": "json_schema", "name": "planner", "schema": SHAPE, "strict": True}
    assert [body.get("text") for body in server.bodies] == [{"format": shape}, None, None]


@pytest.mark.parametrize(
    "message",
    [
        "Unsupported parameter: 'text.format' is not supported with this model.",
        "Invalid parameter: 'text.format' of type 'json_schema' is not supported with this model",
        "text: Extra inputs are not permitted",
        "Web Search cannot be used with JSON mode.",
    ],
)
def test_a_search_without_schemas_is_asked_for_plain_text_from_then_on(message: str) -> None:
    with serving(error(400, message), searched("found")) as server:
        ask(server, request(web_search=True, schema=SHAPE), request(web_search=True, schema=SHAPE))
    assert ["text" in body for body in server.bodies] == [True, False, False]
    assert all("tools" in body for body in server.bodies)
    with serving(error(400, message)) as server, pytest.raises(FatalModelError, match="structured_output"):
        ask(server, request(web_search=True, schema=SHAPE), structured_output="on")


@pytest.mark.parametrize("content", [None, [{"type": "output_text", "text": None, "annotations": []}]])
def test_a_search_that_comes_back_empty_may_be_tried_again(content: object) -> None:
    empty = searched("")
    empty.body["output"][-1]["content"] = content
    with serving(empty) as server, pytest.raises(RetryableFault, match="it is empty"):
        ask(server, request(web_search=True))


def test_searches_without_a_price_are_not_free() -> None:
    with serving(searched("found")) as server:
        (reply,) = ask(server, request(web_search=True), prices={"m": Price(1.0, 1.0)})
    assert reply.cost is None


@pytest.mark.parametrize(
    "fault", [error(404, "Not Found"), error(400, "Unsupported tool type: web_search"), error(405, "no")]
)
def test_search_is_never_silently_left_out(fault: Answer) -> None:
    with serving(fault) as server, pytest.raises(FatalModelError, match=r"model\.web_search=false"):
        ask(server, request(web_search=True))
    assert len(server.asked) == 1


# --- what comes back


def test_costs_follow_the_configured_prices() -> None:
    with serving() as server:
        priced = ask(server, request(), prices={"m": Price(2.0, 30.0)})[0]
        unpriced = ask(server, request())[0]
    assert priced.cost == pytest.approx(100 * 2e-6 + 10 * 30e-6)
    assert unpriced.cost is None


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": None, "completion_tokens": None}])
def test_a_reply_without_usage_is_not_free(usage: object) -> None:
    with serving(completion(usage=usage)) as server:
        (reply,) = ask(server, request(), prices={"m": Price(2.0, 30.0)})
        assert reply.cost is None
        with pytest.raises(FatalModelError, match="reports no usage"):
            ask(server, request(), prices={"m": Price(2.0, 30.0)}, spend_cap_dollars=5.0)


def test_lone_surrogates_in_a_scripts_output_do_not_break_the_request() -> None:
    with serving() as server:
        ask(server, request(text="broken \udcff byte"))
    assert server.bodies[0]["messages"][1]["content"] == "broken ? byte"


# --- how a role takes it


def plan(server: FaultServer) -> Any:
    async def run() -> Any:
        model = OpenAIChat(replace(SETTINGS, base_url=server.url))
        try:
            return await RoleHost("planner", model).ask(INPUTS, 1)
        finally:
            await model.close()

    return asyncio.run(run())


INPUTS = Inputs("brief", "x = 1", "x = 1", (), 0.5)


@pytest.mark.parametrize(
    ("first", "complaint"),
    [
        (completion("a plan that br", "length"), "cut off at the length limit"),
        (completion(None, "length"), "cut off at the length limit"),
        (completion(None, refusal="I cannot"), "declined to answer"),
    ],
)
def test_an_unfinished_answer_is_asked_for_once_more(first: Answer, complaint: str) -> None:
    with serving(first, completion("a plan")) as server:
        answer = plan(server)
    assert (answer.text, answer.complaint, len(answer.replies)) == ("a plan", None, 2)
    assert complaint in server.bodies[1]["messages"][-1]["content"]
    assert all(m["content"] for m in server.bodies[1]["messages"])


def test_an_answer_that_stays_unfinished_is_the_complaint_of_the_step() -> None:
    with serving(completion("a plan that br", "length")) as server:
        answer = plan(server)
    assert "cut off at the length limit" in answer.complaint
    assert len(server.asked) == 2


def test_a_request_that_is_refused_is_the_end_of_that_request_only() -> None:
    with serving(error(400, "messages: malformed")) as server, pytest.raises(ModelError) as caught:
        plan(server)
    assert type(caught.value) is ModelError
