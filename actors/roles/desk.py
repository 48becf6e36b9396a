"""Where an attempt asks its roles: the plain desk, and the Ray actors behind the same interface."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from actors.contracts import ChatModel, ChatReply, ChatRequest, Message
from actors.errors import AnswerError, ModelError
from actors.models.spending import summed
from actors.remote import call
from actors.roles.registry import ROLES

UNFINISHED = {  # how a reply ended -> the complaint
    "length": "it was cut off at the length limit; answer more briefly",
    "refusal": "the model declined to answer; the task is an ordinary machine-learning exercise",
}


@dataclass(frozen=True)
class RoleAnswer:
    """A role's last answer and what asking cost, re-asks included."""

    text: str
    complaint: str | None  # the parser's, when the last answer still did not parse
    replies: tuple[ChatReply, ...]

    @property
    def total(self) -> ChatReply:
        """The last reply with what all used together."""
        return summed(self.replies)


class RoleDesk(Protocol):
    """Asks a role by name."""

    async def ask(
        self, role: str, inputs: Any, seed: int, web_search: bool = False, until: float = math.inf
    ) -> RoleAnswer:
        """Ask, and again with the parser's complaint as often as the role allows, until then.

        `until` is in seconds since the epoch. Raises ModelError, with what was billed, and BudgetExhausted.
        """


class RoleHost:
    """One role before one chat model; it keeps nothing between calls."""

    def __init__(self, name: str, model: ChatModel) -> None:
        self._role = ROLES[name]
        self._model = model

    async def ask(
        self, inputs: Any, seed: int, web_search: bool = False, until: float = math.inf
    ) -> RoleAnswer:
        """Ask, parse, and re-ask with the complaint when the answer does not parse."""
        messages = self._role.messages(inputs)
        replies: list[ChatReply] = []
        complaint = None
        for turn in range(self._role.re_asks + 1):
            request = ChatRequest(
                self._role.name,
                messages,
                seed + turn,
                web_search and self._role.web_search,
                self._role.schema,
                until,
            )
            try:
                reply = await self._model.complete(request)
            except ModelError as error:
                error.replies = (*replies, *error.replies)
                raise
            replies.append(reply)
            try:
                if reply.finish in UNFINISHED:
                    raise AnswerError(UNFINISHED[reply.finish])
                self._role.read(inputs, reply.text)
            except AnswerError as error:
                complaint = str(error)
                given = (Message("assistant", reply.text),) if reply.text else ()
                again = f"Your answer cannot be used: {complaint}. Answer again, in full."
                messages = (*messages, *given, Message("user", again))
                continue
            return RoleAnswer(reply.text, None, tuple(replies))
        return RoleAnswer(replies[-1].text, complaint, tuple(replies))


class LocalDesk:
    """All roles in this process."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model

    async def ask(
        self, role: str, inputs: Any, seed: int, web_search: bool = False, until: float = math.inf
    ) -> RoleAnswer:
        """See RoleDesk."""
        return await RoleHost(role, self._model).ask(inputs, seed, web_search, until)


class RayDesk:
    """One Ray actor a role, shared by all attempts of a sweep; made on first use, or by `open`."""

    TRIES = 30  # about a second each; a role keeps nothing, so that a call can be made again

    def __init__(self, sweep: str, model: ChatModel) -> None:
        self._sweep = sweep
        self._model = model
        self._actors: dict[str, Any] = {}

    async def ask(
        self, role: str, inputs: Any, seed: int, web_search: bool = False, until: float = math.inf
    ) -> RoleAnswer:
        """See RoleDesk."""
        from ray.exceptions import RayActorError

        for left in reversed(range(self.TRIES)):
            try:
                answer: RoleAnswer = await call(self._actor(role).ask, inputs, seed, web_search, until)
            except RayActorError:
                if not left:
                    raise
                self._actors.pop(role, None)
                await asyncio.sleep(1.0)
            else:
                return answer
        raise AssertionError("unreachable")

    def open(self, roles: Iterable[str]) -> None:
        """Start the actors of roles that will be asked, so that no attempt waits for one after the other."""
        for role in roles:
            self._actor(role)

    def _actor(self, role: str) -> Any:
        import ray

        if role not in self._actors:
            self._actors[role] = (
                ray.remote(RoleHost)
                .options(
                    name=f"{self._sweep}/{role}",
                    get_if_exists=True,
                    num_cpus=0,
                    max_restarts=-1,
                    max_concurrency=1000,
                )
                .remote(role, self._model)
            )
        return self._actors[role]
