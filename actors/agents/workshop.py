"""What surrounds every script: data-usage check, leakage check, run, debugging."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from actors.attempt import AttemptContext
from actors.contracts import Evaluation
from actors.errors import AnswerError
from actors.leakage import is_suspicious
from actors.roles import data_usage_checker, debugger, leakage_checker
from actors.together import together


class Outcome(Protocol):
    """How a script ran."""

    @property
    def failure(self) -> str | None:
        """What a debugger needs to know, None when all is well."""


Result = TypeVar("Result", bound=Outcome)


async def work_out(
    context: AttemptContext, script: str, title: str, parents: tuple[str, ...] = ()
) -> Evaluation:
    """Check a script, evaluate it, and debug it while it fails and tries are left."""
    here = context.branch("work")
    evaluation = await _evaluated(here, script, title, parents)
    if is_suspicious(evaluation, context.brief):
        evaluation = await _cleared(here, evaluation, title)
    return evaluation


async def checked_until_it_runs(
    context: AttemptContext,
    script: str,
    run: Callable[[str, int], Awaitable[Result]],
    lineage: tuple[str, ...],
) -> tuple[str, Result]:
    """Check a script, run it as `until_it_runs` does, and go back to what it was if a revision does not run.

    A revision by the data-usage checker is kept only if it runs, whatever it scores (paper, section 3.4).
    """
    first, *otherwise = await _versions(context, script, lineage, lineage[-1])
    ran, result = await until_it_runs(context, first, run, lineage)
    for version in otherwise if result.failure is not None else []:
        await context.decide("data usage", "the revised script does not run; the script as it was counts")
        ran, result = await until_it_runs(context, version, run, lineage)
    return ran, result


async def until_it_runs(
    context: AttemptContext,
    script: str,
    run: Callable[[str, int], Awaitable[Result]],
    lineage: tuple[str, ...],
) -> tuple[str, Result]:
    """Run a script that was checked, and debug it while it fails and tries are left.

    `run` gets a script and the number of repairs behind it; `lineage` tells how the script came about, a
    step each, the last of which is its title. Returns the last script and how it ran. Every repair is
    checked before it runs; if a revision of it fails it runs as it was.
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
        repairs = tuple(f"{data_usage_checker.REPAIR} {failure}" for failure in earlier)
        title = f"{lineage[-1]}, repair {number}"
        for version in await _versions(context, fixed, (*lineage, *repairs), title):
            script, result = version, await run(version, number)
            if result.failure is None:
                break
    return script, result


def lineage_of(context: AttemptContext, parents: tuple[str, ...], *further: str) -> tuple[str, ...]:
    """How a script came about: a step for each evaluation that led to it, and those that are given."""
    steps = []
    for entry in context.ancestry(parents):
        repaired = f"; {data_usage_checker.REPAIR} {_headline(entry.error)}" if entry.error else ""
        steps.append(entry.title + repaired)
    return (*steps, *further)


async def _evaluated(
    context: AttemptContext, script: str, title: str, parents: tuple[str, ...], why: str = ""
) -> Evaluation:
    above = parents

    async def run(script: str, repairs: int) -> Evaluation:
        nonlocal above
        evaluation = await context.evaluate(script, f"{title}, repair {repairs}" if repairs else title, above)
        above = (evaluation.key,)
        return evaluation

    came = lineage_of(context, parents, *([f"the leakage checker found: {why}"] if why else []), title)
    _, evaluation = await checked_until_it_runs(context, script, run, came)
    return evaluation


async def _versions(
    context: AttemptContext, script: str, lineage: tuple[str, ...], title: str
) -> tuple[str, ...]:
    """What to run instead of a script that nobody checked, none with a known leak, the best first.

    The two checkers read it beside each other; what the data-usage checker makes of it is read for leaks
    in its turn.
    """
    revised, safe = await together(
        (
            _using_all(context.branch("usage"), script, lineage, title),
            _without_leaks(context.branch("leakage"), script, title),
        )
    )
    if revised == script:
        return (safe,)
    return tuple(dict.fromkeys((await _without_leaks(context, revised, title), safe)))


async def _using_all(context: AttemptContext, script: str, lineage: tuple[str, ...], title: str) -> str:
    """The script, revised to use what it ignores; as it is when the checker is off or cannot say."""
    if not context.role_on("data_usage_checker"):
        return script
    inputs = data_usage_checker.Inputs(context.brief_text, script, lineage)
    try:
        revised: str | None = await context.ask("data_usage_checker", inputs, f"data usage check: {title}")
    except AnswerError as error:
        await context.decide("data usage check", f"no usable answer: {error}")
        return script
    return script if revised is None or revised.strip() == script.strip() else revised


async def _without_leaks(context: AttemptContext, script: str, title: str) -> str:
    """The script, with what leaks repaired; as it is when the checker is off or cannot say."""
    verdict = await _verdict(context, script, title)
    if verdict is None or not verdict.leaky:
        return script
    return leakage_checker.repair(script, verdict)


async def _verdict(
    context: AttemptContext, script: str, title: str, evidence: str = ""
) -> leakage_checker.Verdict | None:
    """What the leakage checker says; None when it is off or cannot say."""
    if not context.role_on("leakage_checker"):
        return None
    inputs = leakage_checker.Inputs(context.brief_text, script, evidence)
    try:
        verdict: leakage_checker.Verdict = await context.ask(
            "leakage_checker", inputs, f"leakage check: {title}"
        )
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
    again = f"{title}, leak repaired"
    verdict = await _verdict(context, suspect.script, again, evidence)
    if verdict is None or not verdict.leaky:
        found = "The leakage checker gave no verdict" if verdict is None else "No leak was found"
        await context.decide("leakage evidence", f"{evidence} {found}; the measured score counts.")
        return suspect
    script = leakage_checker.repair(suspect.script, verdict)
    repaired = await _evaluated(context, script, again, (suspect.key,), verdict.why)
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
