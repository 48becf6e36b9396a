"""A chat model that answers from a script: for conformance tests of agents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from actors.contracts import ChatReply, ChatRequest
from actors.errors import ModelError

Answer = str | Callable[[ChatRequest], str]


@dataclass
class ScriptedModel:
    """Answers each role from its own list, in order; the last answer repeats.

    `requests` keeps what was asked. Raises ModelError for a role without answers.
    """

    answers: Mapping[str, list[Answer]]
    requests: list[ChatRequest] = field(default_factory=list)

    async def complete(self, request: ChatRequest) -> ChatReply:
        """The next answer of the asking role."""
        answers = self.answers.get(request.role)
        if not answers:
            raise ModelError(f"the script has no answer for the role {request.role}")
        asked = sum(r.role == request.role for r in self.requests)
        self.requests.append(request)
        answer = answers[min(asked, len(answers) - 1)]
        text = answer if isinstance(answer, str) else answer(request)
        return ChatReply(text, "scripted", tokens_in=10, tokens_out=5, cost=0.001)

    def asked(self, role: str) -> list[str]:
        """The user messages that a role got, in order."""
        return [r.messages[-1].content for r in self.requests if r.role == role]
