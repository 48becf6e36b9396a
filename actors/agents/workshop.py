"""What surrounds every script: leakage check, run, debugging."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from actors.attempt import AttemptContext
from actors.contracts import Evaluation
from actors.errors import AnswerError
from actors.leakage import is_suspicious
from actors.roles import debugger, leakage_checker


class Outcome(Protocol):
    """How a script ran."""

    @property
    def failure(self) -> str | None:
        """What a debugger needs to know, None when all is well."""


Result = TypeVar("Result", bound=Outcome)


async def work_out(
    context: AttemptContext, script: str, title: str, parents: tuple[str, ...] = ()
) -> Evaluation:
    """Check a script for leakage, evaluate it, and debug it while it fails and tries are left."""
    here = context.branch("work")
    evaluation = await _evaluated(here, await checked(here, script), title, parents)
    if is_suspicious(evaluation, context.brief):
        evaluation = await _cleared(here, evaluation, title)
    return evaluation


async def until_it_runs(
    context: AttemptContext, script: str, run: Callable[[str, int], Awaitable[Result]]
) -> tuple[str, Result]:
    """Run a script that was checked, and debug it while it fails and tries are left.

    `run` gets a script and the number of repairs behind it. Returns the last script and how it ran; every
    repair is checked for leakage before it runs.
    """
    result = await run(script, 0)
    earlier: tuple[str, ...] = ()
    for number in range(1, context.settings.debug_tries + 1):
        if result.failure is None or not context.role_on("debugger"):
            break
        fixed = await _debugged(context, script, result.failure, earlier)
        if fixed is None:
            break
        earlier = (*earlier, _headline(result.failure))
        script = await checked(context, fixed)
        result = await run(script, number)
    return script, result


async def checked(context: AttemptContext, script: str) -> str:
    """The script, with what leaks repaired; as it is when the checker is off or cannot say."""
    verdict = await _verdict(context, script)
    if verdict is None or not verdict.leaky:
        return script
    return leakage_checker.repair(script, verdict)


async def _evaluated(
    context: AttemptContext, script: str, title: str, parents: tuple[str, ...]
) -> Evaluation:
    above = parents

    async def run(script: str, repairs: int) -> Evaluation:
        nonlocal above
        evaluation = await context.evaluate(script, f"{title}, repair {repairs}" if repairs else title, above)
        above = (evaluation.key,)
        return evaluation

    _, evaluation = await until_it_runs(context, script, run)
    return evaluation


async def _verdict(
    context: AttemptContext, script: str, evidence: str = ""
) -> leakage_checker.Verdict | None:
    """What the leakage checker says; None when it is off or cannot say."""
    if not context.role_on("leakage_checker"):
        return None
    inputs = leakage_checker.Inputs(context.brief_text, script, evidence)
    try:
        verdict: leakage_checker.Verdict = await context.ask("leakage_checker", inputs, "leakage check")
    except AnswerError as error:
        await context.decide("leakage check", f"no usable verdict: {error}")
        return None
    if verdict.leaky:
        await context.decide("leakage repair", verdict.why)
    return verdict


async def _debugged(
    context: AttemptContext, script: str, failure: str, earlier: tuple[str, ...]
) -> str | None:
    """A repaired script, None when the debugger has no usable answer."""
    inputs = debugger.Inputs(context.brief_text, script, failure, earlier)
    try:
        fixed: str = await context.ask("debugger", inputs, "repair")
    except AnswerError as error:
        await context.decide("repair", f"given up: {error}")
        return None
    return fixed


async def _cleared(context: AttemptContext, suspect: Evaluation, title: str) -> Evaluation:
    """A suspect evaluation again after the checker saw the evidence; the suspect if no leak is repaired."""
    evidence = (
        f"The script printed {suspect.printed!r}; on rows whose labels it never had it scored "
        f"{suspect.score!r} ({context.brief.metric}, {context.brief.direction})."
    )
    verdict = await _verdict(context, suspect.script, evidence)
    if verdict is None or not verdict.leaky:
        found = "The leakage checker gave no verdict" if verdict is None else "No leak was found"
        await context.decide("leakage evidence", f"{evidence} {found}; the measured score counts.")
        return suspect
    script = leakage_checker.repair(suspect.script, verdict)
    repaired = await _evaluated(context, script, f"{title}, leak repaired", (suspect.key,))
    if repaired.failure is None:
        return repaired
    await context.decide(
        "leakage evidence", f"{evidence} Its repair does not run; the measured score counts."
    )
    return suspect


def _headline(failure: str) -> str:
    """How a run ended and the last line that it left."""
    lines = [line for line in failure.splitlines() if line.strip() and not line.startswith("---")]
    return "; ".join(dict.fromkeys((lines[0], lines[-1])))
