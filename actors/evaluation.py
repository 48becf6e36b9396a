"""What a script's trials come to, and which of two evaluations is better."""

from __future__ import annotations

import math
import statistics

from actors.contracts import Evaluation, TaskBrief
from actors.leakage import is_suspicious, leakage_gap
from actors.trial import Trial


def conclude(script: str, trials: list[Trial], brief: TaskBrief) -> Evaluation:
    """One evaluation from its trials; any failed fold fails it, so that means are comparable."""
    failure = next((t.failure for t in trials if not t.ok), None)
    prints = [t.printed for t in trials if t.printed is not None]
    printed = sum(prints) / len(prints) if prints else None
    if brief.validation == "printed":
        if failure is None and printed is None:
            failure = "the script printed no line `Final Validation Performance: <score>`"
        return Evaluation(script, None if failure else printed, (), printed, "printed", failure)
    scores = tuple(t.score for t in trials if t.score is not None)
    score = None if failure else sum(scores) / len(scores)
    return Evaluation(script, score, () if failure else scores, printed, "harness", failure)


def measures(evaluation: Evaluation, brief: TaskBrief) -> dict[str, float]:
    """An evaluation's figures, as its entry records them."""
    figures = {"folds": float(len(evaluation.fold_scores))}
    figures |= {f"fold_{k}": s for k, s in enumerate(evaluation.fold_scores)}
    known = {
        "printed": evaluation.printed,
        "spread": evaluation.spread,
        "gap": leakage_gap(evaluation, brief),
    }
    figures |= {name: value for name, value in known.items() if value is not None}
    return figures | {"suspicious": float(is_suspicious(evaluation, brief))}


def at_least(challenger: Evaluation, champion: Evaluation | None, brief: TaskBrief) -> bool:
    """Whether the challenger's mean is as good as the champion's or better; a failure's never is."""
    if challenger.score is None:
        return False
    if champion is None or champion.score is None:
        return True
    return brief.oriented(challenger.score) >= brief.oriented(champion.score)


def standing(evaluation: Evaluation, base: Evaluation, brief: TaskBrief) -> str:
    """How an evaluation stands to another: `better`, `worse` or `within the spread`; "" for a failure."""
    if evaluation.score is None or base.score is None:
        return ""
    if beyond_spread(evaluation, base, brief):
        return "better"
    return "worse" if beyond_spread(base, evaluation, brief) else "within the spread"


def beyond_spread(challenger: Evaluation, champion: Evaluation | None, brief: TaskBrief) -> bool:
    """Whether the challenger is better by more than the folds' spread explains.

    Both were scored on the same folds, so what counts is the difference on each: its mean must exceed its
    standard error (with two folds: the challenger is better on both). With one fold or a printed score
    there is no spread, and a better score is enough.
    """
    if not at_least(challenger, champion, brief):
        return False
    if champion is None or champion.score is None or challenger.score is None:
        return True
    ahead = brief.oriented(challenger.score) - brief.oriented(champion.score)
    pairs = zip(challenger.fold_scores, champion.fold_scores, strict=True)
    differences = [brief.oriented(a) - brief.oriented(b) for a, b in pairs]
    if len(differences) < 2:
        return ahead > 0
    return ahead > statistics.stdev(differences) / math.sqrt(len(differences))
