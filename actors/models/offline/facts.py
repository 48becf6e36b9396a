"""What can be read off a brief's column facts."""

from __future__ import annotations

from actors.contracts import ColumnFacts, FileFacts, TaskBrief


def file_facts(brief: TaskBrief, name: str) -> FileFacts | None:
    """The facts of one public file."""
    return next((f for f in brief.files if f.name == name), None)


def train_rows(brief: TaskBrief) -> int:
    """Rows of the training table, 0 where there is none."""
    facts = file_facts(brief, brief.train)
    return (facts.rows or 0) if facts else 0


def labelled_rows(brief: TaskBrief) -> int:
    """Rows of the training table that have a target: what a model has to learn from."""
    return train_rows(brief) - min((c.missing for c in target_facts(brief)), default=0)


def train_columns(brief: TaskBrief) -> tuple[ColumnFacts, ...]:
    """Columns of the training table without targets and identifier."""
    facts = file_facts(brief, brief.train)
    skipped = {*brief.target, brief.id_column}
    return tuple(c for c in facts.columns if c.name not in skipped) if facts else ()


def train_only(brief: TaskBrief) -> tuple[str, ...]:
    """Columns that the test table lacks."""
    facts = file_facts(brief, brief.test)
    known = {c.name for c in facts.columns} if facts else set()
    return tuple(c.name for c in train_columns(brief) if known and c.name not in known)


def target_facts(brief: TaskBrief) -> tuple[ColumnFacts, ...]:
    """Facts of the target columns."""
    facts = file_facts(brief, brief.train)
    return tuple(c for c in facts.columns if c.name in brief.target) if facts else ()


def numeric_share(brief: TaskBrief) -> float:
    """The share of the training columns that are numbers."""
    columns = train_columns(brief)
    return sum(c.dtype in ("integer", "real", "boolean") for c in columns) / max(len(columns), 1)


def has_missing(brief: TaskBrief) -> bool:
    """Whether a training column has gaps."""
    return any(c.missing for c in train_columns(brief))
