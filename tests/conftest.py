"""One small Ray for all tests that need one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runners.ray_session import environment, ray_session
from runners.settings import RaySettings

SANDBOX = Path(__file__).parent / "actors" / "sandbox"

environment()  # Ray reads it when it is imported, and test modules import Ray


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where workers share the tests, one of them has Ray, one the sandbox, and each file stays whole."""
    for item in items:
        group = "sandbox" if SANDBOX in item.path.parents else str(item.path)
        group = "ray" if item.get_closest_marker("ray") else group
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def cluster() -> Iterator[None]:
    with ray_session(RaySettings()):
        yield
