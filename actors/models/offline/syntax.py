"""A program's statements in order, and edits to its text."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from actors.programs import parsed


@dataclass(frozen=True)
class Edit:
    """Bytes [start, end) of the program replaced."""

    start: int
    end: int
    text: str


class Source:
    """The text of a program; positions are byte offsets, as `ast` counts columns in bytes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.data = text.encode()
        self.tree = parsed(text)
        self._starts = [0]
        for line in self.data.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Where a node begins and ends."""
        last, column = node.end_lineno, node.end_col_offset
        assert last is not None
        assert column is not None
        return self._starts[node.lineno - 1] + node.col_offset, self._starts[last - 1] + column

    def of(self, node: ast.expr | ast.stmt) -> str:
        """The text of a node."""
        start, end = self.span(node)
        return self.data[start:end].decode()

    def swap(self, node: ast.expr | ast.stmt, text: str) -> Edit:
        """Another text for a node."""
        return Edit(*self.span(node), text)

    def before(self, statement: ast.stmt, lines: Sequence[str]) -> Edit:
        """Lines before a statement, indented like it."""
        start = self.span(statement)[0]
        return Edit(start, start, "".join(f"{line}\n{' ' * statement.col_offset}" for line in lines))

    def edited(self, edits: Sequence[Edit]) -> tuple[str, str]:
        """(block, repaired): the whole lines around the edits, before and after.

        The block is long enough to stand in the program once.
        """
        edits = sorted(set(edits), key=lambda e: (e.start, e.end))
        first = max(i for i, s in enumerate(self._starts) if s <= edits[0].start)
        last = min((s for s in self._starts if s >= edits[-1].end), default=len(self.data))
        while first > 0 and self.data.count(self.data[self._starts[first] : last]) > 1:
            first -= 1
        start = self._starts[first]
        parts, at = [], start
        for edit in edits:
            parts += [self.data[at : edit.start], edit.text.encode()]
            at = edit.end
        parts.append(self.data[at:last])
        return self.data[start:last].decode(), b"".join(parts).decode()


@dataclass
class Scope:
    """The statements of the module or of one function, nested ones included, in order."""

    statements: list[ast.stmt]
    parameters: set[str] = field(default_factory=set)
    function: ast.FunctionDef | ast.AsyncFunctionDef | None = None  # None for the module

    def definitions(self, name: str) -> Iterator[tuple[ast.stmt, ast.expr]]:
        """Every statement that gives `name`, or a part of it, a value."""
        for statement in self.statements:
            value = given_to(statement, name)
            if value is not None:
                yield statement, value

    @cached_property
    def calls(self) -> list[tuple[ast.stmt, ast.Call]]:
        """Every call with the statement that makes it."""
        return [(s, n) for s in self.statements for n in own_nodes(s) if isinstance(n, ast.Call)]


def scopes(tree: ast.Module) -> list[Scope]:
    """The module's scope, then that of every function."""
    found = [Scope(list(_flat(tree.body)))]
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            arguments = node.args
            names = {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
            found.append(Scope(list(_flat(node.body)), names, node))
    return found


def own_nodes(statement: ast.stmt) -> Iterator[ast.AST]:
    """The nodes of a statement without those of the statements inside it."""
    todo: list[ast.AST] = [statement]
    while todo:
        node = todo.pop()
        yield node
        todo.extend(
            c
            for c in ast.iter_child_nodes(node)
            if not isinstance(c, (ast.stmt, ast.ExceptHandler, ast.Lambda))
        )


def names_in(node: ast.AST) -> set[str]:
    """The names that an expression mentions."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def texts_in(node: ast.AST) -> set[str]:
    """The string constants of an expression."""
    return {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def called(node: ast.expr) -> str:
    """The last part of the name of what is called: `np.mean(x)` -> "mean"."""
    if isinstance(node, ast.Call):
        node = node.func
        return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return ""


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """The value of a keyword argument."""
    return next((k.value for k in call.keywords if k.arg == name), None)


def given_to(statement: ast.stmt, name: str) -> ast.expr | None:
    """The value that a statement gives `name`, one of its items or, by `append`, its end."""
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            if isinstance(target, (ast.Tuple, ast.List)):
                if any(name == root(e) for e in target.elts):
                    return statement.value
            elif root(target) == name:
                return statement.value
    if isinstance(statement, (ast.AugAssign, ast.AnnAssign)) and root(statement.target) == name:
        return statement.value
    if isinstance(statement, ast.For) and name in names_in(statement.target):
        return statement.iter
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        if called(call) in ("append", "extend") and isinstance(call.func, ast.Attribute):
            return call.args[0] if call.args and root(call.func.value) == name else None
    return None


def root(node: ast.expr) -> str:
    """The name that an expression starts from: `a.b[c].d()` -> "a"."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _flat(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        yield statement
        for part in ("body", "orelse", "finalbody"):
            yield from _flat(getattr(statement, part, []))
        for handler in getattr(statement, "handlers", []):
            yield from _flat(handler.body)
