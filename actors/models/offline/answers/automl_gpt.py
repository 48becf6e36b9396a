"""AutoML-GPT's planner and writer; its predictions follow a rule of thumb and measure nothing.

A configuration's predicted validation score lies between what a naive prediction scores and perfection:
the share of that way is HOPE times the member's promise for the brief (`Recipe.applies`), less FAR for
every place that a tunable is moved off its default, more or less up to DOUBT by chance, fixed by the seed.
A log approaches that score by halves; its training score is ahead by OPTIMISM of the way.
"""

from __future__ import annotations

import json
import math
import random
from typing import Any

from actors.contracts import TaskBrief
from actors.models.offline.answers.start import alone, as_json, member_source, python
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.composing import features_for, ranked_members, recipe
from actors.models.offline.conversation import Question
from actors.models.offline.editing import literal
from actors.models.offline.facts import target_facts
from actors.models.offline.script import render
from actors.models.offline.tuning import settings

HOPE, FAR, DOUBT, OPTIMISM = 0.8, 0.03, 0.04, 0.05
EPOCHS = (1, 2, 4, 8, 16)


def naive_and_perfect(brief: TaskBrief) -> tuple[float, float]:
    """The scores that a prediction without inputs and one without error would about have."""
    if brief.direction == "maximize":
        share = 1 / max(len(brief.classes), 2) if brief.prediction == "label" else 0.0
        return share, 1.0
    if brief.classes:
        return math.log(max(len(brief.classes), 2)), 0.0
    ranges = [
        c.maximum - c.minimum for c in target_facts(brief) if c.maximum is not None and c.minimum is not None
    ]
    return max([*(r / 4 for r in ranges), 0.0]) or 1.0, 0.0


def distance(member: Recipe, values: dict[str, Any]) -> int:
    """How many places the tunables are moved along their choices."""
    usual = settings(member_source(member))
    moved = 0
    for name, value in values.items():
        choices = list(member.choices.get(name, ()))
        if value in choices and usual.get(name) in choices:
            moved += abs(choices.index(value) - choices.index(usual[name]))
    return moved


def neighbouring(member: Recipe, count: int, shaker: random.Random) -> list[dict[str, Any]]:
    """The default settings first, then others nearest to them, one tunable moved at a time."""
    usual = settings(member_source(member))
    others = [{k: v} for k, values in member.choices.items() for v in values if usual.get(k) != v]
    shaker.shuffle(others)
    others.sort(key=lambda moved: distance(member, moved))
    return [{}, *others][:count]


def predicted_log(
    brief: TaskBrief, member: Recipe, moved: dict[str, Any], luck: float
) -> list[dict[str, float]]:
    """The log of one configuration, by the rule above."""
    naive, perfect = naive_and_perfect(brief)
    share = HOPE * min(member.applies(brief), 1.0) - FAR * distance(member, moved) + luck
    rows = []
    for epoch in EPOCHS:
        way = share * (1 - 0.5**epoch)
        validation, train = (naive + (perfect - naive) * w for w in (way, way + OPTIMISM))
        rows.append({"epoch": epoch, "train": round(train, 5), "validation": round(validation, 5)})
    return rows


def automl_gpt_planner(question: Question) -> str:
    """One member, its settings at and near their defaults, a predicted log for each."""
    count = int(question.section("Count").split()[0])
    member = ranked_members(question.brief, question.seed)[0]
    shaker = random.Random(f"{question.seed} {question.role}")
    usual = settings(member_source(member))
    tunable = {name: usual[name] for name in member.choices if name in usual}
    rows: list[dict[str, Any]] = []
    for moved in neighbouring(member, count, shaker):
        luck = shaker.uniform(-DOUBT, DOUBT)
        rows.append(configuration({**tunable, **moved}, predicted_log(question.brief, member, moved, luck)))
    while len(rows) < count:  # a member with few tunables: the same under another name, predicted no better
        rows.append(configuration({**tunable, "seed": len(rows)}, rows[-1]["predicted_log"]))
    steps = ", ".join(r.name for r in features_for(question.brief))
    return as_json(
        {
            "processing": f"Load the files as the brief says; then {steps or 'nothing more'}.",
            "model": member.name,
            "why": member.why,
            "configurations": rows,
        }
    )


def configuration(values: dict[str, Any], log: Any) -> dict[str, Any]:
    """One configuration in the shape that the planner's prompt asks for."""
    return {"settings": [{"name": k, "value": repr(v)} for k, v in values.items()], "predicted_log": log}


def automl_gpt_writer(question: Question) -> str:
    """A script of the plan's member with the plan's settings."""
    plan = json.loads(question.code("Plan"))
    member = recipe(str(plan.get("model", "")))
    if member is None or member.stage != "member":
        member = ranked_members(question.brief, question.seed)[0]
    wanted = {name: literal(value) for name, value in dict(plan.get("settings", {})).items()}
    return python(render(alone(question, member, wanted)))
