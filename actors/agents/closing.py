"""The end of an attempt: submission and report."""

from __future__ import annotations

import yaml

from actors.agents.workshop import checked_until_it_runs, lineage_of, until_it_runs
from actors.attempt import AttemptContext
from actors.contracts import Evaluation
from actors.errors import AgentError, AnswerError
from actors.roles import reporter, submitter
from actors.trial import Trial
from scratchpad.records import Entry, Kind

DIGEST_FIRST, DIGEST_LAST = 40, 80  # entries in the reporter's digest; those between are counted


async def hand_in(context: AttemptContext, winner: Evaluation) -> None:
    """Refit the winner on all rows and hand it in; fall back to its own test predictions.

    Raises AgentError when there is nothing to hand in.
    """
    await context.decide("winner", f"validation score {winner.score!r}", (winner.key,))

    async def run(script: str, repairs: int) -> Trial:
        return await context.submit(
            script, winner, f"submission, repair {repairs}" if repairs else "submission"
        )

    script = await _readied(context, winner.script)
    known = script == winner.script  # it was checked before it was scored
    work = until_it_runs if known else checked_until_it_runs
    script, trial = await work(context, script, run, lineage_of(context, (winner.key,), "submission"))
    if trial.failure is not None and script != winner.script:
        trial = await context.submit(winner.script, winner, "submission, the winner as it was")
    if trial.failure is not None and not await context.submit_best():
        raise AgentError(f"no submission: {trial.detail or trial.fault or trial.status}")


async def hand_in_as_it_is(context: AttemptContext, winner: Evaluation, script: str = "") -> None:
    """Run the winner, or its `script` for all rows, and hand it in; fall back to its own test predictions.

    For agents without MLE-STAR's submitter and debugger at the end. Raises AgentError when there is
    nothing to hand in.
    """
    await context.decide("winner", f"validation score {winner.score!r}", (winner.key,))
    trial = await context.submit(script or winner.script, winner)
    if trial.failure is not None and not await context.submit_best():
        raise AgentError(f"no submission: {trial.detail or trial.fault or trial.status}")


async def _readied(context: AttemptContext, script: str) -> str:
    if not context.role_on("submitter"):
        return script
    try:
        final: str = await context.ask(
            "submitter", submitter.Inputs(context.brief_text, script), "final script"
        )
    except AnswerError as error:
        await context.decide("submission", f"the winner as it is: {error}")
        return script
    return final


async def write_report(context: AttemptContext, winner: Evaluation) -> None:
    """Ask the reporter; its prose goes into report.md beside the tables made from the scratchpad."""
    if not context.role_on("reporter"):
        return
    digest = attempt_digest(await context.history(), winner)
    try:
        await context.ask("reporter", reporter.Inputs(context.brief_text, digest), "report")
    except AnswerError as error:
        await context.decide("report", f"without prose: {error}")


def attempt_digest(entries: list[Entry], winner: Evaluation) -> str:
    """The attempt as YAML: scores of every script, verdicts and decisions, the winner."""
    # By position, not by time: steps that ran beside each other ended in an order of their own.
    shown = sorted(
        (e for e in entries if e.kind in (Kind.EVALUATION, Kind.DECISION) or e.role == "summariser"),
        key=lambda e: [int(part.split(".")[0]) for part in e.path.split("/")],
    )
    between = max(0, len(shown) - DIGEST_FIRST - DIGEST_LAST)
    kept = shown[:DIGEST_FIRST] + shown[DIGEST_FIRST + between :]
    left_out = {"steps_left_out": f"{between}, after the first {DIGEST_FIRST}"} if between else {}
    digest = {
        "steps": [_line(e) for e in kept],
        **left_out,
        "executions": sum(e.was_run for e in entries),
        "failed_executions": sum(e.kind is Kind.EXECUTION and e.error is not None for e in entries),
        "winner": {
            "score": winner.score,
            "fold_scores": list(winner.fold_scores),
            "spread": winner.spread,
            "printed": winner.printed,
            "validation": winner.validation,
            "step": next((e.title for e in entries if e.key == winner.key), ""),
        },
    }
    return yaml.safe_dump(digest, sort_keys=False, allow_unicode=True, width=10_000)


def _line(entry: Entry) -> dict[str, object]:
    if entry.kind is Kind.EVALUATION:
        return {
            "evaluated": entry.title,
            "score": "failed" if entry.score is None else entry.score,
            **({"printed": entry.metrics["printed"]} if "printed" in entry.metrics else {}),
            **({"spread": entry.metrics["spread"]} if "spread" in entry.metrics else {}),
        }
    if entry.kind is Kind.DECISION:
        return {"decided": entry.title, "because": entry.content}
    return {"ablation": entry.content}
