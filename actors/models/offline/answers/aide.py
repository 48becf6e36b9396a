"""AIDE's drafter and improver: the members and edits that MLE-STAR's roles choose from."""

from __future__ import annotations

import re

from actors.models.offline.answers.refine import shaker_of, tried_plans, words
from actors.models.offline.answers.start import alone, explored, member_source, next_member, python, varied
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.composing import best, layout_of, ranked_members, recipe
from actors.models.offline.conversation import Question
from actors.models.offline.editing import Edit, apply_edit, read_edits
from actors.models.offline.options import interleave, member_edits, pipeline_edits, untried
from actors.models.offline.script import Script, read_script, render
from actors.models.offline.tuning import settings

_DRAFTED = re.compile(r"the model `(\w+)`")


def drafted(plans: list[str]) -> list[Recipe]:
    """The members of earlier drafts, one a draft."""
    names = [found[1] for plan in plans if (found := _DRAFTED.search(plan))]
    return [r for r in map(recipe, names) if r is not None]


def aide_drafter(question: Question) -> str:
    """A script of one member that no earlier draft has; once all were drafted, of one with other settings."""
    taken = drafted([plan for plan, _ in tried_plans(question)])
    ranking = ranked_members(question.brief, question.seed)
    member = next_member(question, ranking, taken)
    moved = explored(member, question.seed) if taken else {}
    if member in taken:
        member = ranking[len(taken) % len(ranking)]
        moved = varied(member, len(taken))
    changed = "".join(f" with {k} at {v!r}" for k, v in moved.items())
    plan = f"A plain solution with the model `{member.name}`{changed}. {member.why}"
    return f"{plan}\n\n{python(render(alone(question, member, moved)))}"


def aide_improver(question: Question) -> str:
    """The script after the best guess among the edits that were not tried yet."""
    text = question.code("Script")
    script = read_script(text)
    plans = [plan for plan, _ in tried_plans(question)]
    left = [] if script is None else fresh_edits(question, script, plans)
    if script is None or not left:
        return f"Keep the program: every change that its parts offer was tried.\n\n{python(text)}"
    found = recipe(left[0].name)
    why = found.why if found is not None and left[0].action != "set" else "One place along its usual values."
    plan = words(left[:1], why)
    return f"{plan}\n\n{python(render(apply_edit(script, left[0])))}"


def fresh_edits(question: Question, script: Script, plans: list[str]) -> list[Edit]:
    """What a planner would try on the pipeline and the members, without what was tried or undoes that."""
    shaker = shaker_of(question)
    members = interleave(member_edits(script, m, shaker) for m in script.members)
    ideas = interleave([pipeline_edits(script, question.brief, shaker), members])
    tried = [edit for plan in plans for edit in read_edits(plan)]
    return [e for e in untried(ideas, plans) if not any(undoes(question, e, t) for t in tried)]


def undoes(question: Question, edit: Edit, tried: Edit) -> bool:
    """Whether an edit sets what an earlier one changed back to what every script starts from."""
    found = recipe(edit.name)
    if found is None or edit.action != tried.action:
        return False
    if edit.action == "set" and edit.name == tried.name:
        usual = settings(member_source(found))
        return any(k in dict(tried.values) and usual.get(k) == v for k, v in edit.values)
    layout = layout_of(question.brief)
    return (
        edit.action == "use"
        and edit.values == tried.values
        and found == best(question.brief, found.stage, layout)
    )
