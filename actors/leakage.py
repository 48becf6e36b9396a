"""When a printed score is too good to be true."""

from __future__ import annotations

from scipy.special import stdtrit

from actors.contracts import Evaluation, TaskBrief

CONFIDENCE = 0.975  # that chance alone does not explain the gap
SMALLEST = 0.02  # of the measured score; no smaller gap is worth a model call
NO_SPREAD = 0.10  # of the measured score, where one or two folds say nothing of the spread
FEW_FOLDS = 3  # so few say little of the spread: t is wide, and periods of a series differ
OUTRIGHT = 2 / 3  # of the measured score: enough with few folds, if no fold came near


def leakage_gap(evaluation: Evaluation, brief: TaskBrief) -> float | None:
    """How much better the printed score is than the measured one.

    None where either is missing, and for a metric of the task's own, which no script can compute: what it
    prints is another quantity.
    """
    if evaluation.score is None or evaluation.printed is None or evaluation.validation != "harness":
        return None
    if brief.metric == "custom":
        return None
    return brief.oriented(evaluation.printed) - brief.oriented(evaluation.score)


def is_suspicious(evaluation: Evaluation, brief: TaskBrief) -> bool:
    """Whether the printed score is better than chance explains: evidence of a leak or of a false print.

    A script's own hold-out counts as one more fold. With k folds of standard deviation s, the difference
    between it and their mean has the deviation s * sqrt(1 + 1/k); a gap beyond the one-sided 97.5 % quantile
    of Student's t with k - 1 degrees of freedom is suspicious, if it is more than 2 % of the measured
    score. With three folds that bound is very wide, so a gap of two thirds of the measured score is
    suspicious as well when the print beats every fold. With one or two folds the print must beat the best
    of them by 10 % of the measured score. Nothing here depends on the metric but its direction.
    """
    gap = leakage_gap(evaluation, brief)
    if gap is None or evaluation.score is None or evaluation.printed is None:
        return False
    size, count, spread = abs(evaluation.score), len(evaluation.fold_scores), evaluation.spread
    best_fold = max(brief.oriented(score) for score in evaluation.fold_scores)
    beyond = brief.oriented(evaluation.printed) - best_fold
    if spread is None or count < FEW_FOLDS:
        return beyond > NO_SPREAD * size
    chance = float(stdtrit(count - 1, CONFIDENCE)) * spread * (1 + 1 / count) ** 0.5
    if gap > max(chance, SMALLEST * size):
        return True
    return count == FEW_FOLDS and beyond > 0 and gap > OUTRIGHT * size
