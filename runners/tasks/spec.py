"""task.yaml as a typed value; every fault of a file is reported at once."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

import yaml

from actors.contracts import Direction, Prediction, Problem, SplitKind, SplitRule
from actors.errors import InputError
from runners.tasks.metrics import CUSTOM, METRICS

_PROBLEMS = get_args(Problem)
_DIRECTIONS = get_args(Direction)
_PREDICTIONS = get_args(Prediction)
_SPLITS = get_args(SplitKind)
_KEYS = ("id", "problem", "metric", "direction", "target", "id_column", "prediction", "split")
_OPTIONAL = ("success", "files", "levels", "licence", "source", "tags")
_FILES = ("train", "test", "sample_submission")
CLASSIFICATION = ("binary", "multiclass", "ordinal")  # problems with classes


@dataclass(frozen=True)
class TaskSpec:
    """What a task.yaml declares."""

    id: str
    problem: Problem
    metric: str
    direction: Direction
    target: tuple[str, ...]
    id_column: str
    prediction: Prediction
    split: SplitRule = field(default_factory=SplitRule)
    threshold: float | None = None
    threshold_source: str = ""
    rows_digest: str = ""  # sha256 of the answers file for which the threshold was measured
    files: Mapping[str, str | None] = field(default_factory=dict)  # by part; None: the task has no such table
    levels: tuple[float, ...] = ()
    licence: str = ""
    source: str = ""
    tags: tuple[str, ...] = ()


def read_spec(path: Path) -> TaskSpec:
    """Read a task.yaml; raises InputError that lists every fault."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path.parent}: no task.yaml; every task folder needs one") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(raw, dict):
        raise InputError(f"{path}: must be a mapping of keys to values")
    reading = _Reading(raw)
    spec = reading.spec()
    if reading.faults:
        raise InputError("\n".join(f"{path}: {fault}" for fault in reading.faults))
    return spec


def nearest(word: object, choices: tuple[str, ...] | list[str]) -> str:
    """A hint at the closest valid name, with a leading space; "" when none is close."""
    close = get_close_matches(str(word), list(choices), n=1)
    return f' (did you mean "{close[0]}"?)' if close else ""


