"""Which recipes make a script for a brief, and the script they make."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from actors.contracts import Limits, TaskBrief
from actors.models.offline.catalogue import flow, measures
from actors.models.offline.catalogue import task as task_module
from actors.models.offline.catalogue.registry import Recipe, all_recipes
from actors.models.offline.script import Script
from actors.models.offline.source import Copied, copy_function
from actors.models.offline.tasking import kind_of, make_task, render_task


@lru_cache(maxsize=1)
def recipes() -> tuple[Recipe, ...]:
    """The catalogue, read once."""
    return all_recipes()


def recipe(name: str) -> Recipe | None:
    """A recipe by its name; a numbered copy (`ridge_2`) means the same recipe."""
    plain = re.sub(r"_\d+$", "", name)
    return next((r for r in recipes() if r.name in (name, plain)), None)


def layout_of(brief: TaskBrief) -> str:
    """The layout of the most promising load."""
    load = best(brief, "load", None)
    return load.layouts[0]


def best(brief: TaskBrief, stage: str, layout: str | None) -> Recipe:
    """The most promising recipe of a stage."""
    fitting = [r for r in recipes() if r.stage == stage and (layout is None or layout in r.layouts)]
    return max(fitting, key=lambda r: r.applies(brief))


def candidates(brief: TaskBrief, stage: str) -> list[Recipe]:
    """The recipes of a stage that suit the brief, most promising first."""
    layout = layout_of(brief)
    fitting = [r for r in recipes() if r.stage == stage and layout in r.layouts and r.applies(brief) > 0]
    return sorted(fitting, key=lambda r: -r.applies(brief))


def ranked_members(brief: TaskBrief, seed: int) -> list[Recipe]:
    """Members by promise, shaken by the seed; the strongest of the kind stays near the top."""
    shaker = random.Random(seed)
    members = candidates(brief, "member")
    if not members:
        return []
    scored = [(r.applies(brief) + shaker.uniform(-0.12, 0.12), r) for r in members]
    ranking = [r for _, r in sorted(scored, key=lambda pair: -pair[0])]
    ranking.remove(members[0])
    ranking.insert(shaker.choice((0, 0, 1)) if ranking else 0, members[0])
    return ranking


def measure_for(brief: TaskBrief) -> Any:
    """The metric's function; for a metric of the task's own, the usual one of its kind."""
    found = getattr(measures, f"measure_{brief.metric}", None)
    several = len(brief.target) > 1 and brief.prediction != "value"
    if found and not several:
        return found
    usual = {"levels": "pinball", "risk": "c_index", "values": "rmse"}
    name = usual.get(kind_of(brief), "log_loss" if brief.prediction == "probability" else "accuracy")
    return getattr(measures, f"measure_{name}")


def features_for(brief: TaskBrief) -> list[Recipe]:
    """The features steps in order."""
    chosen = [r for r in candidates(brief, "features") if r.applies(brief) >= 0.5]
    return sorted(chosen, key=lambda r: r.order)


def compose(
    brief: TaskBrief,
    limits: Limits,
    seed: int,
    members: Sequence[Recipe],
    steps: Sequence[Recipe] | None = None,
) -> Script:
    """A script of these members with the best recipe of every other stage."""
    layout = layout_of(brief)
    steps = features_for(brief) if steps is None else steps
    single = {s.upper(): best(brief, s, layout) for s in ("load", "split", "blend", "decide", "write")}
    measure = measure_for(brief)
    copied = Copied()
    for function in (task_module.Task, flow.solve, flow.ablate, measure):
        copy_function(function, copied)
    for chosen in (*single.values(), *steps, *members):
        copy_function(chosen.function, copied)
    parts: dict[str, tuple[str, ...]] = {k: (r.name,) for k, r in single.items()}
    parts |= {
        "MEASURE": (measure.__name__,),
        "STEPS": tuple(r.name for r in steps),
        "MEMBERS": tuple(r.name for r in members),
    }
    task = render_task(make_task(brief, limits, seed))
    title = f"Solution of {brief.id}: {', '.join(r.name for r in members)}."
    return Script(title, tuple(sorted(copied.imports)), copied.definitions, task, parts)
