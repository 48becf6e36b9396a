"""What replies cost together, and what a sweep has spent, folded from its scratchpad."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pyarrow.compute as pc

from actors.contracts import ChatReply
from scratchpad.store import Scratchpad


def summed(replies: Sequence[ChatReply]) -> ChatReply:
    """The last reply with what all used together; its cost is None when one of them has no price."""
    priced = [reply.cost for reply in replies if reply.cost is not None]
    return replace(
        replies[-1],
        tokens_in=sum(reply.tokens_in for reply in replies),
        tokens_out=sum(reply.tokens_out for reply in replies),
        cost=sum(priced) if len(priced) == len(replies) else None,
        seconds=sum(reply.seconds for reply in replies),
        tries=sum(reply.tries for reply in replies),
    )


def dollars_spent(uri: str) -> float:
    """Dollars of all entries in the journal at `uri`; one without a price adds nothing."""
    store = Scratchpad.open(uri, read_only=True)
    try:
        return float(pc.sum(store.snapshot()["cost"]).as_py() or 0.0)
    finally:
        store.close()
