"""Which names of a program hold all training rows, some of them, or the test rows."""

from __future__ import annotations

import ast
import re
from functools import cached_property

from actors.contracts import TaskBrief
from actors.models.offline.syntax import Scope, called, names_in, own_nodes, root, texts_in

PRINTED = "Final Validation Performance"
_SPLITS = re.compile(r"train_test_split|cross_val_\w+|cross_validate|\w*SearchCV|split")
_SAME_ROWS = {
    "drop", "copy", "to_numpy", "fillna", "astype", "reset_index", "sort_values", "assign", "replace", "join",
    "select_dtypes", "get_dummies", "asarray", "array", "ravel", "log1p", "transform", "fit_transform", "map",
    "rename", "sort_index", "set_index", "ffill", "bfill", "merge", "pipe", "clip",
}  # fmt: skip
_SOME_ROWS = {"sample", "query", "head", "tail", "dropna", "resample", "drop_duplicates"}


class Rows:
    """Reads a scope once; `full_at` says which names held all training rows before a statement."""

    def __init__(self, scope: Scope, brief: TaskBrief) -> None:
        self.brief = brief
        self.scope = scope
        self.test: set[str] = set()
        self.parts: set[str] = set()  # some of the training rows
        self.columns: set[str] = set()  # names of columns
        self.reads = False
        self.prints: list[tuple[ast.stmt, ast.Call]] = [
            (s, c) for s, c in scope.calls if called(c) == "print" and any(PRINTED in t for t in texts_in(c))
        ]
        self.table = ""  # the first name that held the training table
        self._full: dict[ast.stmt, set[str]] = {}
        full: set[str] = set()
        for statement in scope.statements:
            self._full[statement] = set(full)
            if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
                self._learn(statement.targets[0], statement.value, full)
        self.full = full

    def full_at(self, statement: ast.stmt) -> set[str]:
        """The names that held all training rows before a statement."""
        return self._full[statement]

    def is_full(self, node: ast.expr, statement: ast.stmt) -> bool:
        """Whether an expression holds all training rows."""
        return self._is_full(node, self._full[statement])

    def splits_after(self, statement: ast.stmt) -> bool:
        """Whether rows are split in or after a statement, by a splitter or by slices."""
        return self.scope.statements.index(statement) <= self._last_split

    @cached_property
    def _last_split(self) -> int:
        places = [-1]
        for place, statement in enumerate(self.scope.statements):
            for node in own_nodes(statement):
                if isinstance(node, ast.Call) and _SPLITS.fullmatch(called(node)):
                    places.append(place)
                if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
                    held = node.value.value if isinstance(node.value, ast.Attribute) else node.value
                    if self._is_full(held, self._full[statement]):
                        places.append(place)
        return places[-1]

    def column_of(self, node: ast.expr) -> str | None:
        """The column that `frame["column"]` or `frame.column` names."""
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            return node.slice.value if isinstance(node.slice.value, str) else None
        return node.attr if isinstance(node, ast.Attribute) else None

    def _learn(self, target: ast.expr, value: ast.expr, full: set[str]) -> None:
        if not isinstance(target, ast.Name):
            if called(value) == "train_test_split" and isinstance(target, (ast.Tuple, ast.List)):
                self.parts |= {e.id for e in target.elts if isinstance(e, ast.Name)}
                full -= self.parts
            elif isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, ast.Tuple):
                for one, other in zip(target.elts, value.elts, strict=False):
                    self._learn(one, other, full)
            return
        name = target.id
        if self._read_of(value, self.brief.train):
            self.reads, self.table = True, self.table or name
            full.add(name)
        elif self._read_of(value, self.brief.test):
            self.reads = True
            self.test.add(name)
        elif self._is_full(value, full):
            full.add(name)
        else:
            if self._is_part(value, full):
                self.parts.add(name)
            elif names_in(value) & self.test and root(value) in self.test:
                self.test.add(name)
            full.discard(name)
        if isinstance(value, (ast.List, ast.ListComp)) or "columns" in ast.unparse(value).split(".")[-1:]:
            self.columns.add(name)

    def _read_of(self, value: ast.expr, file: str) -> bool:
        base = file.rsplit("/", 1)[-1]
        return bool(base) and any(
            isinstance(n, ast.Call)
            and called(n).startswith("read_")
            and any(t == base or t.endswith(f"/{base}") for t in texts_in(n))
            for n in ast.walk(value)
        )

    def _is_full(self, node: ast.expr, full: set[str]) -> bool:
        if isinstance(node, ast.Name):
            return node.id in full
        if isinstance(node, ast.Attribute):
            return node.attr in ("values", "T", "iloc", "loc") and self._is_full(node.value, full)
        if isinstance(node, ast.Subscript):
            return self._is_columns(node.slice) and self._is_full(node.value, full)
        if isinstance(node, ast.Call) and called(node) in _SAME_ROWS:
            own = node.func.value if isinstance(node.func, ast.Attribute) else None
            if own is not None and self._is_full(own, full):
                return True
            return bool(node.args) and self._is_full(node.args[0], full)
        return False

    def _is_columns(self, index: ast.expr) -> bool:
        if isinstance(index, ast.Constant):
            return isinstance(index.value, str)
        if isinstance(index, ast.Name):
            return index.id in self.columns or index.id.isupper()
        if isinstance(index, ast.BinOp):
            return self._is_columns(index.left)
        return isinstance(index, (ast.List, ast.ListComp)) or (
            isinstance(index, ast.Attribute) and index.attr == "columns"
        )

    def _is_part(self, node: ast.expr, full: set[str]) -> bool:
        if isinstance(node, ast.Call):
            held = [node.func.value] if isinstance(node.func, ast.Attribute) else []
            held += node.args[:1]
            known = full | self.parts
            return (called(node) in _SOME_ROWS or called(node) in _SAME_ROWS) and any(
                root(h) in known for h in held
            )
        return isinstance(node, ast.Subscript) and root(node) in full | self.parts
