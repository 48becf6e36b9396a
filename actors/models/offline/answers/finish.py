"""The debugger, the submitter and the reporter."""

from __future__ import annotations

import re
from dataclasses import replace

from actors.contracts import ExitStatus
from actors.models.offline.answers.start import python
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.composing import candidates, compose, recipe
from actors.models.offline.conversation import Question, fences
from actors.models.offline.editing import Edit, apply_edit, with_function
from actors.models.offline.script import Script, read_script, render
from actors.models.offline.tuning import settings, with_settings

SAFE = {"SPLIT": "random_folds", "BLEND": "blend_equal", "DECIDE": "decide_raw"}
CHEAPER = {
    "trees": 0.4,
    "rounds": 0.5,
    "bags": 0.5,
    "folds": 0.5,
    "epochs": 0.5,
    "copies": 0.5,
    "widest": 0.5,
}
FASTER = {"rate": 2.0}
SLOW = (ExitStatus.WALL, ExitStatus.CPU, ExitStatus.MEMORY, ExitStatus.SIGNAL)


def cheaper(script: Script) -> Script:
    """Less work: smaller ensembles; once they are small, the last member goes."""
    changed = dict(script.definitions)
    for name in (*script.members, *script.parts["SPLIT"]):
        current = settings(changed[name])
        less = {k: max(int(v * CHEAPER[k]), 1) for k, v in current.items() if k in CHEAPER and v > 1}
        less |= {k: min(v * FASTER[k], 0.2) for k, v in current.items() if k in FASTER and v < 0.2}
        changed[name] = with_settings(changed[name], less)
    if changed != script.definitions:
        return replace(script, definitions=changed)
    return apply_edit(script, Edit("drop", script.members[-1]))


def substitute(question: Question, script: Script, broken: str) -> Script:
    """The script with another member instead of its only one."""
    tried = {recipe(m) for m in script.members}
    others = [r for r in candidates(question.brief, "member") if r not in tried]
    if not others:
        return script
    added = apply_edit(script, Edit("add", others[0].name))
    return apply_edit(added, Edit("drop", broken))


def without_load(question: Question, script: Script) -> Script:
    """The same members on another way of loading the data, where they can take it."""
    loads: list[Recipe] = [
        r for r in candidates(question.brief, "load") if r.name not in script.parts["LOAD"]
    ]
    if not loads:
        return script
    return with_function(script, loads[0].name).with_part("LOAD", (loads[0].name,))


def repaired(question: Question, script: Script, failure: str) -> Script:
    """The smallest change that takes out what the failure points at."""
    status = re.search(r"\b(" + "|".join(s.value for s in SLOW) + r")\b", failure[:300])
    if status or "MemoryError" in failure:
        return cheaper(script)
    for name in reversed(re.findall(r", in (\w+)", failure)):
        mended = without(question, script, name)
        if mended is not script:
            return mended
    if script.steps:
        return apply_edit(script, Edit("drop_step", script.steps[-1]))
    return substitute(question, script, script.members[0])


def without(question: Question, script: Script, name: str) -> Script:
    """The script without one of its parts, or with a plainer one in its place."""
    if name in script.members:
        if len(script.members) > 1:
            return apply_edit(script, Edit("drop", name))
        return substitute(question, script, name)
    if name in script.steps:
        return apply_edit(script, Edit("drop_step", name))
    if name in script.parts["LOAD"]:
        return without_load(question, script)
    part = next((p for p, safe in SAFE.items() if name in script.parts[p] and name != safe), "")
    return with_function(script, SAFE[part]).with_part(part, (SAFE[part],)) if part else script


def debugger(question: Question) -> str:
    """The script with the part at fault replaced, made cheaper or taken out."""
    text = question.code("Script")
    script = read_script(text)
    if script is None:
        members = candidates(question.brief, "member")[:1]
        return python(render(compose(question.brief, question.limits, question.seed, members)))
    failure = "\n".join(fences(question.section("Failure"))) or question.section("Failure")
    return python(render(repaired(question, script, failure)))


def submitter(question: Question) -> str:
    """Scripts of ours already fit on all rows and predict every test row."""
    return python(question.code("Script"))
