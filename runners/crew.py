"""The actors of one sweep: scratchpad, referee, model gateway, attempt hosts."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from actors.agents.registry import AGENTS, LISTINGS
from actors.attempt import Services
from actors.contracts import AttemptSpec
from actors.host import AttemptEnd, AttemptHost
from actors.models.gateway import ModelGateway, RayModel
from actors.models.spending import dollars_spent
from actors.roles.desk import RayDesk
from actors.sandbox.probe import choose_level
from actors.sandbox.ray_executor import RayExecutor
from actors.sandbox.settings import Level, SandboxSettings
from runners.hidden import hidden_paths
from runners.ray_session import RaySession
from runners.referee_actor import RefereeHandle, RefereeScorer
from runners.settings import SweepConfig
from runners.tasks.registry import TaskSource
from scratchpad.actor import ScratchpadClient

LIBRARIES = (
    "numpy",
    "pandas",
    "scipy",
    "scikit-learn",
    "lightgbm",
    "statsmodels",
    "pyarrow",
    "pillow",
    "openpyxl",
)
HOST_CONCURRENCY = 1000


class Host:
    """Attempts of one process; fetches a task's public data by reference on its first attempt."""

    def __init__(
        self,
        *,
        model: RayModel,
        executor: RayExecutor,
        scorer: RefereeScorer,
        client: ScratchpadClient,
        sweep: str,
        roles: tuple[str, ...],
    ) -> None:
        libraries = {"python": sys.version.split()[0]} | {name: version(name) for name in LIBRARIES}
        self._executor, self._scorer = executor, scorer
        self._known: set[str] = set()  # bundles: each is put into the object store once
        desk = RayDesk(sweep, model)
        desk.open(roles)
        services = Services(desk, executor, scorer, libraries)
        self._attempts = AttemptHost(services, client, AGENTS)

    async def run(self, spec: AttemptSpec) -> AttemptEnd:
        """Run one attempt to its ending."""
        data = await self._scorer.data(spec.task)
        for digest in {data.public, *data.folds} - self._known:
            self._known.add(digest)
            self._executor.add_bundle(digest, self._scorer.bundle(digest))
        return await self._attempts.run(spec, data)


@dataclass
class Crew:
    """The driver's view of the actors."""

    client: ScratchpadClient
    referee: RefereeHandle
    isolation: Level
    _host_arguments: dict[str, Any]
    _hosts: dict[int, Any]
    _turns: Iterator[int]

    def start(self, spec: AttemptSpec) -> Any:
        """Start an attempt on the next host; returns the reference of its AttemptEnd."""
        number = next(self._turns)
        if number not in self._hosts:
            # A host keeps nothing that a restart would lose; its attempts go on from their entries.
            host = ray.remote(Host).options(
                num_cpus=0, max_concurrency=HOST_CONCURRENCY, max_restarts=-1, max_task_retries=0
            )
            self._hosts[number] = host.remote(**self._host_arguments)
        return self._hosts[number].run.remote(spec)

    def stop_hosts(self) -> None:
        """End the hosts and what runs on them; their attempts have no ending and can be gone on with."""
        for host in self._hosts.values():
            ray.kill(host)
        self._hosts = {}

    def grade(self, spec: AttemptSpec, submission: str) -> Any:
        """Start to grade a submission by its digest; returns the reference of its Grade."""
        return self.referee.grade(spec.task, self.client.get_blob(submission))


@contextmanager
def open_crew(config: SweepConfig, sources: Sequence[TaskSource], session: RaySession) -> Iterator[Crew]:
    """Start the actors of a sweep and end them."""
    settings = sandbox_settings(config)
    client = ScratchpadClient.start(config.journal)
    try:
        referee = RefereeHandle(sources, config.seed, config.folds)
        model = RayModel(_gateway(config))
        executor = RayExecutor(settings)
        asked = LISTINGS[config.agent].asked(config.settings)
        arguments = {
            "model": model,
            "executor": executor,
            "scorer": referee.scorer(),
            "client": client,
            "sweep": config.name,
            "roles": tuple(role for role in asked if role not in config.settings.roles_off),
        }
        turns = itertools.cycle(range(config.ray.hosts))
        crew = Crew(client, referee, choose_level(settings), arguments, {}, turns)
        try:
            yield crew
        finally:
            crew.stop_hosts()
    finally:
        client.close()


def sandbox_settings(config: SweepConfig) -> SandboxSettings:
    """How this sweep's scripts are isolated; the offline engineer's own programs may run at `limits`."""
    return SandboxSettings(
        level=config.executor.level,
        allow_weak=config.executor.allow_weak or config.model.kind == "offline",
        warm=config.executor.warm,
        hidden_paths=hidden_paths(config),
    )


def _gateway(config: SweepConfig) -> Any:
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    actor = ray.remote(ModelGateway).options(
        num_cpus=0, max_restarts=-1, max_concurrency=HOST_CONCURRENCY, scheduling_strategy=here
    )
    return actor.remote(config.model, spent=partial(dollars_spent, str(config.journal.resolve())))
