"""One small Ray for all tests that need one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from runners.ray_session import environment, ray_session
from runners.settings import RaySettings

SANDBOX = "tests/actors/sandbox/"

environment()  # Ray reads it when it is imported, and test modules import Ray


class ByRoom(LoadScopeScheduling):
    """One worker has the sandbox, whose tests share /dev/shm, and each other file stays whole.

    xdist's own groups are names that it adds to tests, which pytest 9.2 does not let it do.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::", maxsplit=1)[0]
        return "sandbox" if path.startswith(SANDBOX) else path


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """How workers share the tests."""
    return ByRoom(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow tests first, so that no worker ends with one alone."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def cluster() -> Iterator[None]:
    with ray_session(RaySettings()):
        yield
