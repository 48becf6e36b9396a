"""AutoML-GPT (arXiv:2305.02499): configures a model from cards and predicted training logs.

A data card and the model cards most like it are composed into one paragraph. A model plans the
processing, assigns one model and proposes several settings, each with the training log that it predicts;
the best predicted is written as one script, which runs once and is repaired at most once.

What differs from the original, and why:

* The original stops at a configuration and a log; here a script is written and run, since a harness
  grades predictions.
* The data card is read off the brief, not written by a person: no agent here is told more than another.
* Similar cards are found by the traits that they share, where the original compares embedded texts: an
  encoder would be a model of its own. They are kinds of data, never evaluated tasks.
* A person's wishes, which the original's prompt may carry, are left out: attempts run unattended.
"""

from __future__ import annotations

from actors.agents.automl_gpt.data_card import data_card
from actors.agents.automl_gpt.model_cards import most_similar
from actors.agents.closing import hand_in_as_it_is, write_report
from actors.agents.options import Option, Options, read_options
from actors.attempt import AttemptContext
from actors.contracts import Evaluation, TaskBrief
from actors.errors import AgentError
from actors.roles import automl_gpt_planner, automl_gpt_writer, debugger

__all__ = ["OPTIONS", "automl_gpt"]

OPTIONS: Options = {
    "configurations": Option(4, least=1),
    "cards": Option(3),
    "repairs": Option(1),
}


async def automl_gpt(context: AttemptContext) -> None:
    """Plan, write and run one script, hand it in and report; raises AgentError when it does not run."""
    options = read_options(OPTIONS, context.settings.options)
    paragraph = compose(context.brief, int(options["cards"]))
    inputs = automl_gpt_planner.Inputs(context.brief_text, paragraph, int(options["configurations"]))
    plan: automl_gpt_planner.Plan = await context.ask("automl_gpt_planner", inputs, "predicted logs")
    chosen = best_predicted(plan, context.brief)
    await context.decide(
        "configuration", f"{plan.model} with {chosen.named()}: predicted {chosen.predicted!r}"
    )
    ask = automl_gpt_writer.Inputs(context.brief_text, paragraph, plan.rendered(chosen))
    script: str = await context.ask("automl_gpt_writer", ask, "script")
    evaluation = await context.evaluate(script, f"{plan.model} with {chosen.named()}")
    for number in range(1, int(options["repairs"]) + 1):
        if evaluation.failure is None or not context.role_on("debugger"):
            break
        evaluation = await _repaired(context, evaluation, number)
    if evaluation.failure is not None:
        raise AgentError("its one script did not run to a valid submission")
    await hand_in_as_it_is(context, evaluation)
    await write_report(context, evaluation)


def compose(brief: TaskBrief, cards: int) -> str:
    """Data card and model cards as the one paragraph that the prompts carry."""
    card = data_card(brief)
    models = [model.rendered() for model in most_similar(card, cards)]
    known = "Models that suited similar data: " + " ".join(models) if models else "No model card is known."
    return f"{card.rendered()} {known}"


def best_predicted(plan: automl_gpt_planner.Plan, brief: TaskBrief) -> automl_gpt_planner.Configuration:
    """The configuration whose predicted log ends best, the first of equals."""
    return max(plan.configurations, key=lambda c: brief.oriented(c.predicted))


async def _repaired(context: AttemptContext, broken: Evaluation, number: int) -> Evaluation:
    inputs = debugger.Inputs(context.brief_text, broken.script, broken.failure or "")
    fixed: str = await context.ask("debugger", inputs, "repair", (broken.key,))
    return await context.evaluate(fixed, f"repair {number}", (broken.key,))
