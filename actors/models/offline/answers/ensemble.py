"""The ensemble planner and the ensembler."""

from __future__ import annotations

import re
from functools import reduce

from actors.models.offline.answers.refine import tried_plans, words
from actors.models.offline.answers.start import merged, python
from actors.models.offline.conversation import Question, fences
from actors.models.offline.editing import Edit, apply_plan, read_edits
from actors.models.offline.options import new_members, same
from actors.models.offline.script import Script, read_script, render

_SCORE = re.compile(r"^### Script \d+, score (\S+)", re.MULTILINE)


def scripts(question: Question) -> list[tuple[str, Script]]:
    """Those scripts that are ours, best score first."""
    body = question.section("Scripts")
    texts, scores = fences(body), _SCORE.findall(body)
    order = sorted(
        range(len(texts)),
        key=lambda i: -question.brief.oriented(float(scores[i])) if scores[i] != "None" else float("inf"),
    )
    read = [(texts[i], read_script(texts[i])) for i in order]
    return [(text, script) for text, script in read if script is not None]


def united(found: list[tuple[str, Script]]) -> Script:
    """One script with the members of all."""
    return reduce(merged, [script for _, script in found])


def ensemble_ideas(question: Question, script: Script) -> list[list[Edit]]:
    """Plans for one script: fitted weights, more kinds of members, both, the same without the last."""
    further = new_members(script, question.brief)
    fitted = [Edit("use", "blend_squares", (("part", "blend"),))]
    even = [Edit("use", "blend_equal", (("part", "blend"),))]
    ideas = [
        [*further[:1], *fitted],
        further[:2],
        fitted,
        [*further[:3], *fitted],
        [*further[1:2], *even],
        even,
    ]
    ideas += [[Edit("drop", m)] for m in reversed(script.members) if len(script.members) > 1]
    return [i for i in ideas if i]


def ensemble_planner(question: Question) -> str:
    """A combination that was not tried."""
    found = scripts(question)
    tried = [read_edits(p) for p, _ in tried_plans(question)]
    if not found:
        return "Average the predictions of all scripts with equal weights."
    for idea in ensemble_ideas(question, united(found)):
        if not any(len(t) == len(idea) and all(any(same(a, b) for b in t) for a in idea) for t in tried):
            return words(idea, "All members of the scripts are kept beside each other in one program.")
    return "Average the predictions of all scripts with equal weights once more."


def ensembler(question: Question) -> str:
    """One program with all members, changed as the plan says."""
    found = scripts(question)
    if not found:
        return python(fences(question.section("Scripts"))[0])
    return python(render(apply_plan(united(found), question.section("Plan"))))
