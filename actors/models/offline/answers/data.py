"""The data profiler, the data-usage checker and the leakage checker."""

from __future__ import annotations

import re
from functools import reduce

from actors.contracts import ColumnFacts, TaskBrief
from actors.models.offline.answers.start import as_json, python
from actors.models.offline.composing import features_for
from actors.models.offline.conversation import Question
from actors.models.offline.editing import Edit, apply_edit, read_edits
from actors.models.offline.facts import target_facts, train_columns, train_only, train_rows
from actors.models.offline.script import read_script, render

MANY = 8  # notes of each kind at most
PLAIN = 0.9  # the promise of a step whose absence is an oversight
ON_PURPOSE = re.compile(r"^ablation study|\brepaired after\b", re.MULTILINE)  # steps that leave parts out
ALL_USED = "All the provided information is used."


def column_notes(column: ColumnFacts, rows: int) -> list[tuple[str, str]]:
    """What is odd about one column and what to do about it."""
    notes = []
    if column.unique == 1 and not column.missing:
        notes.append((f"{column.name} is constant.", f"Drop {column.name}."))
    if (
        column.dtype in ("text", "category")
        and column.unique > 0.95 * rows
        and (column.mean_length or 0) < 30
    ):
        notes.append(
            (
                f"{column.name} differs in nearly every row.",
                f"Do not one-hot {column.name}; split it into parts.",
            )
        )
    elif column.dtype in ("text", "category") and column.unique > 50:
        advice = (
            f"Turn {column.name} into TF-IDF components."
            if (column.mean_length or 0) >= 30
            else f"Encode {column.name} by out-of-fold target means and counts."
        )
        notes.append((f"{column.name} has {column.unique} levels.", advice))
    if column.dtype == "datetime":
        notes.append(
            (f"{column.name} is a date.", f"Expand {column.name} into year, month, weekday and elapsed days.")
        )
    if rows and column.missing > 0.05 * rows:
        notes.append(
            (
                f"{column.name} lacks {column.missing} of {rows} values.",
                f"Keep an indicator of missing {column.name}.",
            )
        )
    return notes


def target_notes(brief: TaskBrief) -> list[tuple[str, str]]:
    """What is odd about the target and the metric."""
    notes = []
    for column in target_facts(brief):
        if (column.skew or 0) > 2 and (column.minimum or 0) >= 0:
            notes.append(
                (f"The target {column.name} is skewed.", "Try its logarithm or a Poisson-like loss.")
            )
        if brief.problem == "binary" and column.mean is not None and min(column.mean, 1 - column.mean) < 0.15:
            notes.append(
                ("The classes are imbalanced.", "Do not judge by accuracy; keep probabilities calibrated.")
            )
    if brief.metric in ("f1", "f1_macro", "matthews", "balanced_accuracy"):
        notes.append(
            (f"{brief.metric} is not served by the most probable class.", "Tune thresholds on held-out rows.")
        )
    if brief.problem == "ordinal":
        notes.append(("The classes are ordered.", "Regress the class number and cut it at tuned points."))
    if brief.split.kind == "group":
        notes.append(
            (f"Rows of one {brief.split.column} belong together.", "Keep groups whole in every validation.")
        )
    if brief.split.kind in ("time", "block"):
        notes.append(("Validation must respect time.", "Use only what is known before each validation row."))
    return notes


def data_profiler(question: Question) -> str:
    """Traps and advice from the column facts."""
    brief, rows = question.brief, train_rows(question.brief)
    notes = target_notes(brief)
    only = train_only(brief)
    if only:
        named = ", ".join(only[:6])
        notes.append(
            (f"The test table lacks {named}.", "Do not build inputs on columns that the test table lacks.")
        )
    used = {brief.train, brief.test, brief.sample_submission, "description.md", "task.yaml"}
    extra = [f.name for f in brief.files if f.name not in used]
    if brief.train and extra:
        notes.append(
            (f"Other files hold more: {', '.join(extra[:5])}.", "Join them by the columns they share.")
        )
    for column in train_columns(brief):
        notes.extend(column_notes(column, rows))
    traps = list(dict.fromkeys(t for t, _ in notes))[:MANY]
    advice = list(dict.fromkeys(a for _, a in notes))[:MANY]
    return as_json({"traps": traps, "advice": advice})


def data_usage_checker(question: Question) -> str:
    """Adds the features steps that the brief plainly calls for and the script lacks without a reason."""
    script = read_script(question.code("Script"))
    came = question.sections.get("How it came about", "")
    if script is None or ON_PURPOSE.search(came):
        return ALL_USED
    left_out = {edit.name for edit in read_edits(came) if edit.action == "drop_step"}
    needed = [r.name for r in features_for(question.brief) if r.applies(question.brief) >= PLAIN]
    missing = [Edit("add_step", n) for n in needed if n not in script.steps and n not in left_out]
    if not missing:
        return ALL_USED
    return python(render(reduce(apply_edit, missing, script)))
