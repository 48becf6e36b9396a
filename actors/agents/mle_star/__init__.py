"""MLE-STAR (arXiv:2506.15692): search, targeted refinement by ablation, ensembling."""

from __future__ import annotations

from actors.agents.closing import hand_in, write_report
from actors.agents.mle_star.ensembling import ensemble
from actors.agents.mle_star.initial import initial_solution, look_at_data
from actors.agents.mle_star.refinement import refine
from actors.attempt import AttemptContext
from actors.contracts import Evaluation
from actors.together import together

__all__ = ["mle_star"]


async def mle_star(context: AttemptContext) -> None:
    """Make L solutions beside each other, ensemble them, hand the winner in and report."""
    notes = await look_at_data(context)

    async def solution(branch: AttemptContext) -> Evaluation:
        return await refine(branch, await initial_solution(branch, notes))

    branches = [context.branch(f"solution{n}") for n in range(context.settings.solutions)]
    finals = await together(solution(b) for b in branches)
    winner = await ensemble(context, [f for f in finals if f.failure is None] or list(finals))
    await hand_in(context, winner)
    await write_report(context, winner)
