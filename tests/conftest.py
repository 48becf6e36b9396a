"""One small Ray for all tests that need one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runners.ray_session import environment, ray_session
from runners.settings import RaySettings

environment()  # Ray reads it when it is imported, and test modules import Ray


@pytest.fixture(scope="session")
def cluster() -> Iterator[None]:
    with ray_session(RaySettings()):
        yield
