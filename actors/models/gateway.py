"""The sweep's one way to its model, so that limits hold for the whole sweep on the whole cluster."""

from __future__ import annotations

import asyncio
from typing import Any

from actors.contracts import ChatModel, ChatReply, ChatRequest


class ModelGateway:
    """Passes requests on to one model and counts what they use."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer; raises ModelError."""
        return await self._model.complete(request)


class RayModel:
    """A gateway held by an actor, behind the same call."""

    TRIES = 5  # a request lost with the actor has no effect but its cost

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer; raises ModelError."""
        from ray.exceptions import RayActorError

        for left in reversed(range(self.TRIES)):
            try:
                reply: ChatReply = await self._actor.complete.remote(request)
            except RayActorError:
                if not left:
                    raise
                await asyncio.sleep(1.0)
            else:
                return reply
        raise AssertionError("unreachable")
