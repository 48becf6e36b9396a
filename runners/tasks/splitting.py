"""Which training rows become validation rows, by a task's split rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold

from actors.contracts import SplitRule
from actors.models.offline.catalogue.dates import moments_of
from runners.tasks.labels import as_text

Rows = NDArray[np.intp]
_NOTHING: Rows = np.array([], dtype=np.intp)
_BINS = 10  # of a numeric target, for stratified folds


@dataclass(frozen=True)
class FoldRules:
    """How many validation folds a task gets, by its labelled training rows."""

    small_rows: int = 1_000  # below: `small_folds`
    small_folds: int = 2
    held_rows: int = 150  # small tasks get more folds until they hold out so many rows, up to `parts`
    medium_rows: int = 5_000  # below: `medium_folds`
    medium_folds: int = 1
    large_folds: int = 1
    parts: int = 5  # a fold holds out one part in this many

    def folds(self, rows: int) -> int:
        """The number of folds for so many labelled training rows."""
        if rows < self.small_rows:
            enough = -(-self.held_rows * self.parts // max(rows, 1))
            return max(self.small_folds, min(enough, self.parts))
        return self.medium_folds if rows < self.medium_rows else self.large_folds


@dataclass(frozen=True)
class Cut:
    """Positions in the training table: validation rows, and rows that the fold may not use at all."""

    held: Rows
    dropped: Rows


def cut_rows(
    train: pd.DataFrame,
    test: pd.DataFrame,
    target: tuple[str, ...],
    rule: SplitRule,
    *,
    folds: int,
    parts: int,
    seed: int,
) -> list[Cut]:
    """At most `folds` cuts; rows whose target is missing are never held out.

    Raises ValueError when the rule cannot be followed on these rows.
    """
    labelled = np.flatnonzero(train[list(target)].notna().all(axis=1).to_numpy())
    if len(labelled) < 2 * parts:
        raise ValueError(f"{len(labelled)} labelled rows are too few for validation folds")
    if rule.kind == "time":
        times, future = _orders(train, test, str(rule.column))
        return _by_time(times, np.unique(future), labelled, folds, parts)
    if rule.kind == "block":
        ordered, length = _blocks(train, test, labelled, rule.column, parts)
        blocks = np.array_split(ordered, max(len(ordered) // length, parts))
        order = np.random.default_rng(seed).permutation(len(blocks))
        return [
            Cut(np.sort(np.concatenate([blocks[b] for b in chosen])), _NOTHING)
            for chosen in np.array_split(order, parts)[:folds]
        ]
    rows = train.iloc[labelled]
    if rule.kind == "group":
        groups = as_text(rows[str(rule.column)]).to_numpy()
        if len(np.unique(groups)) < parts:
            raise ValueError(f"column {rule.column} has fewer than {parts} groups")
        pairs = GroupKFold(parts, shuffle=True, random_state=seed).split(rows, groups=groups)
    elif rule.kind == "stratified" and (strata := _strata(rows[target[0]], parts)) is not None:
        pairs = StratifiedKFold(parts, shuffle=True, random_state=seed).split(rows, strata)
    else:
        pairs = KFold(parts, shuffle=True, random_state=seed).split(rows)
    return [Cut(labelled[held], _NOTHING) for _, held in list(pairs)[:folds]]


def _strata(target: pd.Series, parts: int) -> NDArray[np.intp] | None:
    """Classes of the target, or bins of its numbers; the rare ones joined; None when nothing is left."""
    if pd.api.types.is_float_dtype(target) or target.nunique() > 20 * _BINS:
        ranks = target.rank(method="first") if pd.api.types.is_numeric_dtype(target) else None
        if ranks is None:
            return None
        return pd.qcut(ranks, _BINS, labels=False).to_numpy(dtype=np.intp)
    codes = pd.factorize(as_text(target))[0]
    counts = np.bincount(codes)
    if (counts < parts).all():
        return None
    joined = np.where(counts[codes] < parts, len(counts), codes)
    return joined.astype(np.intp)


def as_order(values: pd.Series) -> NDArray[np.float64]:
    """Numbers or dates as numbers that sort the same way; raises ValueError for other text."""
    if pd.api.types.is_numeric_dtype(values):
        return np.asarray(values, dtype=np.float64)
    dates = moments_of(values)
    try:
        if dates.isna().sum() > values.isna().sum():
            dates = pd.to_datetime(values, format="mixed", utc=True).dt.tz_localize(None)
    except (ValueError, TypeError) as error:
        raise ValueError(f"column {values.name} holds neither numbers nor dates: {error}") from None
    return np.asarray(dates.to_numpy(dtype="datetime64[us]").astype(np.int64), dtype=np.float64)


def _orders(
    train: pd.DataFrame, test: pd.DataFrame, column: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The order of training and test rows, read together so that both are read alike."""
    if not len(test):
        return as_order(train[column]), np.array([])
    order = as_order(pd.concat([train[column], test[column]], ignore_index=True).rename(column))
    return order[: len(train)], order[len(train) :]


def _by_time(
    times: NDArray[np.float64], future: NDArray[np.float64], labelled: Rows, folds: int, parts: int
) -> list[Cut]:
    """The last periods of training, each as long as the test period where that leaves enough rows.

    The gap between the end of training and the start of the test period is kept. A fold does not use
    what lies after its validation period.
    """
    steps = np.unique(times[labelled])
    overlap = len(future) == 0 or future[0] <= steps[-1]
    horizon = len(steps) // parts if overlap else min(len(future), len(steps) // parts)
    horizon = max(horizon, 1)
    usual = float(np.median(np.diff(steps))) if len(steps) > 1 else 1.0
    gap = 0 if overlap else max(round((future[0] - steps[-1]) / usual) - 1, 0)
    gap = min(gap, len(steps) // parts)
    cuts = []
    for number in range(folds):
        end = len(steps) - number * horizon
        start = end - horizon
        if start - gap < max(len(steps) // 2, 1):
            break
        held = labelled[(times[labelled] >= steps[start]) & (times[labelled] <= steps[end - 1])]
        unused = np.flatnonzero(times >= steps[max(start - gap, 1)])
        cuts.append(Cut(held, np.setdiff1d(unused, held)))
    if not cuts:
        raise ValueError(f"{len(steps)} distinct times are too few for a validation period")
    return cuts


def _blocks(
    train: pd.DataFrame, test: pd.DataFrame, labelled: Rows, column: str | None, parts: int
) -> tuple[Rows, int]:
    """The rows in the order of `column` or of the file, and the length of a run of test rows in it."""
    ordered = labelled
    length = len(labelled) // (10 * parts)
    if column is not None:
        place, asked = _orders(train, test, column)
        ordered = labelled[np.argsort(place[labelled], kind="stable")]
        length = _run_length(place[labelled], asked) if len(test) else length
    return ordered, max(1, min(length, len(ordered) // parts))


def _run_length(train: NDArray[np.float64], test: NDArray[np.float64]) -> int:
    """The mean number of test rows between two training rows."""
    hidden = np.concatenate([np.zeros(len(train), bool), np.ones(len(test), bool)])
    hidden = hidden[np.argsort(np.concatenate([train, test]), kind="stable")]
    runs = int(hidden[0]) + int(np.count_nonzero(hidden[1:] & ~hidden[:-1]))
    return max(round(len(test) / max(runs, 1)), 1)
