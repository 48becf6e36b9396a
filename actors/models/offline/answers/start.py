"""The retriever, the initialiser and the merger: from a brief to a first ensemble."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.composing import candidates, compose, features_for, ranked_members, recipe
from actors.models.offline.conversation import Question
from actors.models.offline.script import Script, read_script, render
from actors.models.offline.source import Copied, copy_function
from actors.models.offline.tuning import renamed, settings, with_settings

FAMILY_COST = 0.15  # how much promise a second member of one family loses
MAYBE = 0.4  # the promise from which a step that is not sure may be drawn
EXPLORE = 0.35  # the chance that a card moves a tunable off its default


def python(text: str) -> str:
    """A program as an answer."""
    return f"```python\n{text.rstrip()}\n```"


def as_json(value: Any) -> str:
    """A JSON value as an answer."""
    return f"```json\n{json.dumps(value, indent=1, ensure_ascii=False)}\n```"


def family(member: Recipe) -> str:
    """Members of one module are of one kind."""
    return str(member.function.__module__)


def next_member(question: Question, ranking: list[Recipe], taken: list[Recipe]) -> Recipe:
    """The most promising member that is not taken, of a family of its own where that costs little.

    The ranking's first where nothing is taken or nothing is left.
    """
    rest = [r for r in ranking if r not in taken]
    if not taken or not rest:
        return ranking[0]
    seen = [family(r) for r in taken]
    return max(
        rest,
        key=lambda r: r.applies(question.brief) - FAMILY_COST * seen.count(family(r)) - 0.03 * rest.index(r),
    )


def different_members(question: Question, count: int) -> list[Recipe]:
    """The most promising members, of different families where that costs little."""
    ranking = ranked_members(question.brief, question.seed)
    chosen: list[Recipe] = []
    while len(chosen) < min(count, len(ranking)):
        chosen.append(next_member(question, ranking, chosen))
    return chosen


def explored(member: Recipe, seed: int) -> dict[str, Any]:
    """Settings a step away from the defaults, for now and then a tunable."""
    shaker = random.Random(f"{seed} {member.name}")
    source = member_source(member)
    current = settings(source)
    moved: dict[str, Any] = {}
    if member.choices and shaker.random() < EXPLORE:
        name = shaker.choice(sorted(member.choices))
        values = list(member.choices[name])
        place = values.index(current[name]) if current.get(name) in values else 0
        moved[name] = values[max(0, min(len(values) - 1, place + shaker.choice((-1, 1))))]
    return moved


def member_source(member: Recipe) -> str:
    """The source of a member's own function."""
    copied = Copied()
    copy_function(member.function, copied)
    return copied.definitions[member.name]


def retriever(question: Question) -> str:
    """Model cards: names of catalogue members and their source as example code."""
    count = int(question.section("Count").split()[0])
    cards, names = [], set()
    chosen = different_members(question, count)
    for number in range(count):
        member = chosen[number % len(chosen)]
        moved = explored(member, question.seed + number) if number < len(chosen) else varied(member, number)
        if number == 0:
            moved = {}
        name = " ".join([member.name, *(f"{k}={v}" for k, v in moved.items())])
        while name in names:
            name += " again"
        names.add(name)
        cards.append({"name": name, "why": member.why, "code": with_settings(member_source(member), moved)})
    return as_json(cards)


def varied(member: Recipe, number: int) -> dict[str, Any]:
    """Settings for one more card of a member that is already on the list."""
    usual = settings(member_source(member))
    options = [(k, v) for k, values in member.choices.items() for v in values if usual.get(k) != v]
    return dict([options[number % len(options)]]) if options else {}


def chosen_steps(question: Question) -> list[Recipe]:
    """The features steps that the brief calls for, and now and then one that it only suggests."""
    shaker = random.Random(f"{question.seed} steps")
    sure = features_for(question.brief)
    maybe = [
        r
        for r in candidates(question.brief, "features")
        if r not in sure and r.applies(question.brief) >= MAYBE
    ]
    lucky = [r for r in maybe if shaker.random() < r.applies(question.brief)]
    return sorted([*sure, *lucky], key=lambda r: r.order)


def initialiser(question: Question) -> str:
    """A script of the card's member alone, with the card's settings."""
    card = json.loads(question.code("Model card"))
    words = str(card.get("name", "")).split()
    member = recipe(words[0]) if words else None
    if member is None or member.stage != "member":
        member = ranked_members(question.brief, question.seed)[0]
    try:
        wanted = settings(str(card.get("code", "")))
    except SyntaxError:
        wanted = {}
    return python(render(alone(question, member, wanted)))


def alone(question: Question, member: Recipe, wanted: dict[str, Any]) -> Script:
    """A script of one member with these settings."""
    script = compose(question.brief, question.limits, question.seed, [member], chosen_steps(question))
    source = with_settings(script.definitions[member.name], wanted)
    return replace(script, definitions={**script.definitions, member.name: source})


def merged(base: Script, other: Script) -> Script:
    """The base with the other's members beside its own; equal ones are not taken twice."""
    bodies = {base.definitions[m].replace(f"def {m}(", "def _(") for m in base.members}
    for member in other.members:
        source = other.definitions[member]
        if source.replace(f"def {member}(", "def _(") in bodies:
            continue
        name, number = member, 2
        while name in base.definitions:
            name, number = f"{member}_{number}", number + 1
        fresh = {k: v for k, v in other.definitions.items() if k != member and k not in base.definitions}
        base = replace(
            base,
            imports=tuple(sorted({*base.imports, *other.imports})),
            definitions={**base.definitions, **fresh, name: renamed(source, member, name)},
        ).with_part("MEMBERS", (*base.members, name))
    missing = tuple(s for s in other.steps if s not in base.steps)
    if missing and not base.steps:
        base = base.with_part("STEPS", missing)
    return replace(base, title=base.title.split(":")[0].rstrip(".") + f": {', '.join(base.members)}.")


def merger(question: Question) -> str:
    """Both scripts' members, averaged."""
    base, other = read_script(question.code("Base script")), read_script(question.code("Other script"))
    if base is None or other is None:
        return python(question.code("Base script"))
    return python(render(merged(base, other)))
