"""The scratchpad in MLflow: a run a sweep, a task and an attempt, nested. The only importer of mlflow.

The tracker follows the scratchpad's tail. What MLflow has not taken yet waits in memory; how far it has
taken the log is a tag of the sweep's run, and runs are found again by their tags, so that a tracker
which starts anew, in a resumed sweep too, repeats nothing.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runners.board import AttemptRow, Board, TaskLine
from runners.report.attempt import attempt_report
from runners.report.story import tell
from runners.success import suite_success_at
from scratchpad.records import Entry, Kind

log = logging.getLogger(__name__)
SWEEP_RUN: tuple[str, ...] = ()
POSITION_TAG = "scratchpad_position"
METRICS_A_BATCH = 1000  # MLflow refuses more
TOTALS = ("cpu_seconds", "executions", "failed_executions", "model_calls", "tokens")
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",  # the tracker comes back by itself
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "GIT_PYTHON_REFRESH": "quiet",
    "MLFLOW_LOGGING_LEVEL": "WARNING",  # a new database is no news
}


def store_of(runs: Path, uri: str | None) -> tuple[str, str | None]:
    """The tracking URI, and the URI of the artifacts, which None leaves to the server.

    Without a URI both are kept beside the runs.
    """
    folder = runs.resolve()
    embedded = uri is None or uri.startswith("sqlite:")
    return (
        uri or f"sqlite:///{folder / 'mlflow.db'}",
        (folder / "mlartifacts").as_uri() if embedded else None,
    )


def open_experiment(uri: str, experiment: str, artifacts: str | None) -> tuple[Any, str]:
    """MLflow's client, and the id of the experiment, which is made when there is none."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=uri)
    found = client.get_experiment_by_name(experiment)
    if found is not None:
        return client, found.experiment_id
    return client, client.create_experiment(experiment, artifact_location=artifacts)


@dataclass(frozen=True)
class TrackingPlan:
    """What is tracked and where to."""

    sweep: str
    folder: str
    agent: str
    model: str
    profile: str
    seed: int
    attempts: int
    tasks: tuple[TaskLine, ...]
    uri: str
    experiment: str
    artifacts: str | None  # URI of the artifacts; None leaves it to the server


@dataclass
class Update:
    """What one run has still to be told."""

    metrics: list[tuple[str, float, float, int]] = field(default_factory=list)  # name, value, time, step
    tags: dict[str, str] = field(default_factory=dict)
    artifacts: dict[str, str] = field(default_factory=dict)
    ended: tuple[str, float] | None = None  # MLflow's status, time


