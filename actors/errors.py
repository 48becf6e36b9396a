"""The errors of the system: one root, few leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from actors.contracts import ChatReply


class FiveStarError(Exception):
    """The root of every error this project raises on purpose."""


class InputError(FiveStarError):
    """A user's input is wrong; the message names the thing, the place and the fix."""


class ModelError(FiveStarError):
    """A model endpoint refused or failed a request for good."""

    def __init__(self, message: str, replies: tuple[ChatReply, ...] = ()) -> None:
        """Say what happened; `replies` were billed, though nothing came of them."""
        super().__init__(message)
        self.replies = replies


class FatalModelError(ModelError):
    """An endpoint fault that no other request can escape (bad key, unknown model): the sweep ends."""


class AnswerError(FiveStarError):
    """A role's answer does not parse; the message is the parser's complaint."""


class BudgetExhausted(FiveStarError):
    """An attempt has used up its seconds, tokens or dollars; the message says which."""


class AccessError(FiveStarError):
    """A read outside the reader's own scratchpad namespace."""


class JournalError(FiveStarError):
    """A journal cannot be read or written; the message names the file."""


class TransientModelError(ModelError):
    """An endpoint fault that outlived its retries, though another request may pass."""


class AgentError(FiveStarError):
    """An agent cannot go on with its attempt."""


class LostError(FiveStarError):
    """A part of the system died under the work, which says nothing about the work itself."""
