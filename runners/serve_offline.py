"""The offline engineer as an OpenAI-compatible endpoint on loopback: `python -m runners.serve_offline`.

It works from the messages' text and the seed alone, like any model. Whatever model a request names, the
reply says who answered: `offline`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
import uuid
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from actors.contracts import ChatModel, ChatReply, ChatRequest, Message
from actors.errors import InputError, ModelError
from actors.models.offline.engineer import NAME, OfflineEngineer

HOST = "127.0.0.1"  # never further: it asks for no key
PORT = 8399
ROLES = ("system", "user", "assistant")
REFUSED = ("stream", "response_format", "tools", "functions", "stop", "logprobs", "modalities")
# They change the form of an answer, so that nobody may believe they were heeded; sampling means nothing here.


def read_request(body: object) -> ChatRequest:
    """A chat-completions body as a request; raises InputError with what cannot be served."""
    if not isinstance(body, dict):
        raise InputError("the body must be a JSON object")
    asked = [name for name in REFUSED if body.get(name)] + ["n"] * (body.get("n") not in (None, 1))
    if asked:
        raise InputError(f"{', '.join(asked)}: not supported by the offline engineer; leave it out")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise InputError("messages must be a non-empty list")
    seed = body.get("seed", 0)
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise InputError("seed must be an integer")
    return ChatRequest("", tuple(_message(m) for m in messages), seed)


def _message(value: object) -> Message:
    if isinstance(value, dict):
        role, content = value.get("role"), value.get("content")
        if role in ROLES and isinstance(content, str):
            return Message(role, content)
    raise InputError(f"each message needs a role ({', '.join(ROLES)}) and its content as a text")


def completion(reply: ChatReply) -> dict[str, Any]:
    """A reply as the body of a chat completion."""
    message = {"role": "assistant", "content": reply.text, "refusal": None}
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": NAME,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": reply.tokens_in,
            "completion_tokens": reply.tokens_out,
            "total_tokens": reply.tokens_in + reply.tokens_out,
        },
    }


def refusal(message: str) -> JSONResponse:
    """A 400 as OpenAI's API words it."""
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return JSONResponse({"error": error}, 400)


def application(model: ChatModel | None = None) -> Starlette:
    """The web application around a model, the offline engineer by default."""
    engineer = model if model is not None else OfflineEngineer()

    async def chat(request: Request) -> JSONResponse:
        try:
            asked = read_request(await request.json())
        except InputError as error:
            return refusal(str(error))
        except (json.JSONDecodeError, UnicodeDecodeError):
            return refusal("the body is not JSON")
        try:
            return JSONResponse(completion(await engineer.complete(asked)))
        except ModelError as error:
            return refusal(str(error))

    async def models(request: Request) -> JSONResponse:
        served = {"id": NAME, "object": "model", "created": 0, "owned_by": "fivestar-mle"}
        return JSONResponse({"object": "list", "data": [served]})

    routes = [
        Route("/v1/chat/completions", chat, methods=["POST"]),
        Route("/v1/models", models, methods=["GET"]),
    ]
    return Starlette(routes=routes)


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="The offline engineer as an OpenAI-compatible endpoint.")
    parser.add_argument("--port", type=int, default=PORT, help=f"on {HOST}; 0 takes a free one ({PORT})")
    port = parser.parse_args().port
    server = uvicorn.Server(uvicorn.Config(application(), HOST, port, log_level="warning", access_log=False))
    asyncio.run(_serve(server))


async def _serve(server: uvicorn.Server) -> None:
    serving = asyncio.ensure_future(server.serve())
    while not server.started and not serving.done():
        await asyncio.sleep(0.05)
    if server.started:
        port = server.servers[0].sockets[0].getsockname()[1]
        print(
            f"serving at http://{HOST}:{port}/v1; use it with "
            f"model=openai model.base_url=http://{HOST}:{port}/v1 model.name={NAME} model.api_key=x",
            flush=True,
        )
    await serving


if __name__ == "__main__":
    main()
