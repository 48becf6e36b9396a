"""How an agent that does not search hands in the one program that it has."""

from __future__ import annotations

from actors.attempt import AttemptContext
from actors.contracts import Evaluation
from actors.errors import AgentError


async def hand_in_as_it_is(context: AttemptContext, final: Evaluation) -> None:
    """Run the final program on all public rows and hand in what it predicts.

    When that run fails, the predictions of its validation run stand in. Raises AgentError when there
    are none.
    """
    trial = await context.submit(final.script, "submission", (final.key,), final.extra_files)
    if trial.failure is not None and not await context.submit_best():
        raise AgentError(f"no submission: {trial.detail or trial.fault or trial.status}")
