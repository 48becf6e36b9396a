"""Scratchpads to test, and entries to put into them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.fs as pafs
import pytest

from scratchpad.client import Client, LocalClient
from scratchpad.store import Scratchpad

Opener = Callable[[Path], Client]


def _memory(_: Path) -> Client:
    return LocalClient()


def _local(root: Path) -> Client:
    return LocalClient(Scratchpad.open(root))


def _segments(root: Path) -> Client:
    root.mkdir(parents=True, exist_ok=True)
    filesystem = pafs.SubTreeFileSystem(str(root), pafs.LocalFileSystem())
    return LocalClient(Scratchpad.open("pad", filesystem=filesystem))


def _actor(root: Path) -> Client:
    from scratchpad.actor import ScratchpadClient

    return ScratchpadClient.start(root)


@pytest.fixture(params=["memory", "local", "segments", pytest.param("actor", marks=pytest.mark.ray)])
def opener(request: pytest.FixtureRequest) -> Opener:
    if request.param == "actor":
        request.getfixturevalue("cluster")
    return {"memory": _memory, "local": _local, "segments": _segments, "actor": _actor}[request.param]


@pytest.fixture
def client(opener: Opener, tmp_path: Path) -> Iterator[Client]:
    opened = opener(tmp_path / "pad")
    yield opened
    opened.close()
