"""What tests of the catalogue share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The input folder of a script that runs in the working directory."""
    (tmp_path / "input").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path / "input"
