"""The program that an AutoML library needs to solve a task, written from the brief alone."""

from __future__ import annotations

import inspect
import re

from actors.agents.automl import flat
from actors.agents.automl.flaml_fit import fit_flaml
from actors.agents.automl.flat import Fit, Task
from actors.contracts import FileFacts, TaskBrief
from actors.errors import AgentError

POSITIVE = ("d2_poisson", "d2_tweedie", "rmsle")  # metrics that take no negative prediction
ORDERED = ("quadratic_kappa", "mae", "rmse")  # of ordinal labels: a near miss costs less
ONLY = "AutoML takes tables only"
_IMPORT = re.compile(r"^(?:from \S+ )?import .*$\n?", re.MULTILINE)


def program(
    brief: TaskBrief,
    cpu_seconds: float,
    wall_seconds: float,
    *,
    cpus: int = 1,
    seed: int = 0,
    fit: Fit = fit_flaml,
) -> str:
    """A complete script that searches with `fit`, whose module is copied into it.

    Raises AgentError where the task has no flat table to learn from.
    """
    rows = _rows(brief)
    sources = [inspect.getsource(flat), inspect.getsource(inspect.getmodule(fit) or flat)]
    imports = {line.strip() for source in sources for line in _IMPORT.findall(source)}
    lines = [*rows, f"SAMPLE = {_facts(brief, brief.sample_submission).reader}"]
    lines.append(f"solve(TASK, TRAIN, TEST, SAMPLE, {fit.__name__})")
    parts = [
        f'"""Solution of {brief.id}: an AutoML search of {cpu_seconds:.6g} CPU seconds."""',
        "from __future__ import annotations",
        "\n".join(sorted(line for line in imports if "__future__" not in line and " actors." not in line)),
        *(_IMPORT.sub("", source.split('"""', 2)[2]).strip() for source in sources),
        f"TASK = {_task(brief, cpu_seconds, wall_seconds, cpus, seed)!r}",
        'if __name__ == "__main__":\n' + "\n".join(f"    {line}" for line in lines),
    ]
    return "\n\n\n".join(parts) + "\n"


def refusal(brief: TaskBrief) -> str | None:
    """Why a task has no flat table to learn from, None where it has one."""
    try:
        _rows(brief)
    except AgentError as error:
        return str(error)
    return None


def _task(brief: TaskBrief, cpu_seconds: float, wall_seconds: float, cpus: int, seed: int) -> Task:
    ordinal = brief.problem == "ordinal" and brief.metric in ORDERED and _numbers(brief.classes)
    kind = "classes" if brief.prediction in ("label", "probability") or brief.classes else "values"
    if ordinal or (brief.problem == "ordinal" and brief.prediction == "value"):
        kind = "values"
    return Task(
        kind="levels" if brief.levels else kind,
        metric=brief.metric,
        prediction=brief.prediction,
        target=brief.target,
        id_column=brief.id_column,
        classes=brief.classes if kind == "classes" or brief.prediction == "label" else (),
        levels=brief.levels,
        positive=brief.metric in POSITIVE,
        split=brief.split.kind,
        split_column=brief.split.column or "",
        cpu_seconds=round(cpu_seconds, 1),
        wall_seconds=round(wall_seconds, 1),
        cpus=cpus,
        seed=seed % 10_000,
    )


def _rows(brief: TaskBrief) -> list[str]:
    """The lines that read TRAIN and TEST."""
    if brief.problem == "survival" or brief.metric == "c_index":
        raise AgentError(f"{ONLY}: times until an event are no target of its models")
    if brief.train and brief.test:
        train, test = _facts(brief, brief.train), _facts(brief, brief.test)
        missing = [name for name in brief.target if name not in {c.name for c in train.columns}]
        if missing:
            raise AgentError(f"{ONLY}: {brief.train} has no column {', '.join(missing)}")
        return [f"TRAIN = {train.reader}", f"TEST = {test.reader}"]
    return _arrays(brief)


def _arrays(brief: TaskBrief) -> list[str]:
    """The same for one archive of arrays whose names tell items, labels and identifiers."""
    for file in brief.files:
        shapes = {c.name: c.shape for c in file.columns if c.dtype == "array" and c.shape}
        items = {side: _named(shapes, side, wide=True) for side in ("train", "test")}
        if not (items["train"] and items["test"]):
            continue
        asked = _named(shapes, "test", wide=False, identifier=True)
        lines = [f"ARRAYS = {file.reader}", f'TEST = flattened(ARRAYS["{items["test"]}"])']
        lines += [f'TEST.insert(0, "{brief.id_column}", ARRAYS["{asked}"])'] if asked else []
        labels = _named(shapes, "train", wide=False)
        if labels and len(brief.target) == 1 and _labels_of(brief, labels):
            return [*lines, _train(brief, items["train"], f'ARRAYS["{labels}"]')]
        ids = _named(shapes, "train", wide=False, identifier=True)
        table = _label_table(brief)
        if ids and table is not None:
            targets = [brief.target[0]] if len(brief.target) == 1 else list(brief.target)
            known = f'LABELS.set_index("{brief.id_column}").loc[ARRAYS["{ids}"], {targets!r}]'
            return [*lines, f"LABELS = {table.reader}", _train(brief, items["train"], known)]
        raise AgentError(f"{ONLY}: no public file gives {', '.join(brief.target)} of the training items")
    raise AgentError(f"{ONLY}: this task has neither a train and a test table nor arrays of both")


def _train(brief: TaskBrief, items: str, labels: str) -> str:
    return f'TRAIN = array_rows(ARRAYS["{items}"], {labels}, {brief.target!r})'


def _labels_of(brief: TaskBrief, name: str) -> bool:
    """Whether an array beside the items holds the target: labels `y`, or by the target's own name."""
    usual = set() if brief.problem == "other" else {"y", "label", "labels", "target", "targets"}
    return bool(_words(name) & (usual | _words(brief.target[0])))


def _named(shapes: dict[str, tuple[int, ...]], side: str, wide: bool, identifier: bool = False) -> str:
    """The array of a side: items have several axes; labels and identifiers have one."""
    for name, shape in shapes.items():
        words = _words(name)
        if side in words and (len(shape) > 1) == wide and (wide or bool(words & {"id", "ids"}) == identifier):
            return name
    return ""


def _words(name: str) -> set[str]:
    return set(re.findall(r"[a-z]+", name.lower()))


def _label_table(brief: TaskBrief) -> FileFacts | None:
    wanted = {brief.id_column, *brief.target}
    for file in brief.files:
        if file.name != brief.sample_submission and wanted <= {c.name for c in file.columns}:
            return file
    return None


def _facts(brief: TaskBrief, name: str) -> FileFacts:
    return next(file for file in brief.files if file.name == name)


def _numbers(names: tuple[str, ...]) -> bool:
    return all(re.fullmatch(r"-?\d+(\.\d+)?", name) for name in names)
