"""One small Ray for all tests that need one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runners.ray_session import environment, ray_session
from runners.settings import RaySettings

SANDBOX = Path(__file__).parent / "actors" / "sandbox"

environment()  # Ray reads it when it is imported, and test modules import Ray


@pytest.hookimpl(tryfirst=True)  # before the workers read the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where workers share the tests, one has the cluster, one the sandbox; files stay whole, slow first."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    for item in items:
        group = "sandbox" if SANDBOX in item.path.parents else str(item.path)
        group = "cluster" if "cluster" in getattr(item, "fixturenames", ()) else group
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def cluster() -> Iterator[None]:
    with ray_session(RaySettings()):
        yield
