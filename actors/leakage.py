"""When a printed score is too good to be true."""

from __future__ import annotations

from actors.contracts import Evaluation, TaskBrief

RELATIVE_GAP = 0.10  # of the measured score; smaller gaps are what hold-outs of one size differ by
SPREADS = 3.0  # standard deviations over folds


def leakage_gap(evaluation: Evaluation, brief: TaskBrief) -> float | None:
    """How much better the printed score is than the measured one; None where either is missing."""
    if evaluation.score is None or evaluation.printed is None or evaluation.validation != "harness":
        return None
    return brief.oriented(evaluation.printed) - brief.oriented(evaluation.score)


def is_suspicious(evaluation: Evaluation, brief: TaskBrief) -> bool:
    """Whether the gap is wider than folds explain: evidence of leakage or of a false print."""
    gap = leakage_gap(evaluation, brief)
    if gap is None or evaluation.score is None:
        return False
    return gap > max(RELATIVE_GAP * abs(evaluation.score), SPREADS * (evaluation.spread or 0.0))
