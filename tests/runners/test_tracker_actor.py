"""The tracker in its own process: it comes back after a kill and repeats nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from omegaconf import OmegaConf
from sweepentries import TASKS, whole_sweep

from runners.config import load_config
from runners.schema import BenchConf, TasksConf, TrackerConf
from runners.tracker_actor import start_tracker
from scratchpad.schema import to_entries


@pytest.mark.ray
@pytest.mark.usefixtures("cluster")
def test_a_killed_tracker_comes_back(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    conf = BenchConf(
        tasks=TasksConf({"quick": True}), tracker=TrackerConf("mlflow"), runs=str(tmp_path), name="s"
    )
    conf.attempts, conf.agent.name, conf.profile.name = 2, "mle_star", "fast"
    conf.model.kind = conf.model.name = "offline"
    config = load_config(OmegaConf.structured(conf))
    entries = to_entries(whole_sweep().snapshot())
    import ray

    from scratchpad.actor import ScratchpadClient

    client = ScratchpadClient.start(config.journal)
    tracker = start_tracker(config, TASKS, client)
    for entry in entries[:10]:
        client.append([entry])
    ray.kill(tracker._actor, no_restart=False)
    client.append(entries[10:])
    tracker.finish()
    lines = tracker.closing_lines()
    client.close()
    assert "compare-runs" in lines[1]
    assert "behind" not in " ".join(lines)

    from mlflow.tracking import MlflowClient

    found = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}").search_runs(["1"])
    assert len(found) == 7
    assert (tmp_path / "mlartifacts").is_dir()
    out, err = capfd.readouterr()
    assert (out, err.replace("\n", "")) == ("", "")
