"""The edits worth trying on a script, best guess first."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from typing import Any

from actors.contracts import TaskBrief
from actors.models.offline.composing import candidates, recipe
from actors.models.offline.editing import Edit, read_edits
from actors.models.offline.script import Script, render_pipeline
from actors.models.offline.tuning import settings


def family_of(name: str) -> str:
    """The catalogue module of a member, its own name where it is none of ours."""
    found = recipe(name)
    return str(found.function.__module__) if found else name


def neighbours(script: Script, member: str) -> list[Edit]:
    """One tunable of a member moved one place, the most telling tunables first, upwards first."""
    found = recipe(member)
    if found is None or member not in script.definitions:
        return []
    current = settings(script.definitions[member])
    edits = []
    for name, values in found.choices.items():
        if name not in current:
            continue
        place = values.index(current[name]) if current[name] in values else -1
        near = [p for p in (place + 1, place - 1) if 0 <= p < len(values)] if place >= 0 else [0]
        edits += [Edit("set", member, ((name, values[p]),)) for p in near]
    return edits


def new_members(script: Script, brief: TaskBrief) -> list[Edit]:
    """Members that the script lacks, other families first."""
    present = {recipe(m) for m in script.members}
    families = {family_of(m) for m in script.members}
    absent = [r for r in candidates(brief, "member") if r not in present]
    return [
        Edit("add", r.name)
        for r in sorted(absent, key=lambda r: -r.applies(brief) + 0.15 * (family_of(r.name) in families))
    ]


def other_steps(script: Script, brief: TaskBrief) -> list[Edit]:
    """Features steps that the script lacks."""
    return [Edit("add_step", r.name) for r in candidates(brief, "features") if r.name not in script.steps]


def other_parts(script: Script, brief: TaskBrief) -> list[Edit]:
    """Other ways to blend and to decide."""
    edits = []
    for stage in ("blend", "decide"):
        if stage == "blend" and len(script.members) < 2:
            continue
        names = [r.name for r in candidates(brief, stage) if r.applies(brief) >= 0.25]
        edits += [Edit("use", n, (("part", stage),)) for n in names if n not in script.parts[stage.upper()]]
    return edits


def interleave(lists: Iterable[list[Edit]]) -> list[Edit]:
    """One of each list in turn."""
    queues = [list(q) for q in lists]
    taken: list[Edit] = []
    while any(queues):
        taken += [q.pop(0) for q in queues if q]
    return taken


def pipeline_edits(script: Script, brief: TaskBrief, shaker: random.Random) -> list[Edit]:
    """Everything to try on the pipeline block."""
    lists = [new_members(script, brief), other_steps(script, brief), other_parts(script, brief)]
    if shaker.random() < 0.5:
        lists[0], lists[1] = lists[1], lists[0]
    return interleave(lists)


def member_edits(script: Script, member: str, shaker: random.Random) -> list[Edit]:
    """Everything to try on one member, the order shaken within pairs."""
    edits = neighbours(script, member)
    for place in range(0, len(edits) - 1, 2):
        if shaker.random() < 0.5:
            edits[place], edits[place + 1] = edits[place + 1], edits[place]
    return edits


def same(one: Edit, other: Edit) -> bool:
    """Whether two edits do the same thing."""
    return (one.action, one.name, repr(one.values)) == (other.action, other.name, repr(other.values))


def untried(edits: list[Edit], plans: Iterable[str]) -> list[Edit]:
    """The edits that no plan asked for."""
    done = [e for plan in plans for e in read_edits(plan)]
    return [e for e in edits if not any(same(e, d) for d in done)]


def block_of(script: Script, text: str, edit: Edit) -> str:
    """The block of a program's text that an edit changes."""
    if edit.action == "set" and edit.name in script.definitions:
        return script.definitions[edit.name]
    return render_pipeline(script)


def pipeline_text(block: str) -> bool:
    """Whether a block is the pipeline."""
    return re.search(r"^MEMBERS = \[", block, re.MULTILINE) is not None


def describe(edit: Edit) -> str:
    """An edit as an ablation names it."""
    values: dict[str, Any] = dict(edit.values)
    names = {
        "add": f"with member {edit.name}",
        "drop": f"without member {edit.name}",
        "add_step": f"with step {edit.name}",
        "drop_step": f"without step {edit.name}",
        "use": f"{values.get('part', '')} by {edit.name}",
    }
    setting = ", ".join(f"{k}={v!r}" for k, v in edit.values)
    return names.get(edit.action) or f"{edit.name} with {setting}"


def read_described(name: str) -> Edit | None:
    """The inverse of `describe`; None for another writer's words."""
    patterns = {
        "add": r"with member (\w+)",
        "drop": r"without member (\w+)",
        "add_step": r"with step (\w+)",
        "drop_step": r"without step (\w+)",
    }
    for action, pattern in patterns.items():
        found = re.fullmatch(pattern, name)
        if found:
            return Edit(action, found[1])
    found = re.fullmatch(r"(blend|decide) by (\w+)", name)
    if found:
        return Edit("use", found[2], (("part", found[1]),))
    found = re.fullmatch(r"(\w+) with (\w+)=(.+)", name)
    if found:
        sentence = f"Set `{found[2]}` of `{found[1]}` to `{found[3]}`"
        return next(iter(read_edits(sentence)), None)
    return None
