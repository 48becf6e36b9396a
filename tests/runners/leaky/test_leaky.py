"""Planted leaky scripts, run for real: flagged by the gap, repaired by the checker, of no use to a liar."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from doubles import cards, fence, spec
from leakytasks import write_trap

from actors.agents.mle_star import mle_star
from actors.agents.workshop import work_out
from actors.attempt import AttemptContext, Services
from actors.contracts import AgentSettings, ChatModel, ChatRequest, Evaluation, TaskData
from actors.leakage import is_suspicious
from actors.models.offline.engineer import OfflineEngineer
from actors.models.scripted import ScriptedModel
from actors.roles.desk import LocalDesk
from actors.sandbox.executor import LocalExecutor
from runners.referee import Referee
from runners.tasks.registry import folder_tasks
from scratchpad.client import LocalClient
from scratchpad.records import Entry, Kind

SCRIPTS = Path(__file__).parent / "scripts"
QUICK = {"scaler_before_split": "drift", "false_print": "noisy"}
FLAGGED = {
    **QUICK,
    "target_encoding_before_split": "many-towns",
    "selection_before_split": "wide-noise",
    "scaler_of_test_rows": "drift",
    "row_number_as_feature": "sorted-ids",
    "duplicates_across_split": "rare-class",
    "future_lag": "walk",
    "scored_on_fitted_rows": "noisy",
    "group_on_both_sides": "patients",
    "groups_in_all_folds": "patients",
}
ALL = {**FLAGGED, "id_as_feature": "sorted-ids"}
CLEAN = '{"leaky": false, "why": "", "block": "", "repaired": ""}'


OFF = (
    "data_profiler",
    "merger",
    "data_usage_checker",
    "ensemble_planner",
    "submitter",
    "reporter",
    "debugger",
)


def each(cases: dict[str, str]) -> list[object]:
    return [pytest.param(n, t, marks=[] if n in QUICK else pytest.mark.slow) for n, t in cases.items()]


def source(name: str) -> str:
    return (SCRIPTS / f"{name}.py").read_text()


@dataclass
class Bench:
    """The real executor and referee over one trap."""

    root: Path
    executor: LocalExecutor
    loop: asyncio.Runner

    async def context(
        self, task: str, model: ChatModel, settings: AgentSettings | None = None
    ) -> tuple[AttemptContext, TaskData]:
        if not (self.root / task).exists():
            write_trap(task, self.root)
        judge = Referee(folder_tasks(self.root / task))
        data = await judge.data(task)
        for digest in (data.public, *data.folds):
            self.executor.add_bundle(digest, await judge.bundle(digest))
        services = Services(LocalDesk(model), self.executor, judge, {})
        client = LocalClient().namespace(task, 0)
        return await AttemptContext.open(replace(spec(settings), task=task), data, services, client), data

    def evaluate(self, script: str, task: str) -> tuple[Evaluation, TaskData]:
        async def main() -> tuple[Evaluation, TaskData]:
            context, data = await self.context(task, ScriptedModel({}))
            return await context.evaluate(script), data

        return self.loop.run(main())


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with asyncio.Runner() as loop:
        made = Bench(tmp_path_factory.mktemp("traps"), LocalExecutor(), loop)
        yield made
        made.executor.close()


@pytest.mark.parametrize(("name", "task"), each(FLAGGED))
def test_a_leak_prints_too_good_a_score_and_the_gap_flags_it(bench: Bench, name: str, task: str) -> None:
    evaluation, data = bench.evaluate(source(name), task)
    assert evaluation.failure is None
    assert evaluation.printed is not None
    assert evaluation.score is not None
    assert data.brief.oriented(evaluation.printed) > data.brief.oriented(evaluation.score)
    assert is_suspicious(evaluation, data.brief)


@pytest.mark.parametrize(("name", "task"), each(ALL))
def test_the_offline_checker_repairs_or_rejects_it(bench: Bench, name: str, task: str) -> None:
    async def main() -> tuple[Evaluation, TaskData]:
        context, data = await bench.context(task, OfflineEngineer(), AgentSettings(debug_tries=0))
        return await work_out(context, source(name), name), data

    evaluation, data = bench.loop.run(main())
    assert evaluation.failure is None
    assert evaluation.script != source(name)
    assert not is_suspicious(evaluation, data.brief)
    if name == "false_print":
        assert evaluation.printed is None


def test_an_honest_script_is_not_flagged(bench: Bench) -> None:
    evaluation, data = bench.evaluate(source("honest"), "noisy")
    assert evaluation.printed is not None
    assert not is_suspicious(evaluation, data.brief)


def test_a_false_print_gains_nothing(bench: Bench) -> None:
    """The liar prints the better score and its checker is bribed; the honest script is handed in."""

    def write(request: ChatRequest) -> str:
        wanted = "honest" if '"name": "honest"' in request.messages[-1].content else "false_print"
        return fence(source(wanted))

    answers = {"retriever": [cards("liar", "honest")], "initialiser": [write], "leakage_checker": [CLEAN]}
    settings = AgentSettings(models=2, outer_steps=0, ensemble_rounds=0, roles_off=OFF)

    async def main() -> tuple[AttemptContext, list[Entry]]:
        context, _ = await bench.context("noisy", ScriptedModel(answers), settings)
        await mle_star(context)
        return context, await context.history()

    context, history = bench.loop.run(main())
    scored = {e.content: e for e in history if e.kind is Kind.EVALUATION}
    honest, liar = scored[source("honest")], scored[source("false_print")]
    assert liar.metrics["printed"] < honest.metrics["printed"]
    assert honest.score is not None
    assert liar.score is not None
    assert honest.score < liar.score
    assert context.submitted is not None
    assert context.submitted.content == source("honest")
    assert any(e.title == "leakage evidence" for e in history)


@pytest.mark.slow
def test_an_id_that_encodes_the_label_pays_on_the_public_rows_only(bench: Bench) -> None:
    """Folds relabel their rows, so that not even the printed score rises there."""

    async def main() -> tuple[float | None, Evaluation]:
        context, _ = await bench.context("sorted-ids", ScriptedModel({}))
        public = await context.execute(source("id_as_feature"))
        return public.printed, await context.evaluate(source("id_as_feature"))

    printed, evaluation = bench.loop.run(main())
    assert printed is not None
    assert evaluation.score is not None
    assert evaluation.printed is not None
    assert printed > 0.95
    assert evaluation.score < 0.75
    assert evaluation.printed < 0.75
