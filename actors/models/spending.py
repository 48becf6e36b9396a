"""What a sweep has spent on its model, folded from the scratchpad."""

from __future__ import annotations

import pyarrow.compute as pc

from scratchpad.store import Scratchpad


def dollars_spent(uri: str) -> float:
    """Dollars of all steps recorded in the journal at `uri`; a step without a price adds nothing."""
    store = Scratchpad.open(uri, read_only=True)
    try:
        return float(pc.sum(store.snapshot()["cost"]).as_py() or 0.0)
    finally:
        store.close()
