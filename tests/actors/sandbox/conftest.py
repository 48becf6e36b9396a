"""Executors for the tests of this folder: one warm sandbox a level, shared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.contracts import DataBundle
from actors.sandbox.executor import LocalExecutor
from actors.sandbox.probe import probe
from actors.sandbox.settings import Level, SandboxSettings

BUNDLE = DataBundle("d1", (("more/notes.txt", b"hello"), ("train.csv", b"id,y\n1,2\n")))
SECOND = DataBundle("d2", (("train.csv", b"id,y\n9,9\n"),))


@pytest.fixture(
    scope="session",
    params=["namespaces", pytest.param("landlock", marks=pytest.mark.slow), "limits"],
)
def level(request: pytest.FixtureRequest) -> Level:
    """Every level that works on this machine."""
    report = probe()
    if request.param not in report.works:
        pytest.skip(f"{request.param} does not work here: {dict(report.faults)[request.param]}")
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that scripts must not read."""
    path = tmp_path_factory.mktemp("answers") / "answers.csv"
    path.write_text("id,y\n1,0.8051943\n")
    return path


@pytest.fixture(scope="session")
def warm(level: Level, answers: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalExecutor]:
    """A warm executor of a level."""
    settings = SandboxSettings(
        level=level, hidden_paths=(answers.parent,), cache=tmp_path_factory.mktemp("cache")
    )
    executor = LocalExecutor(settings, {"d1": BUNDLE, "d2": SECOND})
    yield executor
    executor.close()


@pytest.fixture(scope="session")
def cold(level: Level, answers: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalExecutor]:
    """A cold executor of a level."""
    settings = SandboxSettings(
        level=level, warm=False, hidden_paths=(answers.parent,), cache=tmp_path_factory.mktemp("cache")
    )
    executor = LocalExecutor(settings, {"d1": BUNDLE, "d2": SECOND})
    yield executor
    executor.close()
