"""MLE-STAR (arXiv:2506.15692): search, targeted refinement by ablation, ensembling."""

from __future__ import annotations

from actors.agents.closing import hand_in, write_report
from actors.agents.mle_star.ensembling import ensemble
from actors.agents.mle_star.initial import initial_solution, look_at_data
from actors.agents.mle_star.refinement import refine
from actors.attempt import AttemptContext
from actors.contracts import AgentSettings, Evaluation
from actors.errors import AgentError
from actors.together import together

__all__ = ["asked_roles", "mle_star"]

REFINING = ("ablator", "summariser", "extractor", "coder", "planner")
ENSEMBLING = ("ensemble_planner", "ensembler")


def asked_roles(settings: AgentSettings) -> tuple[str, ...]:
    """The roles that an attempt with this effort asks, in order; the debugger is for scripts that fail."""
    asked = ["data_profiler", "retriever", "initialiser", "data_usage_checker", "leakage_checker"]
    asked += ["merger"] if settings.models > 1 else []
    asked += REFINING if settings.outer_steps else ()
    asked += ENSEMBLING if settings.ensemble_rounds else ()
    return (*asked, "submitter", "reporter")


async def mle_star(context: AttemptContext) -> None:
    """Make L solutions beside each other, ensemble them, hand the winner in and report.

    Raises AgentError when none of them has a script that runs.
    """
    notes = await look_at_data(context)
    faults: list[str] = []

    async def solution(branch: AttemptContext) -> Evaluation | None:
        try:
            initial = await initial_solution(branch, notes)
        except AgentError as error:
            faults.append(str(error))
            await branch.decide("solution", f"given up: {error}")
            return None
        return await refine(branch, initial)

    branches = [context.branch(f"solution{n}") for n in range(context.settings.solutions)]
    finals = [final for final in await together(solution(b) for b in branches) if final is not None]
    if not finals:
        raise AgentError("; ".join(dict.fromkeys(faults)))
    winner = await ensemble(context, finals)
    await hand_in(context, winner)
    await write_report(context, winner)
