"""Tells a part of the system that died from code that raised."""

from __future__ import annotations

import sys

from actors.errors import LostError
from scratchpad.errors import ScratchpadError


def is_loss(error: BaseException | None) -> bool:
    """Whether an error is of a dead actor, worker, node or journal, however deep Ray has wrapped it.

    Such an error is no ending of an attempt: the attempt goes on from its last recorded step.
    """
    if error is None:
        return False
    if isinstance(error, LostError | ScratchpadError):
        return True
    exceptions = sys.modules.get("ray.exceptions")
    if exceptions is None:
        return False
    if isinstance(error, exceptions.RayTaskError):  # code that raised: what it raised decides
        return is_loss(error.cause)
    return isinstance(error, exceptions.RayError)
