"""The flow of every script: features, members, inner validation, blend, decision, submission."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.stats import rankdata

from actors.models.offline.catalogue.task import Array, Frame, Task

Stage = Callable[..., Any]
Known = dict[tuple[str, ...], Array]


def spelled(stage: Stage) -> str:
    """A stage's name with the settings it is given."""
    return repr((getattr(stage, "func", stage).__name__, getattr(stage, "keywords", {})))


def predict_members(
    train: Frame, test: Frame, task: Task, *, steps: Sequence[Stage], members: Sequence[Stage], known: Known
) -> list[Array]:
    """Every member's prediction for test, each rows x outputs.

    `known` holds the predictions made before on the same rows, by member and steps, and takes new ones.
    """
    keys = [(spelled(member), *map(spelled, steps)) for member in members]
    if any(key not in known for key in keys):
        for step in steps:
            train, test = step(train, test, task)
    for key, member in zip(keys, members, strict=True):
        if key not in known:
            known[key] = np.asarray(member(train, test, task), dtype=float).reshape(len(test), -1)
    return [known[key] for key in keys]


def mix(predictions: Sequence[Array], weights: Array, task: Task) -> Array:
    """The weighted average of members; of their ranks where only the order counts."""
    if task.kind == "risk":
        predictions = [rankdata(p, axis=0) / len(p) for p in predictions]
    if task.kind == "classes" and task.problem != "other":
        predictions = [
            np.clip(p, 0, None) / np.clip(p, 0, None).sum(axis=1, keepdims=True) for p in predictions
        ]
    return np.asarray(sum(w * p for w, p in zip(weights, predictions, strict=True)))


def validate(
    train: Frame,
    task: Task,
    *,
    steps: Sequence[Stage],
    members: Sequence[Stage],
    split: Stage,
    blend: Stage,
    decide: Stage,
    measure: Stage,
    known: dict[int, Known],
) -> tuple[float, Array, Array, Array]:
    """The score on inner held-out rows, the blend's weights, the held-out blend and its truth.

    `known` holds predictions by fold; it must be of the same rows, cut in the same way.
    """
    held_out: list[list[Array]] = [[] for _ in members]
    actuals = []
    for number, (fit, held, actual) in enumerate(split(train, task)):
        made = predict_members(
            fit, held, task, steps=steps, members=members, known=known.setdefault(number, {})
        )
        for kept, new in zip(held_out, made, strict=True):
            kept.append(new)
        actuals.append(actual)
    held_parts, actual = [np.concatenate(k) for k in held_out], np.concatenate(actuals)
    weights = blend(held_parts, actual, task)
    mixed = mix(held_parts, weights, task)
    return float(measure(decide(mixed, mixed, actual, task), actual, task)), weights, mixed, actual


def solve(task: Task, *, load: Stage, write: Stage, **parts: Any) -> None:
    """Validate on held-out rows, print the score, fit on every row, write the submission."""
    train, test = load(task)
    score, weights, mixed, actual = validate(train, task, **parts, known={})
    print("weights:", dict(zip([m.__name__ for m in parts["members"]], np.round(weights, 3), strict=True)))
    print(f"Final Validation Performance: {score:.6f}")
    predictions = predict_members(train, test, task, steps=parts["steps"], members=parts["members"], known={})
    final = parts["decide"](mix(predictions, weights, task), mixed, actual, task)
    write(final, test, task)


def ablate(task: Task, variants: dict[str, dict[str, Any]], *, load: Stage, **parts: Any) -> None:
    """Print the inner score of the script as it is and of each variant of its parts."""
    train, _ = load(task)
    if load.__name__ == "load_table" and len(train) > 4000 and task.split != "time":
        train = train.sample(4000, random_state=0)  # the same rows for every variant
    known: dict[int, Known] = {}  # what the variants have in common is computed once
    baseline = validate(train, task, **parts, known=known)[0]
    for name, changes in variants.items():
        try:
            score = validate(train, task, **{**parts, **changes}, known=known)[0]
            print(f"ablation: {name} | {score:.6f} | baseline {baseline:.6f}", flush=True)
        except Exception as error:  # one broken variant must not hide the others
            print(f"ablation: {name} | failed: {type(error).__name__}: {error} | baseline {baseline:.6f}")