class Tracker:
    """Folds entries and hands what they say to MLflow; thread-safe."""

    def __init__(
        self,
        plan: TrackingPlan,
        tail: Callable[[int], Sequence[Entry]],
        blob: Callable[[str], bytes],
    ) -> None:
        self._plan = plan
        self._tail = tail
        self._blob = blob  # of files beside a script
        self._board = Board(plan.tasks, plan.attempts)
        self._lock = threading.Lock()
        self._pending: dict[tuple[str, ...], Update] = {}
        self._steps: dict[tuple[str, int], int] = {}
        self._best: dict[tuple[str, int], float] = {}
        self._open: dict[tuple[str, int], list[Entry]] = {}  # of attempts that are not done, for reports
        self._client: Any = None
        self._experiment = ""
        self._runs: dict[tuple[str, ...], str] = {}
        self._logged = -1  # the last sequence number that MLflow has whole

    def step(self) -> bool:
        """Hand on what is new; False when MLflow could not be told, which the next step makes up for."""
        with self._lock:
            try:
                if self._client is None:
                    self._connect()
                for row, entry in self._board.feed(self._tail(self._board.seen)):
                    self._collect(row, entry)
                self._push()
            except (
                Exception
            ) as error:  # whatever fails here, the sweep goes on; a message may hold a password
                log.warning(
                    "MLflow is not told: %s", type(error).__name__, exc_info=log.isEnabledFor(logging.DEBUG)
                )
                return False
            return True

    def finish(self, seconds: float) -> bool:
        """Hand on the rest and close the sweep's run; gives up after so many seconds."""
        deadline = time.monotonic() + seconds
        while not self.step():
            if time.monotonic() > deadline:
                return False
            time.sleep(min(2.0, seconds / 10))
        with self._lock:
            whole = all(row.done for row in self._board.all_rows)
            self._update(SWEEP_RUN).ended = ("FINISHED" if whole else "KILLED", time.time())
        return self.step()

    def links(self, most: int = 20) -> tuple[str, list[str]]:
        """The experiment's id and the attempts' run ids for a comparison: the best of each task if many."""
        rows = [row for row in self._board.all_rows if (row.task, str(row.attempt)) in self._runs]
        if len(rows) > most:
            rows = [
                max(self._of(rows, t.id), key=self._merit(t))
                for t in self._plan.tasks
                if self._of(rows, t.id)
            ]
        return self._experiment, [self._runs[row.task, str(row.attempt)] for row in rows[:most]]

    # --- entries to updates

    def _collect(self, row: AttemptRow, entry: Entry) -> None:
        """Turn an entry into what its runs have to be told; entries that MLflow has only count steps."""
        attempt = (row.task, row.attempt)
        self._open.setdefault(attempt, []).append(entry)
        own = self._open.pop(attempt) if row.done else []
        if entry.kind is Kind.EVALUATION and entry.score is not None:
            self._steps[attempt] = self._steps.get(attempt, 0) + 1
            task = next(task for task in self._plan.tasks if task.id == row.task)
            pick = max if task.direction == "maximize" else min
            self._best[attempt] = pick(entry.score, self._best.get(attempt, entry.score))
        if entry.seq <= self._logged:
            return
        update = self._update((row.task, str(row.attempt)))
        step = self._steps.get(attempt, 0)
        if entry.kind is Kind.ATTEMPT:
            update.tags["ending"] = "running"
        elif entry.kind is Kind.EVALUATION and entry.score is not None:
            said = {"validation_score": entry.score, "best_validation_score": self._best[attempt]}
            said |= {name: entry.metrics[name] for name in ("printed", "spread") if name in entry.metrics}
            update.metrics += [(name, value, entry.time, step) for name, value in said.items()]
        elif entry.kind is Kind.ENDING:
            self._ended(update, row, entry)
        elif entry.kind is Kind.GRADE:
            self._graded(update, row, entry)
        if own:
            update.artifacts["report.md"] = attempt_report(tell(own), plot=False)

    def _ended(self, update: Update, row: AttemptRow, entry: Entry) -> None:
        totals: dict[str, float] = {name: float(getattr(row, name)) for name in TOTALS}
        totals |= {"seconds": row.elapsed}
        totals |= {} if row.unpriced_calls else {"cost_usd": row.cost}
        totals |= {} if row.validation_score is None else {"final_validation_score": row.validation_score}
        if row.done:  # nothing to grade: a failure
            totals["success"] = 0.0
            update.ended = ("FAILED", entry.time)
        update.metrics += [(name, value, entry.time, 0) for name, value in totals.items()]
        update.tags |= {
            "ending": str(row.ending),
            "validation": row.validation,
            "isolation": row.isolation,
            "priced": "no" if row.unpriced_calls else "yes",
        }
        texts = {name: self._blob(digest).decode("utf-8", "replace") for name, digest in row.beside}
        texts |= {"solution.py": row.script, "fault.txt": row.fault or ""}
        update.artifacts |= {name: text for name, text in texts.items() if text}

    def _graded(self, update: Update, row: AttemptRow, entry: Entry) -> None:
        update.metrics.append(("success", float(row.success), entry.time, 0))
        if row.score is not None:
            update.metrics.append(("score", row.score, entry.time, 0))
        update.tags["ending"] = str(row.ending)
        update.ended = ("FINISHED" if row.score is not None else "FAILED", entry.time)
        self._sum_up(entry.time)

    def _sum_up(self, now: float) -> None:
        """What the task runs and the sweep's run have come to."""
        for task, (_, successes) in zip(self._plan.tasks, self._board.successes(), strict=True):
            rows = self._board.of(task.id)
            scores = [row.score for row in rows if row.score is not None]
            if not scores:
                continue
            update = self._update((task.id,))
            best = max(scores) if task.direction == "maximize" else min(scores)
            update.metrics = [("score", best, now, 0), ("successes", float(successes), now, 0)]
            if all(row.done for row in rows):
                update.ended = ("FINISHED", now)
        outcomes = self._board.successes()
        at = [(f"success_at_{k}", suite_success_at(outcomes, k)) for k in range(1, self._plan.attempts + 1)]
        rows = self._board.all_rows
        sums = [("cpu_seconds", sum(r.cpu_seconds for r in rows)), ("cost_usd", sum(r.cost for r in rows))]
        ended = float(sum(row.done for row in rows))
        self._update(SWEEP_RUN).metrics = [
            (name, value, now, int(ended)) for name, value in [*at, *sums, ("attempts_ended", ended)]
        ]

    def _update(self, key: tuple[str, ...]) -> Update:
        return self._pending.setdefault(key, Update())

    def _of(self, rows: Iterable[AttemptRow], task: str) -> list[AttemptRow]:
        return [row for row in rows if row.task == task]

    def _merit(self, task: TaskLine) -> Callable[[AttemptRow], float]:
        sign = 1.0 if task.direction == "maximize" else -1.0
        return lambda row: float("-inf") if row.score is None else sign * row.score

    # --- updates to MLflow

    def _connect(self) -> None:
        plan = self._plan
        client, self._experiment = open_experiment(plan.uri, plan.experiment, plan.artifacts)
        self._runs = {}
        token = None
        while True:
            page = client.search_runs(
                [self._experiment],
                filter_string=f"tags.sweep = '{plan.sweep}' and tags.folder = '{plan.folder}'",
                max_results=500,
                page_token=token,
            )
            for run in page:
                tags = run.data.tags
                key = tuple(tags[name] for name in ("task", "attempt") if name in tags)
                self._runs[key] = run.info.run_id
                if key == SWEEP_RUN:
                    self._logged = int(tags.get(POSITION_TAG, -1))
            token = page.token
            if not token:
                break
        if SWEEP_RUN in self._runs:
            client.update_run(self._runs[SWEEP_RUN], status="RUNNING")
        self._client = client

    def _push(self) -> None:
        for key in sorted(self._pending):
            update, run = self._pending[key], self._run(key)
            self._log(run, update)
            del self._pending[key]
        sweep = self._run(SWEEP_RUN)
        if self._board.seen > self._logged:
            self._client.set_tag(sweep, POSITION_TAG, str(self._board.seen))
            self._logged = self._board.seen

    def _log(self, run: str, update: Update) -> None:
        from mlflow.entities import Metric, RunTag

        # Times are the entries' own: MLflow takes a metric that it has already as the same one.
        metrics = [
            Metric(name, value, round(1000 * when), step) for name, value, when, step in update.metrics
        ]
        tags = [RunTag(name, value) for name, value in update.tags.items()]
        for start in range(0, max(len(metrics), bool(tags)), METRICS_A_BATCH):
            batch = metrics[start : start + METRICS_A_BATCH]
            self._client.log_batch(run, metrics=batch, tags=[] if start else tags)
        for name, text in update.artifacts.items():
            self._client.log_text(run, text, name)
        if update.ended is not None:
            status, when = update.ended
            self._client.set_terminated(run, status, end_time=round(1000 * when))

    def _run(self, key: tuple[str, ...]) -> str:
        """The id of a run, which is made when there is none."""
        if key not in self._runs:
            from mlflow.entities import Param

            plan = self._plan
            tags = {
                "sweep": plan.sweep,
                "folder": plan.folder,
                "level": ("sweep", "task", "attempt")[len(key)],
            }
            tags |= dict(zip(("task", "attempt"), key, strict=False))
            if key:
                tags["mlflow.parentRunId"] = self._run(key[:-1])
            name = "/attempt-".join(key) if key else plan.sweep
            run = self._client.create_run(
                self._experiment, tags=tags, run_name=name, start_time=self._start(key)
            )
            params = [Param(param, value) for param, value in self._params(key).items()]
            self._client.log_batch(run.info.run_id, params=params)
            self._runs[key] = run.info.run_id
        return self._runs[key]

    def _params(self, key: tuple[str, ...]) -> dict[str, str]:
        plan = self._plan
        params = {"agent": plan.agent, "model": plan.model, "profile": plan.profile}
        if not key:
            return {
                **params,
                "seed": str(plan.seed),
                "tasks": str(len(plan.tasks)),
                "attempts": str(plan.attempts),
            }
        task = next(task for task in plan.tasks if task.id == key[0])
        params |= {"task": task.id, "metric": task.metric, "direction": task.direction}
        params |= {} if task.threshold is None else {"threshold": str(task.threshold)}
        if len(key) > 1:
            params |= {"attempt": key[1], "seed": str(self._board.rows[task.id, int(key[1])].seed)}
        return params

    def _start(self, key: tuple[str, ...]) -> int:
        rows = self._board.all_rows if not key else self._board.of(key[0])
        if len(key) > 1:
            rows = [self._board.rows[key[0], int(key[1])]]
        starts = [row.started for row in rows if row.started is not None]
        return round(1000 * (min(starts) if starts else time.time()))
