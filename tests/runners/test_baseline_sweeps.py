"""Whole sweeps of the baselines, those with a model over HTTP: graded, reported and tracked.

That the served engineer scores like the one in the process is tested of the agent whose prompts hold most
that could differ, the output of a shell; the other agents' requests are of the kinds that MLE-STAR makes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from reportnumbers import strays_of_sweep

from tests.runners.test_llm_sweep import bench, served, tiny

SHORT = {  # the options that keep each of them short
    "aide": {"drafts": 1, "steps": 2},
    "automl": {"cpu_seconds": 10},
    "automl_gpt": {"configurations": 2},
    "gpt_engineer": {"improvements": 1},
    "swe_agent": {"turns": 4},
}
MODELS = {"swe_agent": ["openai", "offline"], "automl": ["offline"]}  # of others openai alone
pytestmark = [pytest.mark.slow, pytest.mark.ray, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served() as address:
        yield address


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """One folder for all, since to make MLflow's database takes seconds, and what chooses its task."""
    folder = tmp_path_factory.mktemp("baselines")
    return folder, tiny(folder)


def results(sweep: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((sweep / "results.json").read_text())
    return loaded


@pytest.mark.parametrize("agent", SHORT)
def test_a_baseline_is_graded_reported_and_tracked(
    agent: str, task: tuple[Path, list[str]], url: str
) -> None:
    folder, chosen = task
    options = [f"agent.options.{name}={value}" for name, value in SHORT[agent].items()]
    kinds = MODELS.get(agent, ["openai"])
    models = [f"model={','.join(kinds)}", "model.name=offline", "tracker=mlflow"]
    asked = [*chosen, f"agent={agent}", *options, *models, "name=${model.kind}-${agent.name}", "-m"]
    done = bench(folder, *asked, environment={"OPENAI_API_KEY": "x", "OPENAI_BASE_URL": url})
    assert done.returncode == 0, done.stdout + done.stderr
    sweeps = [folder / "runs" / f"{kind}-{agent}" for kind in kinds]
    assert len({json.dumps(results(sweep)["per_task"]) for sweep in sweeps}) == 1
    for sweep in sweeps:
        assert results(sweep)["agent"] == agent
        assert results(sweep)["endings"] == {"finished": 1}
        assert (results(sweep)["tokens"] > 0) == (agent != "automl")
        ((score,),) = (row["scores"] for row in results(sweep)["per_task"])
        assert score is not None
        assert strays_of_sweep(sweep) == {}
        (report,) = (sweep / "attempts").rglob("report.md")
        won = report.read_text().split("### Why the winner won\n")[1].split("\n## ")[0]
        assert "evaluated" in won
        assert ("The winner, " in won) == (agent != "automl")  # the reporter's prose
        assert tracked_score(folder / "runs" / "mlflow.db", sweep.name) == pytest.approx(score)


def tracked_score(database: Path, sweep: str) -> float:
    """The score of a sweep's one attempt in MLflow, found as the child of the child of the sweep's run."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{database}")
    (experiment,) = [e for e in client.search_experiments() if e.name == "fivestar-mle"]
    runs = client.search_runs([experiment.experiment_id])
    (parent,) = [run for run in runs if run.info.run_name == sweep]
    for _ in ("task", "attempt"):
        (parent,) = [r for r in runs if r.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    assert parent.info.status == "FINISHED"
    found: float = parent.data.metrics["score"]
    return found
