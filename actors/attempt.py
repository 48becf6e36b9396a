"""An attempt's context: what an agent may do, each act of it a durable step (actors/steps.py)."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from actors.briefing import render_brief
from actors.contracts import (
    AttemptSpec,
    Evaluation,
    ExecutionRequest,
    Executor,
    Scorer,
    SessionRequest,
    TaskBrief,
    TaskData,
)
from actors.errors import AnswerError, ModelError
from actors.evaluation import at_least, conclude, measures, standing
from actors.ledger import Ledger
from actors.programs import essence
from actors.roles.desk import RoleAnswer, RoleDesk
from actors.roles.registry import ROLES
from actors.shell import Shell
from actors.steps import Steps
from actors.together import together
from actors.trial import ABLATION, PUBLIC, Trial, run_trial
from scratchpad.client import AttemptClient
from scratchpad.records import Entry, Kind
from scratchpad.schema import to_entries

SUBMISSION = "submission.csv"
BESIDE = "beside/"  # leads the attachments that are files beside the script
ExtraFiles = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Services:
    """What an attempt works with; each hides whether Ray is behind it."""

    desk: RoleDesk
    executor: Executor
    scorer: Scorer
    libraries: Mapping[str, str]  # installed versions, for the prompts


@dataclass
class _Shared:
    """What the branches of one attempt have in common."""

    brief_text: str  # of every prompt
    best: Evaluation | None = None
    best_submission: str = ""  # digest of the best evaluation's predictions for the test rows
    submitted: Entry | None = None
    winner: Evaluation | None = None  # what the submission was chosen for
    runs: dict[tuple[str, int, ExtraFiles], Entry] = field(default_factory=dict)  # that ended well


class AttemptContext:
    """What an agent may do: ask roles, execute and evaluate scripts, decide, submit."""

    def __init__(
        self, spec: AttemptSpec, data: TaskData, services: Services, steps: Steps, shared: _Shared
    ) -> None:
        self.spec = spec
        self.settings = spec.settings
        self.brief: TaskBrief = data.brief
        self.brief_text = shared.brief_text
        self._data = data
        self._services = services
        self._steps = steps
        self._shared = shared

    @classmethod
    async def open(
        cls, spec: AttemptSpec, data: TaskData, services: Services, pad: AttemptClient
    ) -> AttemptContext:
        """Start an attempt, or go on with one from what its scratchpad holds."""
        steps = Steps.open(spec, pad, to_entries(await pad.snapshot()))
        brief_text = render_brief(data.brief, spec.limits, dict(services.libraries))
        return cls(spec, data, services, steps, _Shared(brief_text))

    # --- what is known so far

    @property
    def ledger(self) -> Ledger:
        """What the attempt has used."""
        return self._steps.ledger

    @property
    def budget_used(self) -> float:
        """The share of the budget that the steps so far have used, of what is used most."""
        return self.ledger.share(self._steps.elapsed)

    @property
    def replayed(self) -> int:
        """How many steps were returned from the scratchpad instead of being done."""
        return self._steps.replayed

    @property
    def folds(self) -> int:
        """How many validation folds the harness made, 0 where the printed score stands in."""
        return len(self._data.folds)

    @property
    def best(self) -> Evaluation | None:
        """The best evaluation so far."""
        return self._shared.best

    @property
    def winner(self) -> Evaluation | None:
        """The evaluation that the last submission was chosen for; the best one before any."""
        return self._shared.winner or self._shared.best

    @property
    def submitted(self) -> Entry | None:
        """The submission that was accepted last."""
        return self._shared.submitted

    @property
    def submission(self) -> str:
        """Digest of the submission that was accepted last, "" before the first."""
        return "" if self.submitted is None else self.submitted.attachments[SUBMISSION]

    async def history(self) -> list[Entry]:
        """Every entry of this attempt so far, in order."""
        return await self._steps.history()

    def ancestry(self, keys: tuple[str, ...]) -> list[Entry]:
        """The steps with these keys and everything they came from, each after its parents."""
        return self._steps.ancestry(keys)

    def at_least(self, challenger: Evaluation, champion: Evaluation | None) -> bool:
        """Whether the challenger scored as well as the champion or better; a failure never did."""
        return at_least(challenger, champion, self.brief)

    def standing(self, evaluation: Evaluation, base: Evaluation) -> str:
        """Whether an evaluation is better or worse than another by more than their folds' spread explains."""
        return standing(evaluation, base, self.brief)

    def role_on(self, role: str) -> bool:
        """Whether configuration left this role switched on."""
        return role not in self.settings.roles_off

    def branch(self, name: str) -> AttemptContext:
        """A context with positions of its own, for steps that run beside others."""
        return AttemptContext(self.spec, self._data, self._services, self._steps.branch(name), self._shared)

    # --- steps

    async def ask(self, role: str, inputs: Any, title: str = "", parents: tuple[str, ...] = ()) -> Any:
        """Ask a role; raises AnswerError when it did not parse twice, ModelError when unanswered."""
        spec = ROLES[role]
        messages = [asdict(m) for m in spec.messages(inputs)]

        async def told(entry: Entry, answer: RoleAnswer) -> Entry:
            exchange = {"messages": messages, "replies": [asdict(r) for r in answer.replies]}
            total = answer.total
            return replace(
                entry,
                model=total.model,
                content=answer.text,
                attachments={"exchange.json": await self._steps.put_blob(_json(exchange))},
                metrics={"tries": float(total.tries), "asks": float(len(answer.replies))},
                tokens_in=total.tokens_in,
                tokens_out=total.tokens_out,
                cost=total.cost,
                seconds=total.seconds,
                error=answer.complaint,
            )

        async def work(entry: Entry) -> Entry:
            try:
                answer = await self._services.desk.ask(
                    role,
                    inputs,
                    _seed(entry.key, self.spec),
                    self.spec.web_search,
                    time.time() + self.ledger.seconds_left,
                )
            except ModelError as error:
                if error.replies:  # recorded without its role: who looks for a role looks for answers
                    failed = RoleAnswer("", str(error), error.replies)
                    await self._steps.spent(await told(replace(entry, kind=Kind.FAILED_ASK), failed))
                raise
            return await told(replace(entry, team=spec.team.value, role=role, parents=parents), answer)

        entry = await self._steps.step(Kind.ASK, title or role, _json([role, messages]), work)
        if entry.error is not None:
            raise AnswerError(f"{role}: {entry.error}")
        return spec.read(inputs, entry.content)

    async def execute(self, script: str, title: str = "", extra_files: ExtraFiles = ()) -> Trial:
        """Run a script on the public data, without a score."""
        trial, _ = await self._run(script, title, ABLATION, extra_files)
        return trial

    async def evaluate(
        self,
        script: str,
        title: str = "",
        parents: tuple[str, ...] = (),
        extra_files: ExtraFiles = (),
        most_folds: int | None = None,
    ) -> Evaluation:
        """Score a script: on the harness's folds, or by what it prints where there are none.

        `most_folds` is for scripts that are too dear for all folds and are not compared with others.
        """
        here = self.branch("evaluate")
        folds = list(range(len(self._data.folds)))[:most_folds] or [PUBLIC]
        branches = [here.branch(f"fold{k}") for k in folds]
        first, submission = await branches[0]._run(script, title, folds[0], extra_files)
        trials = [first]
        if first.ok:  # the first fold spares the others a script that fails
            rest = [
                b._run(script, title, k, extra_files) for b, k in zip(branches[1:], folds[1:], strict=True)
            ]
            trials += [trial for trial, _ in await together(rest)]
        evaluation = replace(conclude(script, trials, self.brief), extra_files=extra_files)

        async def work(entry: Entry) -> Entry:
            return replace(
                entry,
                parents=parents,
                content=script,
                score=evaluation.score,
                metrics=measures(evaluation, self.brief) | {"starts": float(sum(t.starts for t in trials))},
                attachments=({SUBMISSION: submission} if submission else {}) | await self._kept(extra_files),
                seconds=sum(t.seconds for t in trials),
                error=evaluation.failure,
            )

        identity = _json([script, extra_files]) if extra_files else script.encode()
        entry = await here._steps.step(Kind.EVALUATION, title, identity, work, budgeted=False)
        evaluation = replace(evaluation, key=entry.key)
        if self.at_least(evaluation, self.best):
            self._shared.best = evaluation
            self._shared.best_submission = entry.attachments.get(SUBMISSION, "")
        return evaluation

    def shell(self, reserve: float = 0.0) -> Shell:
        """A shell and editor on the public data, alive between commands; each command is a step.

        No command gets into the share of the budget that is kept in reserve.
        """
        here = self.branch("shell")
        request = SessionRequest(self._data.public, self.spec.limits, _seed(here._steps.path, self.spec))
        return Shell(
            self._services.executor, request, here._steps.step, lambda: self.ledger.left_of(1 - reserve)
        )

    async def decide(self, title: str, choice: str, parents: tuple[str, ...] = ()) -> None:
        """Record a decision of the agent and its reason."""

        async def work(entry: Entry) -> Entry:
            return replace(entry, content=choice, parents=parents)

        await self._steps.step(Kind.DECISION, title, choice.encode(), work)

    async def submit(self, script: str, winner: Evaluation, title: str = "submission") -> Trial:
        """Run the winner's script for all public rows; its submission counts when the trial is ok."""
        trial, submission = await self._run(script, title, PUBLIC, winner.extra_files)
        if trial.ok and submission:
            await self._hand_in(title, script, submission, winner)
        return trial

    async def submit_best(self) -> bool:
        """Hand in the best evaluation's own predictions; False when there is none."""
        best = self._shared.best
        if best is None or not self._shared.best_submission:
            return False
        await self._hand_in("best so far", best.script, self._shared.best_submission, best)
        return True

    async def _run(self, script: str, title: str, fold: int, extra_files: ExtraFiles) -> tuple[Trial, str]:
        limits = replace(
            self.spec.limits, wall_seconds=min(self.spec.limits.wall_seconds, self.ledger.seconds_left or 1.0)
        )
        bundle = self._data.folds[fold] if fold >= 0 else self._data.public
        identity = _json([script, fold, bundle, extra_files])
        run = (script if extra_files else essence(script), fold, extra_files)
        earlier = self._shared.runs.get(run)

        async def work(entry: Entry) -> Entry:
            if earlier is not None:
                return taken_from(earlier, entry)
            request = ExecutionRequest(script, bundle, limits, extra_files, _seed(entry.key, self.spec))
            services = self._services
            trial, submission = await run_trial(
                request, fold, self.spec.task, services.executor, services.scorer
            )
            attachments = {"script.py": await self._steps.put_blob(script.encode())}
            attachments |= await self._kept(extra_files)
            if submission is not None and fold <= 0:
                attachments[SUBMISSION] = await self._steps.put_blob(submission)
            return replace(
                entry,
                content=trial.dumps(),
                attachments=attachments,
                score=trial.score,
                metrics={
                    "cpu_seconds": trial.cpu_seconds,
                    "peak_bytes": float(trial.peak_bytes),
                    "fold": float(fold),
                },
                seconds=trial.seconds,
                error=None if trial.ok else (trial.fault or trial.detail or trial.status.value),
            )

        entry = await self._steps.step(Kind.EXECUTION, title, identity, work)
        trial = Trial.loads(entry.content)
        if trial.ok:
            self._shared.runs.setdefault(run, entry)
        return trial, entry.attachments.get(SUBMISSION, "")

    async def _hand_in(self, title: str, script: str, submission: str, winner: Evaluation) -> None:
        async def work(entry: Entry) -> Entry:
            attachments = {SUBMISSION: submission} | await self._kept(winner.extra_files)
            return replace(
                entry, content=script, parents=(winner.key,), score=winner.score, attachments=attachments
            )

        self._shared.winner = winner
        self._shared.submitted = await self._steps.step(
            Kind.SUBMISSION, title, (script + submission).encode(), work, budgeted=False
        )

    async def _kept(self, extra_files: ExtraFiles) -> dict[str, str]:
        """The files beside a script as attachments."""
        return {BESIDE + name: await self._steps.put_blob(text.encode()) for name, text in extra_files}


def taken_from(earlier: Entry, entry: Entry) -> Entry:
    """The entry of an execution that an equal one of the attempt spares: its outcome, nothing spent."""
    return replace(
        entry,
        parents=(earlier.key,),
        content=replace(Trial.loads(earlier.content), starts=0).dumps(),
        attachments=earlier.attachments,
        score=earlier.score,
        metrics={**earlier.metrics, "cpu_seconds": 0.0},
    )


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _seed(key: str, spec: AttemptSpec) -> int:
    """A seed for one step: fixed by the attempt's seed and the step's key."""
    return int.from_bytes(hashlib.sha256(f"{spec.seed}/{key}".encode()).digest()[:4], "big") >> 1
