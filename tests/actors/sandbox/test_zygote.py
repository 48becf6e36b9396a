"""What a script left is removed, and what is mounted there is not even looked at."""

from __future__ import annotations

import os
from pathlib import Path

from actors.sandbox.inside.zygote import empty


def test_all_that_was_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").write_text("left")
    (tmp_path / "link").symlink_to("/etc")
    (tmp_path / "nowhere").symlink_to(tmp_path / "a" / "gone")
    os.mkfifo(tmp_path / "pipe")
    assert empty(str(tmp_path), os.stat(tmp_path).st_dev)
    assert list(tmp_path.iterdir()) == []
    assert Path("/etc/hostname").exists()


def test_another_device_is_left_alone(tmp_path: Path) -> None:
    """Seen from a device that is not its own, a folder is like one with mounts in it."""
    (tmp_path / "venv" / "lib").mkdir(parents=True)
    (tmp_path / "venv" / "lib" / "module.py").write_text("")
    assert not empty(str(tmp_path), os.stat(tmp_path).st_dev + 1)
    assert (tmp_path / "venv" / "lib" / "module.py").exists()
