"""report.md of one attempt, from its own scratchpad entries."""

from __future__ import annotations

import json

from actors.contracts import Ending
from runners.report.checks import data_usage, leakage
from runners.report.markup import bullets, figure, line, quoted, table
from runners.report.predictions import predictions
from runners.report.prose import sections
from runners.report.reproduction import reproduction
from runners.report.session import session
from runners.report.story import Story, Tried
from runners.report.trials import trials
from runners.report.winning import why_it_won

PLOT = "scores.svg"
TREE = "tree.svg"
ENDED = {
    Ending.FINISHED: "The agent finished and handed in a submission.",
    Ending.INVALID_SUBMISSION: "The submission was refused by the grader's checks; it counts as a failure.",
    Ending.GRADER_ERROR: "The grader itself failed; it counts as a failure and is an infrastructure fault.",
    Ending.AGENT_ERROR: "The agent could not go on.",
    Ending.TIMEOUT: "The attempt's wall time ran out.",
    Ending.BUDGET: "The attempt's budget was used up.",
    Ending.ACTOR_LOST: "The process that ran the attempt was lost too often: an infrastructure fault.",
    Ending.CANCELLED: "The attempt was cancelled.",
}


def attempt_report(story: Story, plot: bool = True, tree: bool = False) -> str:
    """The report; `plot` and `tree` refer to the pictures of the scores and of the search beside it."""
    said = sections(story)
    predicted = predictions(story)
    first = story.entries[0]
    parts = [
        f"# {line(first.task)}, attempt {first.attempt}",
        _outcome(story),
        f"## The task\n\n{_task(story)}",
        *([f"## The data's traps\n\n{_traps(story)}"] if story.last_ask("data_profiler") else []),
        *([f"## At the shell\n\n{commands}"] if (commands := session(story)) else []),
        *([f"## What was predicted\n\n{predicted}"] if predicted else []),
        f"## What was tried\n\n{trials(story, PLOT if plot else '')}",
        *([f"## The tree\n\n{_tree()}"] if tree else []),
        *([f"## What ablation showed\n\n{_ablations(story)}"] if story.last_ask("ablator") else []),
        f"## The winner\n\n{_winner(story)}",
        f"### Why the winner won\n\n{why_it_won(story)}\n\n{said.won}" if story.submission else said.won,
        *([f"## What was learnt\n\n{said.learnt}"] if said.learnt else []),
        *([f"## Data usage\n\n{data_usage(story)}"] if "data_usage_checker" in story.asked else []),
        f"## Leakage\n\n{leakage(story)}",
        f"## Risks\n\n{_risks(story, said.risks)}",
        f"## How to reproduce\n\n{reproduction(story)}",
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _outcome(story: Story) -> str:
    metric = story.brief.metric if story.brief is not None else "score"
    rows = []
    if story.grade is not None:
        score = f"{line(metric)} {figure(story.grade.score)}" if story.grade.score is not None else "no score"
        success = json.loads(story.grade.content).get("success", False)
        rows.append(["graded", f"{score}, {'success' if success else 'no success'}"])
    if story.winner is not None and story.winner.evaluation.score is not None:
        rows.append(["validation score", _score(story.winner)])
    elif story.submission is not None and story.submission.score is not None:
        rows.append(["validation score", figure(story.submission.score)])
    rows.append(["validation", f"`validation: {_validation(story)}`"])
    rows.append(["ending", _ending(story)])
    rows.append(["agent", f"{line(str(story.opening.get('agent', 'not recorded')))} with {_models(story)}"])
    text = table(["", "result"], rows)
    fault = story.ending.error if story.ending is not None else None
    if story.grade is not None and story.grade.error:
        fault = story.grade.error
    return text + (f"\n\nWhat went wrong:\n\n{quoted(fault)}" if fault else "")


def _ending(story: Story) -> str:
    if story.ending is None:
        return "none recorded"
    ending = Ending(story.end_facts["ending"])
    left = "" if ending is Ending.FINISHED or story.submission is None else " Its best submission was kept."
    return f"`{ending}`. {ENDED[ending]}{left}"


def _models(story: Story) -> str:
    return ", ".join(line(model) for model in story.models) or "no model call"


def _validation(story: Story) -> str:
    if story.winner is not None:
        return story.winner.evaluation.validation
    return str(story.end_facts.get("validation") or "none")


def _score(tried: Tried) -> str:
    spread = tried.entry.metrics.get("spread")
    text = figure(tried.evaluation.score)
    return f"{text}, spread over folds {figure(spread)}" if spread is not None else text


def _task(story: Story) -> str:
    brief = story.brief
    if brief is None:
        return "The scratchpad of this attempt does not hold the task's brief."
    better = "higher is better" if brief.direction == "maximize" else "lower is better"
    split = brief.split.kind + (f" by `{line(brief.split.column)}`" if brief.split.column else "")
    rows = [
        f"problem: {brief.problem}; predicts {', '.join(f'`{line(t)}`' for t in brief.target)} "
        f"as {brief.prediction}",
        f"metric: {line(brief.metric)}, {better}",
        f"validation rows are split off: {split}",
        *(
            f"file `{line(f.name)}`: {f.format}" + (f", {figure(f.rows)} rows" if f.rows is not None else "")
            for f in brief.files
        ),
    ]
    intro = brief.description.strip().split("\n\n")
    text = next((part for part in intro if part.strip() and not part.lstrip().startswith("#")), "")
    return (f"{quoted(text)}\n\n" if text else "") + bullets(rows)


def _traps(story: Story) -> str:
    notes = story.notes
    if notes is None:
        return "The data profiler gave no usable answer."
    rows = [f"{line(trap)}" for trap in notes.traps] or ["Nothing unusual was found."]
    advice = (
        "\n\nWhat to do about them:\n\n" + bullets([line(a) for a in notes.advice]) if notes.advice else ""
    )
    return bullets(rows) + advice


def _tree() -> str:
    return (
        f"![every script under the one that it was made from]({TREE})\n\n"
        "Each script hangs from the one that it changes or repairs and is labelled with its entry and its "
        "score, shortened; a script at the top is a draft."
    )


def _ablations(story: Story) -> str:
    summaries = story.answers("summariser")
    if not summaries:
        return "No ablation study was summarised in this attempt."
    return "\n\n".join(f"Entry {figure(e.seq)}:\n\n{quoted(e.content)}" for e in summaries)


def _winner(story: Story) -> str:
    if story.submission is None:
        return "No submission was handed in."
    rows = []
    if story.winner is not None:
        evaluation = story.winner.evaluation
        rows = [
            f"step: {line(story.winner.title)} (entry {figure(story.winner.entry.seq)})",
            f"validation score: {_score(story.winner)}; `validation: {evaluation.validation}`",
            *(
                [f"score of each fold: {', '.join(figure(s) for s in evaluation.fold_scores)}"]
                if evaluation.fold_scores
                else []
            ),
            f"printed by the script: {figure(evaluation.printed)}",
        ]
    rows.append(f"handed in: {line(story.submission.title)} (entry {figure(story.submission.seq)})")
    return bullets(rows)


def _risks(story: Story, prose: str) -> str:
    rows = []
    if _validation(story) == "printed":
        rows.append(
            "The validation score is what the script printed of itself, not what the harness measured."
        )
    if story.winner is not None and story.winner.suspicious:
        rows.append("The winner printed a far better score than was measured; the measured one counts.")
    if story.winner is not None and "spread" not in story.winner.entry.metrics:
        rows.append("The winner was scored on a single split, so nothing is known of its spread.")
    if story.submission is not None and story.submission.title == "best so far":
        rows.append("What was handed in comes from a validation run: the model was not refit on all rows.")
    if story.ending is not None and story.end_facts["ending"] != Ending.FINISHED:
        rows.append("The attempt did not end by itself, so the search was not complete.")
    text = "\n\n".join(part for part in (bullets(rows), prose) if part)
    return text or "None was named."
