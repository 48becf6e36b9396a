"""Stage 2: find by ablation which block matters, refine that block (paper, algorithm 2)."""

from __future__ import annotations

from actors.agents.workshop import debugged, work_out
from actors.attempt import AttemptContext
from actors.contracts import Evaluation
from actors.errors import AnswerError
from actors.roles import ablator, coder, extractor, planner, summariser
from actors.roles.base import Tried
from actors.together import together

NO_ABLATION = "- no ablation was made; judge by reading the script"


async def refine(context: AttemptContext, solution: Evaluation) -> Evaluation:
    """T outer steps; each refines one block K times and keeps the best if it is as good or better."""
    if not (context.role_on("extractor") and context.role_on("coder")):
        return solution
    summaries: list[str] = []
    refined: list[str] = []
    for step in range(context.settings.outer_steps):
        here = context.branch(f"outer{step}")
        try:
            summary = await _ablation(here, solution, tuple(summaries))
            summaries.append(summary)
            inputs = extractor.Inputs(here.brief_text, solution.script, summary, tuple(refined))
            target = await here.ask("extractor", inputs, "block to refine", (solution.key,))
        except AnswerError as error:
            await here.decide("refinement", f"step {step} skipped: {error}")
            continue
        refined.append(target.block)
        for candidate in await _inner(here, solution, target):
            if here.at_least(candidate, solution):
                solution = candidate
    return solution


async def _ablation(context: AttemptContext, solution: Evaluation, earlier: tuple[str, ...]) -> str:
    """What disabling parts of the script does to its score."""
    if not (context.role_on("ablator") and context.role_on("summariser")):
        return NO_ABLATION
    script = await context.ask(
        "ablator",
        ablator.Inputs(context.brief_text, solution.script, earlier),
        "ablation study",
        (solution.key,),
    )
    trial = await context.execute(script, "ablation study")
    for _ in range(context.settings.debug_tries):
        if trial.failure is None or not context.role_on("debugger"):
            break
        fixed = await debugged(context, script, trial.failure)
        if fixed is None:
            break
        script, trial = fixed, await context.execute(fixed, "ablation study, repaired")
    output = trial.stdout if trial.failure is None else trial.failure
    summary: str = await context.ask(
        "summariser", summariser.Inputs(context.brief_text, script, output), "effect of each part"
    )
    return summary


async def _inner(context: AttemptContext, solution: Evaluation, target: extractor.Target) -> list[Evaluation]:
    """K plans for one block, every one from the original block."""
    attempt = _in_parallel if context.settings.parallel_plans else _in_turn
    results = await attempt(context, solution, target)
    return [evaluation for evaluation in results if evaluation is not None]


async def _in_turn(
    context: AttemptContext, solution: Evaluation, target: extractor.Target
) -> list[Evaluation | None]:
    """Each plan knows the scores of all earlier ones."""
    tried: list[Tried] = []
    results: list[Evaluation | None] = []
    for k in range(context.settings.inner_steps):
        here = context.branch(f"inner{k}")
        plan = target.plan if k == 0 else await _next_plan(here, solution, target, tried)
        if plan is not None:
            results.append(await _candidate(here, solution, target.block, plan))
            tried.append(Tried(plan, results[-1].score if results[-1] else None))
    return results


async def _in_parallel(
    context: AttemptContext, solution: Evaluation, target: extractor.Target
) -> list[Evaluation | None]:
    """All plans first, each knowing the others' texts, then their scripts beside each other."""
    branches = [context.branch(f"inner{k}") for k in range(context.settings.inner_steps)]
    tried: list[Tried] = []
    for k, here in enumerate(branches):
        plan = target.plan if k == 0 else await _next_plan(here, solution, target, tried)
        if plan is not None:
            tried.append(Tried(plan, None, pending=True))
    return await together(
        _candidate(here, solution, target.block, t.plan) for here, t in zip(branches, tried, strict=False)
    )


async def _next_plan(
    context: AttemptContext, solution: Evaluation, target: extractor.Target, tried: list[Tried]
) -> str | None:
    if not context.role_on("planner"):
        return None
    inputs = planner.Inputs(context.brief_text, solution.script, target.block, tuple(tried))
    try:
        plan: str = await context.ask("planner", inputs, "another plan", (solution.key,))
    except AnswerError as error:
        await context.decide("plan", f"none: {error}")
        return None
    return plan


async def _candidate(
    context: AttemptContext, solution: Evaluation, block: str, plan: str
) -> Evaluation | None:
    inputs = coder.Inputs(context.brief_text, solution.script, block, plan)
    try:
        replacement = await context.ask("coder", inputs, plan, (solution.key,))
    except AnswerError as error:
        await context.decide("refinement", f"plan dropped: {error}")
        return None
    script = coder.swap(solution.script, block, replacement)
    return await work_out(context, script, f"refined: {plan}", (solution.key,))
