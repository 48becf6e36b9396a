"""What a try at an endpoint can come to, besides an answer."""

from __future__ import annotations

from actors.contracts import ChatReply
from actors.errors import TransientModelError


class RetryableFault(TransientModelError):
    """One try failed and another may pass; it never leaves the gateway."""

    def __init__(
        self,
        message: str,
        after: float | None = None,
        *,
        congestion: bool = False,
        everyone: bool = False,
        late: bool = False,
        replies: tuple[ChatReply, ...] = (),
    ) -> None:
        """How to go on.

        Args:
            message: what happened, one line.
            after: seconds that the endpoint asks to wait, None when it does not say.
            congestion: whether fewer requests at once may help.
            everyone: whether the endpoint as a whole is at fault, and not this request alone.
            late: whether no answer came in time.
            replies: what the try was billed all the same.
        """
        super().__init__(message, replies)
        self.after = after
        self.congestion = congestion
        self.everyone = everyone
        self.late = late
