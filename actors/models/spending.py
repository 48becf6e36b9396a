"""What a sweep has spent on its model, folded from the scratchpad."""

from __future__ import annotations

import pyarrow.compute as pc

from scratchpad.client import Client


def dollars_spent(client: Client) -> float:
    """Dollars of all recorded steps; a step without a price adds nothing."""
    total = pc.sum(client.snapshot()["cost"]).as_py()
    return float(total or 0.0)
