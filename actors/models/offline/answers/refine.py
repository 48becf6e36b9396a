"""Ablation and targeted refinement: ablator, summariser, extractor, planner, coder."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import Any

import yaml

from actors.models.offline.answers.start import as_json, python
from actors.models.offline.catalogue import flow
from actors.models.offline.composing import recipe
from actors.models.offline.conversation import Question, fences
from actors.models.offline.editing import Edit, apply_edit, apply_plan, read_edits, with_function
from actors.models.offline.options import (
    block_of,
    describe,
    interleave,
    member_edits,
    pipeline_edits,
    pipeline_text,
    read_described,
    untried,
)
from actors.models.offline.script import (
    Script,
    read_script,
    render,
    render_imports,
    render_pipeline,
    used_definitions,
)
from actors.models.offline.source import Copied, copy_function
from actors.models.offline.tuning import settings

VARIANTS = 2
HELPED = "The ablation measured that this helps."
KEPT = ("keep_usable", "join_files")  # steps that nobody doubts
_LINE = re.compile(r"^ablation: (.+?) \| (\S+) \| baseline (\S+)$", re.MULTILINE)
_BULLET = re.compile(r"^- `(.+?)`: (\S+) against (\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Effect:
    """What one variant of an ablation scored."""

    name: str
    score: float
    gain: float  # over the baseline, positive is better


def shaker_of(question: Question) -> random.Random:
    """A source of chance fixed by the attempt's seed and the role."""
    return random.Random(f"{question.seed} {question.role}")


def removals(script: Script) -> list[Edit]:
    """What can be disabled."""
    members = [Edit("drop", m) for m in reversed(script.members)] if len(script.members) > 1 else []
    return [*members, *(Edit("drop_step", s) for s in script.steps if s not in KEPT)]


def variant_code(script: Script, edit: Edit) -> str:
    """The changed parts of a variant as a Python expression."""
    if edit.action == "set":
        pairs = ", ".join(f"{k}={v!r}" for k, v in edit.values)
        names = [f"partial({m}, {pairs})" if m == edit.name else m for m in script.members]
        return f'{{"members": [{", ".join(names)}]}}'
    changed = apply_edit(script, edit)
    if edit.action in ("add", "drop"):
        return f'{{"members": [{", ".join(changed.members)}]}}'
    if edit.action in ("add_step", "drop_step"):
        return f'{{"steps": [{", ".join(changed.steps)}]}}'
    return f'{{"{edit.values[0][1]}": {edit.name}}}'


def ablator(question: Question) -> str:
    """A program that scores the script as it is and two or three variants of it."""
    text = question.code("Script")
    script = read_script(text)
    if script is None:
        return python(text)  # somebody else's script: its own score is all that can be measured
    shaker = shaker_of(question)
    earlier = question.section("Earlier ablations")
    tuning = interleave(member_edits(script, m, shaker) for m in script.members)
    ideas = interleave([removals(script), pipeline_edits(script, question.brief, shaker), tuning])
    fresh = [
        e for e in ideas if f"`{describe(e)}`" not in earlier and f"ablation: {describe(e)} " not in earlier
    ]
    chosen = (fresh or ideas)[:VARIANTS]
    study = Copied()
    copy_function(flow.ablate, study)
    wider = script.with_source(study)
    for edit in chosen:
        wider = with_function(wider, edit.name)
    rows = [f'    "{describe(e)}": {variant_code(script, e)},' for e in chosen]
    variants = "{\n" + "\n".join(rows) + "\n}"
    roots = tuple(e.name for e in chosen if e.action in ("add", "add_step", "use"))
    return python(ablation_program(wider, variants, roots))


def ablation_program(script: Script, variants: str, roots: tuple[str, ...]) -> str:
    """The study's text."""
    imports = tuple(sorted({*script.imports, "from functools import partial"}))
    wider = Script(f"Ablation of: {script.title}", imports, script.definitions, script.task, script.parts)
    return render(wider, variants, roots)


def effects(question: Question, output: str) -> list[Effect]:
    """The variants of an ablation's output, best gain first."""
    found = []
    for name, score, baseline in _LINE.findall(output):
        try:
            value, base = float(score), float(baseline)
        except ValueError:
            continue
        found.append(Effect(name, value, question.brief.oriented(value) - question.brief.oriented(base)))
    return sorted(found, key=lambda e: -abs(e.gain))


def summariser(question: Question) -> str:
    """One bullet a variant, the largest effect first."""
    output = "\n".join(fences(question.section("Output"))) or question.section("Output")
    scores = {name: (score, baseline) for name, score, baseline in _LINE.findall(output)}
    bullets = []
    for effect in effects(question, output):
        verdict = "it did nothing" if effect.gain == 0 else "it helped" if effect.gain > 0 else "it hurt"
        score, baseline = scores[effect.name]
        bullets.append(f"- `{effect.name}`: {score} against {baseline} of the script as it is: {verdict}.")
    known = {e.name for e in effects(question, output)}
    bullets += [f"- `{n}`: gave no score ({s})." for n, (s, _) in scores.items() if n not in known]
    if bullets:
        return "\n".join(bullets)
    last = output.strip().splitlines()[-1:] or ["no output"]
    return f"- The study failed and shows no effect: {last[0][:300]}"


def summary_effects(question: Question) -> list[tuple[Edit, float]]:
    """Edits that the summary measured, best first."""
    found: list[tuple[Edit, float]] = []
    for name, score, baseline in _BULLET.findall(question.section("Ablation summary")):
        edit = read_described(name)
        if edit is not None:
            gain = question.brief.oriented(float(score)) - question.brief.oriented(float(baseline))
            found.append((edit, gain))
    return sorted(found, key=lambda pair: -pair[1])


