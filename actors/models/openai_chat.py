"""Chat models behind an OpenAI-compatible endpoint; one try a call, the gateway does the rest."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import Any

from openai import AsyncOpenAI, OpenAIError
from openai.types.chat import ChatCompletion, ChatCompletionMessage
from openai.types.responses import Response

from actors.contracts import ChatReply, ChatRequest
from actors.errors import FatalModelError
from actors.models.faults import RetryableFault
from actors.models.openai_faults import Refusal, meaning, refused_parameter, said
from actors.models.settings import ModelSettings, RoleModel

NO_KEY = "none"  # what a local server gets, which asks for no key
LEAST_SECRET = 8  # characters; a shorter key is a stand-in, and a part of ordinary words
SETTING_OF = {  # what the user wrote, by what was sent for it
    "response_format": "model.structured_output",
    "text": "model.structured_output",
    "max_tokens": "model.max_tokens",
    "max_completion_tokens": "model.max_tokens",
    "max_output_tokens": "model.max_tokens",
    "temperature": "model.temperature",
    "reasoning_effort": "model.reasoning_effort",
    "reasoning": "model.reasoning_effort",
}


class OpenAIChat:
    """One try a call; raises RetryableFault where another may pass, ModelError or FatalModelError."""

    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings
        self._client = AsyncOpenAI(
            api_key=settings.api_key or NO_KEY,
            base_url=settings.base_url,
            max_retries=0,
            timeout=settings.timeout_seconds,
        )
        self._without: set[tuple[str, str]] = set()  # (model, parameter) that its endpoint refused
        self._newer: set[str] = set()  # models that want max_completion_tokens

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Ask once; a parameter that the endpoint refuses and we can do without is left out from then on."""
        chosen = self._settings.for_role(request.role)
        name = str(chosen.name)
        while True:
            sent = self._search(request, chosen) if request.web_search else self._chat(request, chosen)
            try:
                async with asyncio.timeout(self._settings.timeout_seconds):
                    if request.web_search:
                        reply = self._read_response(await self._client.responses.create(**sent), name)
                    else:
                        reply = self._read(await self._client.chat.completions.create(**sent), name)
            except (OpenAIError, ValueError, TimeoutError) as error:  # ValueError: a body that is no JSON
                if self._adapt(error, name, sent):
                    continue
                fault = self._cleaned(self._fault(error, name, sent))
                if isinstance(fault, Refusal):
                    return ChatReply(str(fault), name, finish="refusal")
                raise fault from None
            return replace(reply, text=self._clean(reply.text))

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    # --- what is sent

    def _chat(self, request: ChatRequest, chosen: RoleModel) -> dict[str, Any]:
        name = str(chosen.name)
        newer = chosen.reasoning_effort or self._settings.base_url is None or name in self._newer
        sent: dict[str, Any] = {
            "model": name,
            "messages": _messages(request),
            "seed": request.seed,
            "temperature": chosen.temperature,
            "max_completion_tokens" if newer else "max_tokens": chosen.max_tokens,
            "reasoning_effort": chosen.reasoning_effort,
        }
        if shape := self._shape(request):
            sent["response_format"] = {"type": "json_schema", "json_schema": shape}
        return {k: v for k, v in sent.items() if v is not None and (name, k) not in self._without}

    def _search(self, request: ChatRequest, chosen: RoleModel) -> dict[str, Any]:
        shape = self._shape(request)
        sent = {
            "model": chosen.name,
            "input": _messages(request),
            "text": {"format": {"type": "json_schema", **shape}} if shape else None,
            "tools": [{"type": "web_search"}],
            "temperature": chosen.temperature,
            "max_output_tokens": chosen.max_tokens,
            "reasoning": {"effort": chosen.reasoning_effort} if chosen.reasoning_effort else None,
        }
        return {k: v for k, v in sent.items() if v is not None and (chosen.name, k) not in self._without}

    def _shape(self, request: ChatRequest) -> dict[str, Any] | None:
        """The schema that the answer is to hold to."""
        if request.schema is None or self._settings.structured_output == "off":
            return None
        return {"name": request.role, "schema": dict(request.schema), "strict": True}

    # --- what can go wrong

    def _adapt(self, error: BaseException, name: str, sent: dict[str, Any]) -> bool:
        """Whether the same request may pass in another form."""
        refused = refused_parameter(error, sent)
        shape = refused in ("response_format", "text") and self._settings.structured_output == "auto"
        if refused is not None and (refused == "seed" or shape):
            self._without.add((name, refused))
            return True
        if refused == "max_tokens" and "max_completion_tokens" in said(error):
            self._newer.add(name)
            return True
        return False

    def _fault(self, error: BaseException, name: str, sent: dict[str, Any]) -> Exception:
        refused = refused_parameter(error, sent)
        if refused in SETTING_OF:
            return FatalModelError(f"{SETTING_OF[refused]}: {name} does not take it ({said(error)})")
        if refused == "tools" or ("tools" in sent and getattr(error, "status_code", 0) in (404, 405, 501)):
            return FatalModelError(
                f"the endpoint has no search tool for {name}, set model.web_search=false ({said(error)})"
            )
        return meaning(error, name)

    def _clean(self, text: str) -> str:
        """The text without the key, which some servers repeat."""
        key = self._settings.api_key or ""
        return text.replace(key, "***") if len(key) >= LEAST_SECRET else text

    def _cleaned(self, fault: Exception) -> Exception:
        fault.args = (self._clean(str(fault)),)
        return fault

    # --- what comes back

    def _read(self, answer: object, name: str) -> ChatReply:
        if not isinstance(answer, ChatCompletion):
            raise RetryableFault("the endpoint's reply is not a chat completion")
        counted = _counted(answer.usage, "prompt_tokens", "completion_tokens")
        blank = self._reply(answer.model or name, name, counted)
        choice = next(iter(answer.choices or ()), None)
        message = getattr(choice, "message", None)
        if choice is None or not isinstance(message, ChatCompletionMessage):
            detail = (answer.model_extra or {}).get("error", "")
            told = self._clean(f": {detail}"[:200]) if detail else ""
            raise RetryableFault(f"the endpoint's reply holds no choice{told}", replies=(blank,))
        text = _without_thoughts(message.content) if isinstance(message.content, str) else ""
        if message.refusal or choice.finish_reason == "content_filter":
            return replace(blank, text=message.refusal or text, finish="refusal")
        if choice.finish_reason == "length":
            return replace(blank, text=text, finish="length")
        if not text.strip():
            raise RetryableFault("the endpoint's reply is empty", replies=(blank,))
        return replace(blank, text=text)

    def _read_response(self, answer: object, name: str) -> ChatReply:
        if not isinstance(answer, Response) or not isinstance(answer.output, list):
            raise RetryableFault("the endpoint's reply is not a response")
        counted = _counted(answer.usage, "input_tokens", "output_tokens")
        searches = sum(item.type == "web_search_call" for item in answer.output)
        blank = self._reply(str(answer.model or name), name, counted, searches)
        parts = [p for item in answer.output if item.type == "message" for p in item.content or ()]
        refusal = "".join(p.refusal or "" for p in parts if p.type == "refusal")
        text = _without_thoughts("".join(p.text or "" for p in parts if p.type == "output_text"))
        reason = answer.incomplete_details.reason if answer.incomplete_details else None
        if refusal or reason == "content_filter":
            return replace(blank, text=refusal or text, finish="refusal")
        if reason == "max_output_tokens":
            return replace(blank, text=text, finish="length")
        if not text.strip():
            detail = self._clean(answer.error.message) if answer.error else "it is empty"
            raise RetryableFault(f"the endpoint's reply cannot be used: {detail}", replies=(blank,))
        return replace(blank, text=text)

    def _reply(self, served: str, name: str, counted: tuple[int, int] | None, searches: int = 0) -> ChatReply:
        if counted is None:
            blank = ChatReply("", served, cost=None)
            if self._settings.capped:
                raise FatalModelError(
                    f"model.spend_cap_dollars: the endpoint reports no usage for {name}, so that the cap "
                    "cannot be held; take it away or use another endpoint",
                    (blank,),
                )
            return blank
        cost = self._settings.cost(name, *counted, searches)
        blank = ChatReply("", served, counted[0], counted[1], cost)
        if cost is None and self._settings.capped:
            raise FatalModelError(
                f"model.spend_cap_dollars: a reply of {name} has no price, so that the cap cannot be held; "
                f"give model.prices.{name} (search included)",
                (blank,),
            )
        return blank


def _messages(request: ChatRequest) -> list[dict[str, str]]:
    """The messages as JSON can carry them: output of a script may hold lone surrogates."""
    return [
        {"role": m.role, "content": m.content.encode("utf-8", "replace").decode()} for m in request.messages
    ]


def _counted(usage: object, first: str, second: str) -> tuple[int, int] | None:
    """The tokens in and out; None where the endpoint does not say."""
    tokens_in, tokens_out = getattr(usage, first, None), getattr(usage, second, None)
    return (tokens_in, tokens_out) if isinstance(tokens_in, int) and isinstance(tokens_out, int) else None


def _without_thoughts(text: str) -> str:
    """The answer alone: local servers often leave a reasoning model's thoughts in front of it."""
    return re.sub(r"\A\s*<think>.*?</think>\s*", "", text, flags=re.DOTALL)
