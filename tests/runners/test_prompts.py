"""Nothing that an attempt records, its prompts among it, holds what only the referee may know."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from doubles import FakeExecutor, spec

from actors.agents.registry import AGENTS
from actors.attempt import Services
from actors.contracts import AgentSettings, Ending, ExecutionRequest, ExecutionResult, ExitStatus
from actors.host import AttemptHost
from actors.models.offline.engineer import OfflineEngineer
from actors.roles.desk import LocalDesk
from runners.referee import Referee
from runners.tasks.registry import folder_tasks
from scratchpad.client import LocalClient
from scratchpad.records import Entry
from scratchpad.schema import to_entries

THRESHOLD = 7.3190846
SETTINGS = AgentSettings(models=2, outer_steps=1, inner_steps=2, ensemble_rounds=1, debug_tries=2)
ASKED = {
    *("data_profiler", "retriever", "initialiser", "debugger", "leakage_checker", "merger", "ablator"),
    *("summariser", "extractor", "coder", "planner", "ensemble_planner", "ensembler"),
    *("submitter", "reporter"),
}
OUTPUT = "ablation: model | 9 | baseline 8\nFinal Validation Performance: 0.01"  # a score to be doubted


@dataclass
class Samples(FakeExecutor):
    """Every script hands in the sample submission; the first one fails, and the second is refused."""

    judge: Referee = field(kw_only=True)

    async def run(self, request: ExecutionRequest) -> ExecutionResult:
        self.runs.append(request)
        sample = dict((await self.judge.bundle(request.bundle)).files)["sample_submission.csv"]
        done = ExecutionResult(ExitStatus.OK, 0, OUTPUT, "", sample, 0.1, 0.5, 1 << 20, "none")
        if len(self.runs) == 1:
            return replace(done, status=ExitStatus.FAILED, exit_code=1, stderr="KeyError: 'x'")
        return replace(done, submission=b"id,y\nwrong,1\n") if len(self.runs) == 2 else done


def write_folder(folder: Path, private: bool, description: str = "Predict y.") -> None:
    """A task whose targets all differ and stand nowhere else; without answers rows are held out."""
    rng = np.random.default_rng(3)
    rows = pd.DataFrame({"id": range(240), "x": rng.normal(size=240).round(3)})
    rows["y"] = (5000.0307 + 0.1373 * rng.permutation(240)).round(4)
    train, test = rows[:160], rows[160:]
    folder.mkdir()
    train.to_csv(folder / "train.csv", index=False)
    test[["id", "x"]].to_csv(folder / "test.csv", index=False)
    test[["id"]].assign(y=0.0).to_csv(folder / "sample_submission.csv", index=False)
    if private:
        (folder / "private").mkdir()
        test[["id", "y"]].to_csv(folder / "private" / "answers.csv", index=False)
    facts = {"id": "canaries", "problem": "regression", "metric": "mae", "target": "y", "id_column": "id"}
    more = {"prediction": "value", "split": {"kind": "random"}, "success": {"threshold": THRESHOLD}}
    (folder / "task.yaml").write_text(yaml.safe_dump(facts | more))
    (folder / "description.md").write_text(description)


async def attempt(folder: Path) -> tuple[list[Entry], list[str]]:
    """An attempt of the offline engineer: its entries and the texts of all that is attached to them."""
    judge = Referee(folder_tasks(folder))
    task = await judge.data("canaries")
    client = LocalClient()
    services = Services(LocalDesk(OfflineEngineer()), Samples(judge=judge), judge, {"scikit-learn": "1.8"})
    end = await AttemptHost(services, client, AGENTS).run(spec(SETTINGS, task="canaries"), task)
    assert end.ending is Ending.FINISHED, end.fault
    entries = to_entries(client.snapshot())
    return entries, [
        client.get_blob(digest).decode() for entry in entries for digest in entry.attachments.values()
    ]


def found(folder: Path) -> tuple[set[str], list[Entry], str]:
    """The secrets of the task in what an attempt records, its entries and all prompts."""
    task = folder_tasks(folder)[0].load()
    values = [float(value) for value in task.answers["y"]]
    assert len(set(values)) == len(values) >= 32
    secrets = {str(THRESHOLD), *map(str, values), *(f"{v:.2f}" for v in values)}
    entries, blobs = asyncio.run(attempt(folder))
    prompts = [
        message["content"]
        for blob in blobs
        if blob.startswith('{"messages"')
        for message in json.loads(blob)["messages"]
    ]
    recorded = "\n".join([repr(entries), *blobs, *prompts])
    return {secret for secret in secrets if secret in recorded}, entries, "\n".join(prompts)


@pytest.mark.parametrize("private", [True, False])
def test_no_prompt_holds_an_answer_or_the_threshold(private: bool, tmp_path: Path) -> None:
    write_folder(tmp_path / "task", private)
    secrets, entries, prompts = found(tmp_path / "task")
    assert secrets == set()
    public = folder_tasks(tmp_path / "task")[0].load().files["train.csv"].decode().splitlines()[1]
    assert public.rsplit(",", maxsplit=1)[-1] in prompts, "what is public is shown, so that the search sees"
    for part in ("KeyError: 'x'", "submission refused:", "## Evidence", "## Attempt"):
        assert part in prompts, "what the harness says of scripts was not searched"
    assert {entry.role for entry in entries} >= ASKED


def test_a_secret_in_the_description_would_be_found(tmp_path: Path) -> None:
    write_folder(tmp_path / "task", private=True, description=f"Stay below {THRESHOLD}.")
    assert found(tmp_path / "task")[0] == {str(THRESHOLD)}
