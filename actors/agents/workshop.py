"""What surrounds every script: leakage check, evaluation, debugging."""

from __future__ import annotations

from actors.attempt import AttemptContext
from actors.contracts import Evaluation
from actors.errors import AnswerError
from actors.leakage import is_suspicious
from actors.roles import debugger, leakage_checker


async def work_out(
    context: AttemptContext, script: str, title: str, parents: tuple[str, ...] = ()
) -> Evaluation:
    """Check a script for leakage, evaluate it, and debug it while it fails and tries are left."""
    here = context.branch("work")
    script = await checked(here, script)
    evaluation = await here.evaluate(script, title, parents)
    for number in range(1, context.settings.debug_tries + 1):
        if evaluation.failure is None or not context.role_on("debugger"):
            break
        fixed = await debugged(here, evaluation.script, evaluation.failure)
        if fixed is None:
            break
        fixed = await checked(here, fixed)
        evaluation = await here.evaluate(fixed, f"{title}, repair {number}", (evaluation.key,))
    if is_suspicious(evaluation, context.brief):
        evaluation = await _cleared(here, evaluation, title)
    return evaluation


async def checked(context: AttemptContext, script: str, evidence: str = "") -> str:
    """The script, with what leaks repaired; as it is when the checker is off or cannot say."""
    if not context.role_on("leakage_checker"):
        return script
    inputs = leakage_checker.Inputs(context.brief_text, script, evidence)
    try:
        verdict = await context.ask("leakage_checker", inputs, "leakage check")
    except AnswerError as error:
        await context.decide("leakage check", f"no usable verdict: {error}")
        return script
    if not verdict.leaky:
        return script
    await context.decide("leakage repair", verdict.why)
    return leakage_checker.repair(script, verdict)


async def debugged(context: AttemptContext, script: str, failure: str) -> str | None:
    """A repaired script, None when the debugger has no usable answer."""
    try:
        fixed: str = await context.ask(
            "debugger", debugger.Inputs(context.brief_text, script, failure), "repair"
        )
    except AnswerError as error:
        await context.decide("repair", f"given up: {error}")
        return None
    return fixed


async def _cleared(context: AttemptContext, suspect: Evaluation, title: str) -> Evaluation:
    """A suspect evaluation again after the checker saw the evidence; the suspect if it finds nothing."""
    evidence = (
        f"The script printed {suspect.printed!r}; on rows whose labels it never had it scored "
        f"{suspect.score!r} ({context.brief.metric}, {context.brief.direction})."
    )
    script = await checked(context, suspect.script, evidence)
    if script == suspect.script:
        await context.decide("leakage evidence", f"{evidence} No leak was found; the measured score counts.")
        return suspect
    repaired = await context.evaluate(script, f"{title}, leak repaired", (suspect.key,))
    return repaired if repaired.failure is None else suspect
