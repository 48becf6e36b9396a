"""A call of an actor's method that ends as a local one would."""

from __future__ import annotations

import asyncio
from typing import Any

from actors.errors import FiveStarError


async def call(method: Any, *arguments: Any) -> Any:
    """Await a remote method: our own errors arrive bare, and a cancelled call is cancelled there, too."""
    import ray
    from ray.exceptions import RayTaskError

    reference = method.remote(*arguments)
    try:
        return await reference
    except asyncio.CancelledError:
        ray.cancel(reference)
        raise
    except RayTaskError as error:
        if isinstance(error.cause, FiveStarError):
            raise error.cause from None
        raise
