"""The task brief as prompts carry it: YAML that a person, a model and a program can read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import PurePosixPath
from typing import Any

import yaml

from actors.contracts import ColumnFacts, FileFacts, Limits, SplitRule, TaskBrief

# libyaml's parser where PyYAML was built with it: every offline answer reads a brief.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_COLUMNS = 60  # of a file, in full; of further ones name, type and gaps are told
MAX_FILES = 100  # in full; further ones are counted by folder and format
_SHORT_NOTE = f"beyond {MAX_COLUMNS} columns: name (type, missing rows), no examples or ranges"
_SHORT = re.compile(r"(.*) \((\w+)(?:, (\d+) missing)?\)", re.DOTALL)
_SKIP: tuple[Any, ...] = (None, "", (), [])


def render_brief(brief: TaskBrief, limits: Limits, libraries: dict[str, str]) -> str:
    """The brief, the limits of a script and the installed libraries as YAML text."""
    named = {brief.train, brief.test, brief.sample_submission}
    telling = sorted(brief.files, key=lambda f: (f.name not in named, not f.columns))  # tables come first
    names = {f.name for f in telling[:MAX_FILES]}
    facts: dict[str, Any] = {
        "task": brief.id,
        "problem": brief.problem,
        "metric": brief.metric,
        "direction": brief.direction,
        "target": list(brief.target),
        "id_column": brief.id_column,
        "prediction": brief.prediction,
        "split": {k: v for k, v in asdict(brief.split).items() if v is not None},
        "levels": list(brief.levels),
        "classes": list(brief.classes),
        "train": brief.train,
        "test": brief.test,
        "sample_submission": brief.sample_submission,
        "validation": brief.validation,
        "files": [_file(f) for f in brief.files if f.name in names],
        "more_files": _counted([f for f in brief.files if f.name not in names]),
        "limits": {
            "seconds": limits.wall_seconds,
            "memory_gib": round(limits.memory_bytes / 2**30, 2),
            "cpus": limits.cpus,
        },
        "libraries": libraries,
        "description": brief.description,
    }
    return yaml.safe_dump(
        {k: v for k, v in facts.items() if v not in _SKIP}, sort_keys=False, allow_unicode=True, width=10_000
    )


def _file(facts: FileFacts) -> dict[str, Any]:
    row = {k: v for k, v in asdict(facts).items() if v not in _SKIP}
    full = facts.columns[:MAX_COLUMNS]
    row["columns"] = [_column(c) for c in full]
    if len(facts.columns) > MAX_COLUMNS:
        row["more_columns_note"] = _SHORT_NOTE
        row["more_columns"] = [_in_short(c) for c in facts.columns[MAX_COLUMNS:]]
    if not row["columns"]:
        del row["columns"]
    return row


def _counted(files: Sequence[FileFacts]) -> list[dict[str, Any]]:
    """Files by folder and format, for example `{folder: images, format: png, files: 900, first: a.png}`."""
    places = [(str(PurePosixPath(f.name).parent), f.format) for f in files]
    first = dict(zip(reversed(places), (PurePosixPath(f.name).name for f in reversed(files)), strict=True))
    return [
        {"folder": folder, "format": kind, "files": count, "first": first[folder, kind]}
        for (folder, kind), count in Counter(places).items()
    ]


def _in_short(facts: ColumnFacts) -> str:
    gaps = f", {facts.missing} missing" if facts.missing else ""
    return f"{facts.name} ({facts.dtype}{gaps})"


def _from_short(text: str) -> ColumnFacts:
    found = _SHORT.fullmatch(text)
    if found is None:
        raise ValueError(f"no column in short: {text!r}")
    return ColumnFacts(found[1], found[2], int(found[3] or 0))


def _column(facts: ColumnFacts) -> dict[str, Any]:
    row = {k: v for k, v in asdict(facts).items() if k == "name" or v not in _SKIP}  # an array's may be ""
    for key in ("examples", "shape"):
        if key in row:
            row[key] = list(row[key])
    return {k: float(f"{v:.6g}") if isinstance(v, float) else v for k, v in row.items()}


def read_brief(text: str) -> tuple[TaskBrief, Limits, dict[str, str]]:
    """The inverse of `render_brief`, up to what it tells in short: such columns come back without examples
    and ranges, such files not at all.
    """
    facts: dict[str, Any] = yaml.load(text, Loader=_LOADER)
    files = tuple(
        FileFacts(
            **{k: v for k, v in f.items() if "columns" not in k},
            columns=tuple(
                ColumnFacts(
                    **{**c, "examples": tuple(c.get("examples", ())), "shape": tuple(c.get("shape", ()))}
                )
                for c in f.get("columns", ())
            )
            + tuple(map(_from_short, f.get("more_columns", ()))),
        )
        for f in facts.get("files", ())
    )
    brief = TaskBrief(
        id=facts["task"],
        description=facts.get("description", ""),
        problem=facts["problem"],
        metric=facts["metric"],
        direction=facts["direction"],
        target=tuple(facts["target"]),
        id_column=facts["id_column"],
        prediction=facts["prediction"],
        split=SplitRule(**facts["split"]),
        files=files,
        train=facts.get("train", ""),
        test=facts.get("test", ""),
        sample_submission=facts.get("sample_submission", ""),
        levels=tuple(facts.get("levels", ())),
        classes=tuple(facts.get("classes", ())),
        validation=facts["validation"],
    )
    limits = facts["limits"]
    return (
        brief,
        Limits(
            wall_seconds=limits["seconds"],
            memory_bytes=int(limits["memory_gib"] * 2**30),
            cpus=limits["cpus"],
        ),
        dict(facts.get("libraries", {})),
    )
