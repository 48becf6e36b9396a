"""Stage 1: from retrieved models to one initial solution (paper, algorithm 1)."""

from __future__ import annotations

import functools

from actors.agents.workshop import work_out
from actors.attempt import AttemptContext
from actors.contracts import Evaluation
from actors.errors import AgentError, AnswerError
from actors.roles import data_profiler, initialiser, merger, retriever
from actors.together import together

NO_NOTES = "- none were made"


async def look_at_data(context: AttemptContext) -> str:
    """The data notes that later prompts carry."""
    if not context.role_on("data_profiler"):
        return NO_NOTES
    try:
        notes = await context.ask("data_profiler", data_profiler.Inputs(context.brief_text), "data notes")
    except AnswerError as error:
        await context.decide("data notes", f"none: {error}")
        return NO_NOTES
    bullets: str = notes.bullets()
    return bullets


async def initial_solution(context: AttemptContext, notes: str) -> Evaluation:
    """Write and score one script a model, then merge while merging does not hurt.

    Raises AgentError when no script runs.
    """
    cards = await _cards(context, notes)
    branches = [context.branch(f"model{n}") for n in range(len(cards))]
    tried = await together(_candidate(b, c, notes) for b, c in zip(branches, cards, strict=True))
    ranked = _best_first(context, [e for e in tried if e is not None and e.score is not None])
    if not ranked:
        raise AgentError(f"none of {len(cards)} initial scripts ran to a valid submission")
    best = ranked[0]
    for other in ranked[1:] if context.role_on("merger") else []:
        merged = await _merge(context, best, other)
        if merged is None or not context.at_least(merged, best):
            await context.decide("merge", "stopped: the merged script does not improve", (best.key,))
            break
        best = merged
    return best


async def _cards(context: AttemptContext, notes: str) -> tuple[retriever.ModelCard, ...]:
    """M cards, or as many as the retriever knows; without it each script chooses its own model."""
    count = context.settings.models
    why = "the retriever is switched off"
    if context.role_on("retriever"):
        try:
            cards: tuple[retriever.ModelCard, ...] = await context.ask(
                "retriever", retriever.Inputs(context.brief_text, notes, count), "models to try"
            )
        except AnswerError as error:
            why = "the retriever gave no usable answer"
            await context.decide("models to try", f"chosen by each script: {error}")
        else:
            if len(cards) < count:
                await context.decide(
                    "models to try", f"{len(cards)} instead of {count}: no more were proposed"
                )
            return cards[:count]
    return tuple(retriever.ModelCard(f"model {n} of your choice", why, "") for n in range(1, count + 1))


async def _candidate(context: AttemptContext, card: retriever.ModelCard, notes: str) -> Evaluation | None:
    if not context.role_on("initialiser"):  # the card's example code, of which a debugger can make a program
        return await work_out(context, card.code, card.name)
    inputs = initialiser.Inputs(context.brief_text, notes, card.rendered())
    try:
        script = await context.ask("initialiser", inputs, card.name)
    except AnswerError as error:
        await context.decide(card.name, f"dropped: {error}")
        return None
    return await work_out(context, script, card.name)


def _best_first(context: AttemptContext, tried: list[Evaluation]) -> list[Evaluation]:
    """Sorted by score; equal scores keep the retriever's order."""

    def compare(a: Evaluation, b: Evaluation) -> int:
        return int(context.at_least(b, a)) - int(context.at_least(a, b))

    return sorted(tried, key=functools.cmp_to_key(compare))


async def _merge(context: AttemptContext, base: Evaluation, other: Evaluation) -> Evaluation | None:
    inputs = merger.Inputs(context.brief_text, base.script, other.script, base.score, other.score)
    try:
        script = await context.ask("merger", inputs, "merge", (base.key, other.key))
    except AnswerError as error:
        await context.decide("merge", f"dropped: {error}")
        return None
    return await work_out(context, script, "merge", (base.key, other.key))
