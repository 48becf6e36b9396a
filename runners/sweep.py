"""The stages of a sweep: preflight, Ray, the driver, results, the closing lines."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from rich.console import Console

from actors.errors import FatalModelError, InputError
from actors.sandbox.probe import choose_level, probe
from actors.sandbox.settings import LEVELS, PROMISES
from runners.board import Board, TaskLine
from runners.closing import plan_line, print_summary
from runners.crew import Crew, open_crew, sandbox_settings
from runners.driver import Driver
from runners.files import write_whole
from runners.interrupts import Interrupts
from runners.preflight import faults_of
from runners.progress import Progress
from runners.ray_session import ray_session, stderr_in
from runners.settings import SweepConfig
from runners.specs import attempt_specs
from runners.tasks.registry import TaskSource, select_tasks
from runners.tracking import tracking
from runners.watch import Watch

INTERRUPTED = 130
UNFINISHED = 1  # the endpoint failed an attempt time and again: a resume goes on with it
LOG = "sweep.log"


def run_sweep(config: SweepConfig) -> int:
    """Run or resume one sweep; returns the process's exit code. Raises InputError, FatalModelError."""
    console = Console()
    faults = faults_of(config)
    tasks: Sequence[TaskSource] = ()
    try:
        tasks = select_tasks(config.tasks.names, config.tasks.path)
    except InputError as error:
        faults += str(error).splitlines()
    if not config.ray.remote:  # elsewhere each node chooses its own level
        faults += _isolation_faults(config)
    if faults:
        raise InputError("\n".join(faults))
    _open_folder(config)
    board = Board([_line(task) for task in tasks], config.attempts)
    interrupted = False
    with (
        stderr_in(config.folder / LOG),
        ray_session(config.ray) as session,
        open_crew(config, tasks, session) as crew,
    ):
        progress = Progress(console, board, session.slots)
        progress.say(plan_line(config, board, session, crew.isolation))
        if crew.isolation != LEVELS[0]:
            progress.say(f"{crew.isolation}: {PROMISES[crew.isolation]}. {probe().remedy}".strip())
        with (
            Interrupts(progress.say, config.resume_command) as interrupts,
            tracking(config, board.tasks, crew.client) as tracker,
            progress,
            Watch(config, board, crew.client, progress) as watch,
        ):
            driver = Driver(crew, session.slots, interrupts.draining, watch.tick, progress.say)
            try:
                driver.run(attempt_specs(config, [task.id for task in tasks]))
            except FatalModelError as error:
                raise FatalModelError(f"{error}; go on with: {config.resume_command}") from None
            except KeyboardInterrupt:
                interrupted = True
                crew.stop_hosts()
            finally:
                board.tasks = [_noted(line, board, crew) for line in board.tasks]
        print_summary(console, config, board, tracker.closing_lines())
    if all(row.done for row in board.all_rows):
        return 0
    return INTERRUPTED if interrupted or interrupts.draining() else UNFINISHED


def _open_folder(config: SweepConfig) -> None:
    """Make the sweep's folder, its log and, for a new one, its config.yaml."""
    config.folder.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        filename=config.folder / LOG,
        level=logging.INFO,
        format="%(asctime)s %(name)s %(message)s",
        force=True,
    )
    if not config.resumed:
        write_whole(config.folder / "config.yaml", config.recorded.encode())


def _isolation_faults(config: SweepConfig) -> list[str]:
    try:
        choose_level(sandbox_settings(config))
    except InputError as error:
        return [str(error)]
    return []


def _noted(line: TaskLine, board: Board, crew: Crew) -> TaskLine:
    """A task's line with what became known when its rows were read."""
    if not any(row.started for row in board.of(line.id)):
        return line
    if asyncio.run(crew.referee.summary(line.id)).threshold_verified:
        return line
    unverified = "threshold unverified: these rows differ from those it was set on"
    return replace(line, note="; ".join(n for n in (line.note, unverified) if n))


def _line(task: TaskSource) -> TaskLine:
    spec = task.spec
    note = "graded on a hold-out of the training rows" if task.holds_out else ""
    return TaskLine(spec.id, spec.metric, spec.direction, spec.threshold, note)
