"""Edits of scripts in plain words: the language that planners and coders share.

A plan is one or more sentences of these forms, followed by a reason:

    Set `strength` of `linear` to `10.0`.
    Add the member `splines`.      Drop the member `linear`.
    Add the member `boosting` with `leaves` set to `5`.
    Add the step `missing_flags`.  Drop the step `missing_flags`.
    Use `blend_squares` as the blend.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from actors.models.offline.composing import recipe
from actors.models.offline.script import Script
from actors.models.offline.source import Copied, copy_function
from actors.models.offline.tuning import renamed, with_settings
from actors.programs import parsed_value

_SET = re.compile(r"Set `(\w+)` of `(\w+)` to `([^`]+)`")
_ADD = re.compile(r"Add the member `(\w+)`(?: with ((?:`\w+` set to `[^`]+`(?: and )?)+))?")
_PAIR = re.compile(r"`(\w+)` set to `([^`]+)`")
_DROP = re.compile(r"Drop the member `(\w+)`")
_STEP = re.compile(r"(Add|Drop) the step `(\w+)`")
_USE = re.compile(r"Use `(\w+)` as the (\w+)")


@dataclass(frozen=True)
class Edit:
    """One change: set, add, drop, add_step, drop_step or use."""

    action: str
    name: str
    values: tuple[tuple[str, Any], ...] = ()

    def sentence(self) -> str:
        """The edit in plain words."""
        if self.action == "set":
            return " ".join(f"Set `{k}` of `{self.name}` to `{v!r}`." for k, v in self.values)
        if self.action == "add":
            pairs = " and ".join(f"`{k}` set to `{v!r}`" for k, v in self.values)
            return f"Add the member `{self.name}`" + (f" with {pairs}." if pairs else ".")
        if self.action == "drop":
            return f"Drop the member `{self.name}`."
        if self.action == "use":
            return f"Use `{self.name}` as the {self.values[0][1]}."
        return f"{'Add' if self.action == 'add_step' else 'Drop'} the step `{self.name}`."


def literal(text: str) -> Any:
    """A value from a plan's text."""
    try:
        return parsed_value(text)
    except (ValueError, SyntaxError):
        return text


def read_edits(plan: str) -> tuple[Edit, ...]:
    """The edits that a plan asks for, in a fixed order; empty when it speaks another language."""
    edits = [Edit("set", name, ((key, literal(value)),)) for key, name, value in _SET.findall(plan)]
    for name, extras in _ADD.findall(plan):
        edits.append(Edit("add", name, tuple((k, literal(v)) for k, v in _PAIR.findall(extras))))
    edits += [Edit("drop", name) for name in _DROP.findall(plan)]
    edits += [Edit(f"{action.lower()}_step", name) for action, name in _STEP.findall(plan)]
    edits += [Edit("use", name, (("part", part),)) for name, part in _USE.findall(plan)]
    return tuple(edits)


def free_name(script: Script, name: str) -> str:
    """A name for one more copy of a function."""
    number = 2
    while f"{name}_{number}" in script.definitions:
        number += 1
    return f"{name}_{number}"


def with_function(script: Script, name: str) -> Script:
    """The script with a recipe's function and all it uses among its definitions."""
    found = recipe(name)
    if found is None:
        return script
    copied = Copied()
    copy_function(found.function, copied)
    return script.with_source(copied)


def add_member(script: Script, name: str, values: tuple[tuple[str, Any], ...]) -> Script:
    """One more member: the recipe itself, or a numbered copy with other settings."""
    found = recipe(name)
    if found is None:
        return script
    known = name in script.definitions
    script = with_function(script, name)
    if name not in script.members and (not values or not known):
        source = with_settings(script.definitions[name], dict(values))
        script = replace(script, definitions={**script.definitions, name: source})
        return script.with_part("MEMBERS", (*script.members, name))
    copy = free_name(script, found.name)
    fresh = Copied()
    copy_function(found.function, fresh)
    source = with_settings(renamed(fresh.definitions[found.name], found.name, copy), dict(values))
    script = replace(script, definitions={**script.definitions, copy: source})
    return script.with_part("MEMBERS", (*script.members, copy))


def apply_edit(script: Script, edit: Edit) -> Script:
    """The script after one edit; an edit that does not fit changes nothing."""
    makers: dict[str, Callable[[Script, Edit], Script]] = {
        "set": set_values,
        "add": lambda s, e: add_member(s, e.name, e.values),
        "drop": drop_member,
        "add_step": add_step,
        "drop_step": lambda s, e: s.with_part("STEPS", tuple(n for n in s.steps if n != e.name)),
        "use": use_rule,
    }
    return makers[edit.action](script, edit)


def set_values(script: Script, edit: Edit) -> Script:
    """Other defaults of one function."""
    if edit.name not in script.definitions:
        return script
    source = with_settings(script.definitions[edit.name], dict(edit.values))
    return replace(script, definitions={**script.definitions, edit.name: source})


def drop_member(script: Script, edit: Edit) -> Script:
    """One member fewer; the last one stays."""
    left = tuple(m for m in script.members if m != edit.name)
    return script.with_part("MEMBERS", left) if left else script


def add_step(script: Script, edit: Edit) -> Script:
    """One more features step, at its place in the chain."""
    if recipe(edit.name) is None or edit.name in script.steps:
        return script
    steps = sorted((*script.steps, edit.name), key=step_order)
    return with_function(script, edit.name).with_part("STEPS", tuple(steps))


def use_rule(script: Script, edit: Edit) -> Script:
    """Another function for a part that takes one."""
    if recipe(edit.name) is None:
        return script
    return with_function(script, edit.name).with_part(str(edit.values[0][1]).upper(), (edit.name,))


def step_order(name: str) -> int:
    """Where a features step belongs in the chain."""
    found = recipe(name)
    return found.order if found else 50


def apply_plan(script: Script, plan: str) -> Script:
    """The script after all of a plan's edits."""
    for edit in read_edits(plan):
        script = apply_edit(script, edit)
    return script
