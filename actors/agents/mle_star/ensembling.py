"""Stage 3: combine the final solutions (paper, algorithm 3)."""

from __future__ import annotations

from actors.agents.workshop import work_out
from actors.attempt import AttemptContext
from actors.contracts import Evaluation
from actors.errors import AnswerError
from actors.roles import ensemble_planner, ensembler
from actors.roles.base import Tried


async def ensemble(context: AttemptContext, finals: list[Evaluation]) -> Evaluation:
    """R rounds; the best of everything wins, a final that beats every ensemble too."""
    best = finals[0]
    for final in finals[1:]:
        if not context.at_least(best, final):
            best = final
    winner = best
    if not (context.role_on("ensemble_planner") and context.role_on("ensembler")):
        return winner
    keys = tuple(f.key for f in finals)
    scripts = tuple((f.script, f.score) for f in finals)
    tried: list[Tried] = []
    for number in range(context.settings.ensemble_rounds):
        here = context.branch(f"round{number}")
        try:
            plan = await here.ask(
                "ensemble_planner",
                ensemble_planner.Inputs(here.brief_text, scripts, tuple(tried)),
                "ensemble plan",
                keys,
            )
        except AnswerError as error:
            await here.decide("ensemble", f"round {number} skipped: {error}")
            continue
        try:
            script = await here.ask("ensembler", ensembler.Inputs(here.brief_text, scripts, plan), plan, keys)
        except AnswerError as error:
            await here.decide("ensemble", f"plan dropped: {error}")
            tried.append(Tried(plan, None))
            continue
        evaluation = await work_out(here, script, f"ensemble: {plan}", keys)
        tried.append(Tried(plan, evaluation.score, standing=here.standing(evaluation, best)))
        if here.at_least(evaluation, winner):
            winner = evaluation
    return winner
