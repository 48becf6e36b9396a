"""One run of a script on one bundle, scored by the harness: what an execution's entry holds."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass

from actors.contracts import ExecutionRequest, ExecutionResult, Executor, ExitStatus, Scorer
from actors.errors import LostError
from actors.roles.base import cut

OUTPUT_KEPT = 40_000  # characters of stdout and of stderr in an entry
FAILURE_SHOWN = 5_000  # of each in a failure, which a prompt then carries whole
LOST_STARTS = 3  # of an execution whose worker died
ABLATION = -2  # run on the public data, not scored
PUBLIC = -1  # run on the public data, the submission is checked

_PRINTED = re.compile(r"Final Validation Performance:\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)")


@dataclass(frozen=True)
class Trial:
    """How a script ran and what the harness says of its predictions."""

    status: ExitStatus
    exit_code: int | None
    stdout: str
    stderr: str
    detail: str
    isolation: str
    fold: int  # or PUBLIC or ABLATION
    score: float | None
    fault: str | None  # of the submission
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    starts: int = 1  # more: the worker died under it, which says nothing of the script; 0: an equal one ran

    @property
    def ok(self) -> bool:
        """Whether the script ended well and, where it had to, left a valid submission."""
        return self.status is ExitStatus.OK and self.fault is None

    @property
    def printed(self) -> float | None:
        """The validation score that the script printed last."""
        found = _PRINTED.findall(self.stdout)
        return float(found[-1]) if found else None

    @property
    def failure(self) -> str | None:
        """What a debugger needs to know, None when all is well."""
        if self.ok:
            return None
        lines = [f"status: {self.status}" + (f" ({self.detail})" if self.detail else "")]
        if self.status is ExitStatus.FAILED:
            lines.append(f"exit code: {self.exit_code}")
        if self.fault is not None:
            lines.append(f"submission refused: {self.fault}")
        lines += [
            "--- stdout",
            cut(self.stdout, FAILURE_SHOWN, "stdout"),
            "--- stderr",
            cut(self.stderr, FAILURE_SHOWN, "stderr"),
        ]
        return "\n".join(lines)

    def dumps(self) -> str:
        """The trial as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def loads(cls, text: str) -> Trial:
        """The inverse of `dumps`."""
        value = json.loads(text)
        return cls(**{**value, "status": ExitStatus(value["status"])})


async def run_trial(
    request: ExecutionRequest, fold: int, task: str, executor: Executor, scorer: Scorer
) -> tuple[Trial, bytes | None]:
    """Execute and score; returns the trial and the predictions for the true test rows.

    Raises LostError when the worker died under every start: that is no result of the script.
    """
    result, starts = await _executed(request, executor)
    score, fault, submission = None, None, None
    if result.ok and fold != ABLATION:
        if result.submission is None:
            fault = result.detail or "the script wrote no ./submission.csv"
        elif fold == PUBLIC:
            fault = await scorer.check(task, result.submission)
            submission = result.submission if fault is None else None
        else:
            scored = await scorer.score_fold(task, fold, result.submission)
            score, fault, submission = scored.score, scored.fault, scored.test_submission
    return _trial(result, fold, score, fault, starts), submission


async def _executed(request: ExecutionRequest, executor: Executor) -> tuple[ExecutionResult, int]:
    """The result of an execution and how often it had to be started."""
    for starts in range(1, LOST_STARTS + 1):
        result = await executor.run(request)
        if result.status not in (ExitStatus.LOST, ExitStatus.CANCELLED):
            return result, starts
    raise LostError(f"an execution was lost {LOST_STARTS} times: {result.detail}")


def _trial(result: ExecutionResult, fold: int, score: float | None, fault: str | None, starts: int) -> Trial:
    return Trial(
        status=result.status,
        exit_code=result.exit_code,
        stdout=cut(result.stdout, OUTPUT_KEPT, "stdout"),
        stderr=cut(result.stderr, OUTPUT_KEPT, "stderr"),
        detail=result.detail,
        isolation=result.isolation,
        fold=fold,
        score=score,
        fault=fault,
        seconds=result.seconds,
        cpu_seconds=result.cpu_seconds,
        peak_bytes=result.peak_bytes,
        starts=starts,
    )
