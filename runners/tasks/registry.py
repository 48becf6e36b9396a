"""Which tasks there are: the built-in folders and a user's own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from actors.errors import InputError
from runners.tasks.assemble import assemble, find_tables
from runners.tasks.bundles import read_folder
from runners.tasks.cache import prepared
from runners.tasks.folder import ANSWERS, load_folder, read_answers
from runners.tasks.folds import load_code
from runners.tasks.spec import TaskSpec, nearest, read_spec
from runners.tasks.task import Task

BUILTIN = Path(__file__).parent / "builtin"
QUICK = "quick"


@dataclass(frozen=True)
class TaskSource:
    """A task that can be loaded; cheap to make, to compare and to send."""

    folder: Path
    spec: TaskSpec
    builtin: bool

    @property
    def id(self) -> str:
        """The task's name."""
        return self.spec.id

    @property
    def holds_out(self) -> bool:
        """Whether rows of the training table take the place of missing answers."""
        return not self.builtin and not (self.folder / ANSWERS).is_file()

    def load(self) -> Task:
        """Read the files and answers; raises InputError."""
        return _load_builtin(self) if self.builtin else load_folder(self.folder)


def builtin_ids() -> tuple[str, ...]:
    """The names of the built-in tasks."""
    return tuple(sorted(p.parent.name for p in BUILTIN.glob("*/task.yaml")))


def builtin_tasks(ids: Sequence[str]) -> tuple[TaskSource, ...]:
    """The built-in tasks of these names, in this order; "all" and "quick" stand for their groups."""
    known = builtin_ids()
    faults = [
        f"unknown task {name!r}{nearest(name, known)};"
        f" choose all, {QUICK}, folder or some of: {', '.join(known)}"
        for name in ids
        if name not in (*known, "all", QUICK)
    ]
    if faults:
        raise InputError("\n".join(faults))
    wanted: dict[str, TaskSource] = {}
    for name in ids:
        for task in known if name in ("all", QUICK) else (name,):
            source = TaskSource(BUILTIN / task, read_spec(BUILTIN / task / "task.yaml"), True)
            if name != QUICK or QUICK in source.spec.tags:
                wanted.setdefault(task, source)
    return tuple(wanted.values())


def select_tasks(names: Sequence[str], path: Path | None = None) -> tuple[TaskSource, ...]:
    """Built-in tasks by name, then the user's own below `path`.

    Raises InputError that lists every fault; the user's folders are read whole to find theirs.
    """
    faults: list[str] = []
    builtin: tuple[TaskSource, ...] = ()
    own: tuple[TaskSource, ...] = ()
    try:
        builtin = builtin_tasks(names)
    except InputError as error:
        faults.append(str(error))
    try:
        own = folder_tasks(path) if path is not None else ()
    except InputError as error:
        faults.append(str(error))
    taken = {source.id for source in builtin}
    for source in own:
        if source.id in taken:
            faults.append(f"{source.folder}: id {source.id!r} is also that of a built-in task; rename it")
        faults += _load_faults(source)
    if faults:
        raise InputError("\n".join(faults))
    return (*builtin, *own)


def _load_faults(source: TaskSource) -> list[str]:
    try:
        source.load()
    except InputError as error:
        return [str(error)]
    return []


def folder_tasks(path: Path) -> tuple[TaskSource, ...]:
    """A user's task folder, or every task folder directly below it; raises InputError listing all faults."""
    if not path.is_dir():
        raise InputError(f"tasks.path={path}: no such folder")
    path = path.resolve()
    folders = [path] if (path / "task.yaml").is_file() else sorted(p.parent for p in path.glob("*/task.yaml"))
    if not folders:
        raise InputError(f"tasks.path={path}: neither a task.yaml nor folders that hold one")
    sources: dict[str, TaskSource] = {}
    faults = []
    for folder in folders:
        try:
            source = TaskSource(folder, read_spec(folder / "task.yaml"), False)
        except InputError as error:
            faults.append(str(error))
            continue
        if source.id in sources:
            faults.append(f"{folder}: id {source.id!r} is also that of {sources[source.id].folder}")
        sources[source.id] = source
    if faults:
        raise InputError("\n".join(faults))
    return tuple(sources.values())


def _load_builtin(source: TaskSource) -> Task:
    folder, spec = source.folder, source.spec
    public, private = prepared(folder, lambda a, b: load_code(folder / "prepare.py", "prepare").prepare(a, b))
    files = read_folder(public)
    answers = private / "answers.csv"
    digest = hashlib.sha256(answers.read_bytes()).hexdigest()
    return assemble(
        folder,
        spec,
        files,
        find_tables(folder, spec, files),
        read_answers(answers, spec.id_column),
        threshold_verified=spec.rows_digest in ("", digest),
    )
