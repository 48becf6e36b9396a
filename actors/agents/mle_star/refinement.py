"""Stage 2: find by ablation which block matters, refine that block (paper, algorithm 2)."""

from __future__ import annotations

import asyncio

from actors.agents.workshop import checked_until_it_runs, lineage_of, work_out
from actors.attempt import AttemptContext
from actors.contracts import Evaluation
from actors.errors import AnswerError
from actors.roles import ablator, coder, data_usage_checker, extractor, planner, summariser
from actors.roles.base import Tried
from actors.together import together
from actors.trial import Trial

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

    async def run(script: str, repairs: int) -> Trial:
        title = data_usage_checker.ABLATION
        return await context.execute(script, f"{title}, repair {repairs}" if repairs else title)

    came = lineage_of(context, (solution.key,), data_usage_checker.ABLATION)
    script, trial = await checked_until_it_runs(context, script, run, came)
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
            result = await _candidate(here, solution, target.block, plan)
            results.append(result)
            tried.append(
                Tried(plan, None)
                if result is None
                else Tried(plan, result.score, standing=here.standing(result, solution))
            )
    return results


async def _in_parallel(
    context: AttemptContext, solution: Evaluation, target: extractor.Target
) -> list[Evaluation | None]:
    """Scripts beside each other, each as soon as its plan is there; a plan knows the texts before it."""
    branches = [context.branch(f"inner{k}") for k in range(context.settings.inner_steps)]
    plans = [asyncio.get_running_loop().create_future() for _ in branches]

    async def candidate(k: int, here: AttemptContext) -> Evaluation | None:
        earlier = [await plan for plan in plans[:k]]
        tried = [Tried(plan, None, pending=True) for plan in earlier if plan is not None]
        plan = target.plan if k == 0 else await _next_plan(here, solution, target, tried)
        plans[k].set_result(plan)
        return None if plan is None else await _candidate(here, solution, target.block, plan)

    return await together(candidate(k, here) for k, here in enumerate(branches))


async def _next_plan(
    context: AttemptContext, solution: Evaluation, target: extractor.Target, tried: list[Tried]
) -> str | None:
    if not context.role_on("planner"):
        return None
    inputs = planner.Inputs(context.brief_text, solution.script, target.block, tuple(tried), solution.score)
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
