"""The follower of the scratchpad: screen and files keep up, and catch up."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from omegaconf import OmegaConf
from rich.console import Console
from sweepentries import TASKS, attempt, whole_sweep

from runners.board import Board
from runners.config import load_config
from runners.progress import Progress
from runners.schema import BenchConf, TasksConf
from runners.settings import SweepConfig
from runners.watch import Watch
from scratchpad.client import LocalClient
from scratchpad.store import Scratchpad


@pytest.fixture
def config(tmp_path: Path) -> SweepConfig:
    conf = BenchConf(tasks=TasksConf({"quick": True}), runs=str(tmp_path), name="s", attempts=2)
    conf.agent.name, conf.profile.name = "mle_star", "fast"
    conf.model.kind = conf.model.name = "offline"
    return load_config(OmegaConf.structured(conf))


def watch_of(config: SweepConfig, pad: Scratchpad, out: io.StringIO) -> Watch:
    board = Board(TASKS, 2)
    progress = Progress(Console(file=out, width=200), board, slots=1)
    return Watch(config, board, LocalClient(pad), progress)


def test_files_follow_while_a_sweep_runs(config: SweepConfig) -> None:
    pad = Scratchpad()
    with watch_of(config, pad, io.StringIO()) as watch:
        attempt(pad, "up", 0, 0.9, True)
        watch.tick()
        folder = config.folder / "attempts" / "up" / "0"
        assert {"solution.py", "submission.csv", "report.md"} <= {path.name for path in folder.iterdir()}
        assert json.loads((config.folder / "results.json").read_text())["success_at"]["1"] == 0.25
        attempt(pad, "down", 1, 1.0, True)
    assert json.loads((config.folder / "results.json").read_text())["success_at"]["1"] == 0.5
    assert (config.folder / "attempts" / "down" / "1" / "report.md").is_file()


def test_a_resumed_sweep_says_nothing_of_the_past(config: SweepConfig) -> None:
    pad, out = whole_sweep(), io.StringIO()
    with watch_of(config, pad, out) as watch:
        watch.tick()
        assert out.getvalue() == ""
        attempt(pad, "down", 1, 1.0, True)
        watch.tick()
    assert "down attempt 2/2: rmse 1, success" in out.getvalue()


def test_a_full_disk_stops_nothing_and_is_made_up_for(
    config: SweepConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    pad = Scratchpad()
    with watch_of(config, pad, io.StringIO()) as watch:
        attempt(pad, "up", 0, 0.9, True)
        with monkeypatch.context() as patch:
            patch.setattr("runners.results.write_whole", _refuse)
            watch.tick()
        assert not (config.folder / "attempts" / "up" / "0" / "solution.py").exists()
        watch.tick()
        assert (config.folder / "attempts" / "up" / "0" / "solution.py").exists()


def _refuse(*_: object) -> None:
    raise OSError("no space left on device")