def words(edits: list[Edit], reason: str) -> str:
    """A plan."""
    return " ".join([*(e.sentence() for e in edits), reason])


def extractor(question: Question) -> str:
    """The block with the most leverage, and the change that the ablation speaks for."""
    text = question.code("Script")
    script = read_script(text)
    refined = [b.strip() for b in fences(question.section("Blocks already refined"))]
    if script is None:
        return as_json(foreign_target(text, refined))
    measured = summary_effects(question)
    shaker = shaker_of(question)
    for edit, gain in measured:
        block = block_of(script, text, edit)
        if gain > 0 and block in text and block.strip() not in refined:
            others = [e for e, g in measured if g > 0 and e != edit and block_of(script, text, e) == block]
            together = [edit, *(e for e in others if compatible(edit, e))][:2]
            return as_json({"block": block, "plan": words(together, HELPED)})
    hurt = [describe(e) for e, _ in measured]
    ideas = interleave(
        [
            pipeline_edits(script, question.brief, shaker),
            interleave(member_edits(script, m, shaker) for m in script.members),
        ]
    )
    for edit in ideas:
        block = block_of(script, text, edit)
        if describe(edit) not in hurt and block in text and block.strip() not in refined:
            return as_json(
                {"block": block, "plan": words([edit], "No part of the ablation stood in its way.")}
            )
    return as_json(foreign_target(text, refined))


def compatible(one: Edit, other: Edit) -> bool:
    """Whether two edits can be made together: not two values of one setting, not two rules of one part."""
    if one.action == other.action == "set":
        return one.name == other.name and not {k for k, _ in one.values} & {k for k, _ in other.values}
    return one.action != "use" or other.action != "use"


def foreign_target(text: str, refined: list[str]) -> dict[str, str]:
    """The longest function of a script that was not refined yet, or all of it."""
    blocks = re.findall(r"^def \w+\(.*?(?=^\S|\Z)", text, re.DOTALL | re.MULTILINE)
    fresh = [b.rstrip() for b in blocks if b.strip() not in refined]
    block = max(fresh, key=len, default=text.strip())
    return {"block": block, "plan": "Keep the block and regularise its model a little more strongly."}


def tried_plans(question: Question) -> list[tuple[str, float | None]]:
    """(plan, score) of the section, oldest first; None for a failure or one under way."""
    return [
        (str(r["plan"]), float(r["score"]) if isinstance(r["score"], float) else None)
        for r in tried_rows(question)
    ]


def tried_rows(question: Question) -> list[dict[str, Any]]:
    """The plans of the section as they stand there."""
    blocks = fences(question.section("Tried"))
    rows: list[dict[str, Any]] | None = yaml.safe_load(blocks[0]) if blocks else None
    return rows or []


def further(script: Script, edit: Edit) -> list[Edit]:
    """The same tunable moved one place more in the same direction."""
    found = recipe(edit.name)
    if found is None or edit.action != "set":
        return []
    name, value = edit.values[0]
    values = list(found.choices.get(name, ()))
    current = settings(script.definitions.get(edit.name, "def _(): ...")).get(name)
    if value not in values or current not in values:
        return []
    step = values.index(value) - values.index(current)
    place = values.index(value) + (1 if step > 0 else -1)
    return [Edit("set", edit.name, ((name, values[place]),))] if 0 <= place < len(values) else []


def planner(question: Question) -> str:
    """The next change of the block: further where it helped, elsewhere where it did not."""
    script = read_script(question.code("Script"))
    block = question.code("Block")
    tried = tried_plans(question)
    if script is None:
        return "Keep the block and regularise its model more strongly, or average it over several seeds."
    shaker = shaker_of(question)
    if pipeline_text(block):
        ideas = pipeline_edits(script, question.brief, shaker)
    else:
        name = next((m for m in script.members if f"def {m}(" in block), script.members[0])
        ideas = member_edits(script, name, shaker)
    base = proven(question)
    ideas = [f for e in base for f in further(script, e)] + ideas
    left = untried(ideas, [p for p, _ in tried])
    if not left:
        return "Leave the block as it is: every change that its settings offer was tried."
    kept = [e for e in base if compatible(e, left[0])]
    reason = "This was not tried on the block yet" + (", the rest helped before." if kept else ".")
    return words([*kept, left[0]], reason)


def proven(question: Question) -> list[Edit]:
    """The edits of the best plan so far, if its score beats the script's by more than chance explains."""
    rows = [r for r in tried_rows(question) if r.get("against_the_script") == "better"]
    best = max(rows, key=lambda r: question.brief.oriented(float(r["score"])), default=None)
    return list(read_edits(str(best["plan"]))) if best else []


def coder(question: Question) -> str:
    """The block after the plan's edits."""
    block, plan = question.code("Block"), question.section("Plan")
    script = read_script(question.code("Script"))
    if script is None:
        return python(block)
    changed = apply_plan(script, plan)
    if not pipeline_text(block):
        name = next((m for m in script.definitions if f"def {m}(" in block), "")
        return python(changed.definitions.get(name, block))
    fresh = [n for n in changed.definitions if n not in script.definitions]
    imports = render_imports(tuple(s for s in changed.imports if s not in script.imports))
    bodies = [changed.definitions[n] for n in needed(changed, fresh)]
    return python("\n\n".join([*([imports] if imports else []), *bodies, render_pipeline(changed)]))


def needed(script: Script, names: list[str]) -> list[str]:
    """Those of the names that the parts reach."""
    reached = set(used_definitions(script, ()))
    return [n for n in names if n in reached]
