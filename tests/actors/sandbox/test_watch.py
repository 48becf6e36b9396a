"""The watch sees every process of a tree, and its memory without reading more than it must."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.contracts import ExitStatus, Limits
from actors.sandbox.inside import tree
from actors.sandbox.shared_memory import SharedMemory
from actors.sandbox.watch import Watch

pytestmark = pytest.mark.slow

FAMILY = """
import subprocess, sys, time
if int(sys.argv[1]):
    subprocess.Popen([sys.executable, "-c", open(sys.argv[2]).read(), str(int(sys.argv[1]) - 1), sys.argv[2]])
block = bytearray(30 << 20)
time.sleep(60)
"""


def wait_for(family: subprocess.Popen[bytes], count: int) -> None:
    for _ in range(400):
        if len(tree.below(family.pid)) == count:
            return
        time.sleep(0.05)
    raise AssertionError("the family did not grow")


@pytest.fixture
def family(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    path = tmp_path / "family.py"
    path.write_text(FAMILY)
    parent = subprocess.Popen([sys.executable, str(path), "2", str(path)])
    try:
        wait_for(parent, 2)
        yield parent
    finally:
        tree.end(parent.pid)
        parent.kill()
        parent.wait()


def test_the_kernels_lists_name_the_same_processes_as_a_look_at_all(
    family: subprocess.Popen[bytes],
) -> None:
    assert sorted(tree.below(family.pid)) == sorted(tree.descendants(family.pid))
    assert tree.below(1 << 22) == []


def test_memory_is_measured_again_only_after_growth(
    family: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    time.sleep(0.5)
    read: list[int] = []
    measured = tree.memory

    def counted(pid: int) -> int:
        read.append(pid)
        return measured(pid)

    monkeypatch.setattr(tree, "memory", counted)
    work = os.open("/tmp", os.O_RDONLY)
    try:
        watch = Watch(family.pid, work, Limits(), SharedMemory(os.geteuid(), False))
        watch.look()
        first, peak = len(read), watch.peak
        watch.look()
        assert first == 2
        assert len(read) == first
        assert watch.peak == peak > 2 * (30 << 20)
        strict = Watch(family.pid, work, Limits(memory_bytes=50 << 20), SharedMemory(os.geteuid(), False))
        strict.look()
        assert strict.breach is not None
        assert strict.breach[0] is ExitStatus.MEMORY
    finally:
        os.close(work)