class _Reading:
    """One pass over the raw mapping that collects faults as it goes."""

    def __init__(self, raw: dict[Any, Any]) -> None:
        self.raw = raw
        self.faults: list[str] = []

    def spec(self) -> TaskSpec:
        self._known(self.raw, (*_KEYS, *_OPTIONAL), "")
        problem = self._choice("problem", _PROBLEMS, None)
        metric = self._choice("metric", (*METRICS, CUSTOM), None)
        target = self._target()
        split = self._split()
        levels = self._levels(metric)
        success = self._mapping("success", ("threshold", "source", "digest"))
        prediction = self._prediction(metric, problem)
        declared = METRICS.get(metric)
        if declared is not None and declared.targets not in (None, len(target)) and target:
            self.faults.append(
                f"target: {metric} takes {declared.targets} target column(s), not {len(target)}"
                + (" (time and event)" if metric == "c_index" else "")
            )
        return TaskSpec(
            id=self._id(),
            problem=problem,  # type: ignore[arg-type]  # one of the choices, or a fault is listed
            metric=metric,
            direction=self._direction(metric),
            target=target,
            id_column=self._text("id_column", required=True),
            prediction=prediction,
            split=split,
            threshold=self._number(success, "threshold"),
            threshold_source=str(success.get("source", "")),
            rows_digest=str(success.get("digest", "")),
            files=self._files(),
            levels=levels,
            licence=self._text("licence"),
            source=self._text("source"),
            tags=self._tags(),
        )

    def _known(self, given: Mapping[Any, Any], choices: tuple[str, ...], where: str) -> None:
        for key in given:
            if key not in choices:
                self.faults.append(
                    f"unknown key {where}{key}{nearest(key, choices)}; valid keys: {', '.join(choices)}"
                )

    def _choice(self, key: str, choices: tuple[str, ...], default: str | None) -> str:
        value = self.raw.get(key, default)
        if value is None:
            self.faults.append(f"{key} is missing; choose one of {', '.join(choices)}")
        elif value not in choices:
            self.faults.append(
                f"unknown {key} {value!r}{nearest(value, choices)}; choose one of {', '.join(choices)}"
            )
        return str(value)

    def _text(self, key: str, required: bool = False) -> str:
        value = self.raw.get(key)
        if value is None:
            if required:
                self.faults.append(f"{key} is missing; give the name of a column")
            return ""
        if not isinstance(value, str | int | float):
            self.faults.append(f"{key} must be text, not {value!r}")
        return str(value)

    def _id(self) -> str:
        value = self._text("id")
        if value == "":
            self.faults.append("id is missing; give the task a short name")
        elif not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", value):
            self.faults.append(f"id {value!r}: use letters, digits, '-', '_' and '.' only")
        return value

    def _mapping(self, key: str, choices: tuple[str, ...]) -> dict[str, Any]:
        value = self.raw.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.faults.append(f"{key} must be a mapping with {', '.join(choices)}, not {value!r}")
            return {}
        self._known(value, choices, f"{key}.")
        return value

    def _target(self) -> tuple[str, ...]:
        value = self.raw.get("target")
        names = value if isinstance(value, list) else [value]
        if value is None or not names:
            self.faults.append("target is missing; give the name of a column, or a list of them")
            return ()
        if len(set(map(str, names))) < len(names):
            self.faults.append(f"target: {names!r} names a column twice")
        return tuple(str(name) for name in names)

    def _direction(self, metric: str) -> Direction:
        value = self.raw.get("direction")
        declared = METRICS.get(metric)
        if value is not None and value not in _DIRECTIONS:
            self.faults.append(f"direction {value!r}: choose maximize or minimize")
        elif value is None and declared is None:
            if metric == CUSTOM:
                self.faults.append("direction is missing; metric custom needs maximize or minimize")
        elif value is not None and declared is not None and value != declared.direction:
            self.faults.append(
                f"direction {value} disagrees with metric {metric}, which is to {declared.direction}"
            )
        return "minimize" if (value or (declared and declared.direction)) == "minimize" else "maximize"

    def _prediction(self, metric: str, problem: str) -> Prediction:
        declared = METRICS.get(metric)
        value = self.raw.get("prediction")
        if value is None:
            if declared is not None:
                return declared.needs[0]
            return "label" if problem in CLASSIFICATION else "value"
        if value not in _PREDICTIONS:
            self.faults.append(f"prediction {value!r}: choose one of {', '.join(_PREDICTIONS)}")
        elif declared is not None and value not in declared.needs:
            self.faults.append(
                f"prediction {value} does not suit metric {metric}, which needs {' or '.join(declared.needs)}"
            )
        return value if value in _PREDICTIONS else "value"

    def _split(self) -> SplitRule:
        if isinstance(self.raw.get("split"), str):
            self.raw = {**self.raw, "split": {"kind": self.raw["split"]}}
        value = self._mapping("split", ("kind", "column"))
        kind, column = value.get("kind", "random"), value.get("column")
        if kind not in _SPLITS:
            self.faults.append(
                f"unknown split.kind {kind!r}{nearest(kind, _SPLITS)}; choose one of {', '.join(_SPLITS)}"
            )
            kind = "random"
        elif kind in ("time", "group") and column is None and self._of_tables():
            self.faults.append(f"split.column is missing; a {kind} split needs the column that it follows")
        return SplitRule(kind, None if column is None else str(column))

    def _of_tables(self) -> bool:
        files = self.raw.get("files")
        return not (isinstance(files, dict) and files.get("train", "") is None)

    def _levels(self, metric: str) -> tuple[float, ...]:
        value = self.raw.get("levels")
        if value is None:
            if metric == "pinball":
                self.faults.append("levels is missing; metric pinball needs a list such as [0.1, 0.5, 0.9]")
            return ()
        try:
            levels = tuple(float(v) for v in value)
        except (TypeError, ValueError):
            levels = (-1.0,)
        if not levels or not all(0 < level < 1 for level in levels):
            self.faults.append(f"levels {value!r}: give a list of numbers between 0 and 1")
        return levels

    def _number(self, given: Mapping[str, Any], key: str) -> float | None:
        value = given.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.faults.append(f"success.{key} must be a number, not {value!r}")
            return None
        return float(value)

    def _files(self) -> dict[str, str | None]:
        value = self._mapping("files", _FILES)
        for key, name in value.items():
            if name is not None and (not isinstance(name, str) or Path(name).is_absolute() or ".." in name):
                self.faults.append(f"files.{key} must be a file name inside the task folder, not {name!r}")
        return value

    def _tags(self) -> tuple[str, ...]:
        value = self.raw.get("tags") or []
        if not isinstance(value, list):
            self.faults.append(f"tags must be a list, not {value!r}")
            return ()
        return tuple(map(str, value))
