"""Programs as trees, for many roles at once."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from actors.models.offline.syntax import parsed


@pytest.fixture
def busy_threads() -> Iterator[None]:
    """Threads that switch wherever they can: every collection runs some Python."""

    def collected(phase: str, info: dict[str, Any]) -> None:
        for _ in range(20):
            pass

    interval, threshold = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(1e-6)
    gc.set_threshold(50)
    gc.callbacks.append(collected)
    yield
    gc.callbacks.remove(collected)
    gc.set_threshold(*threshold)
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("busy_threads")
def test_threads_build_their_trees_one_after_the_other() -> None:
    program = "x = [(1, {'a': [2, (3, 4)]}), f(lambda y: y + 1)]\n" * 100
    with ThreadPoolExecutor(8) as pool:
        trees = list(pool.map(lambda n: parsed(f"{program}n = {n}"), range(100)))
    assert all(len(tree.body) == 101 for tree in trees)
