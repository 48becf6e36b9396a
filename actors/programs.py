"""Programs as trees: how they are parsed, and which texts are one program."""

from __future__ import annotations

import ast
import re
import threading
from functools import lru_cache
from typing import Any

# CPython 3.11 counts the depth of the trees that it builds in one place for all threads, and raises
# SystemError where two build at once.
_building = threading.Lock()

# What a program may see its own text or names by: then nothing about them is idle.
_MIRRORS = {"__file__", "__doc__", "eval", "exec", "globals", "inspect", "locals", "modules", "vars"}
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@lru_cache(maxsize=64)
def parsed(text: str) -> ast.Module:
    """A program's tree, to be read only: several roles are asked about one script. Raises SyntaxError."""
    return _tree(text)


def parsed_value(text: str) -> Any:
    """What a literal's text stands for. Raises SyntaxError and ValueError."""
    with _building:
        return ast.literal_eval(text)


def segment(lines: list[str], node: ast.stmt) -> str:
    """The source lines of a top-level statement, decorators included."""
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    return "\n".join(lines[first - 1 : node.end_lineno])


@lru_cache(maxsize=16)
def essence(text: str) -> str:
    """What of a program's text can matter: two with the same essence are one program.

    Layout, comments and the first docstring do not; nor does it where a function or class is defined, nor
    one that nothing refers to. Of a program that may look at itself, or has no tree, all does.
    """
    try:
        return _essence(text)
    except (SyntaxError, ValueError, RecursionError):
        return text


def _essence(text: str) -> str:
    # As Python counts lines, not at every sign that ends one elsewhere.
    lines = re.split(r"\r\n|\r|\n", text)
    definitions: dict[str, str] = {}
    imports: set[str] = set()
    statements: list[str] = []
    for node in parsed(text).body:
        if isinstance(node, _DEFINITIONS):
            if node.name in definitions:
                return text
            definitions[node.name] = segment(lines, node)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            module = getattr(node, "module", None) or ""
            imports |= {f"{module} {a.name} {a.asname}" for a in node.names}
            if _MIRRORS & {module, *(a.name for a in node.names)}:
                return text
        elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            statements.append(segment(lines, node))
    reached: set[str] = set()
    todo = {name for source in statements for name in _told(source)[1]}
    while todo:
        name = todo.pop()
        reached.add(name)
        if name in definitions:
            todo |= _told(definitions[name])[1] - reached
    if reached & _MIRRORS:
        return text
    needed = [definitions[name] for name in sorted(reached & set(definitions))]
    return "\n".join([*sorted(imports), *(_told(source)[0] for source in [*statements, *needed])])


def _tree(text: str) -> ast.Module:
    with _building:
        return ast.parse(text)


@lru_cache(maxsize=1024)
def _told(source: str) -> tuple[str, frozenset[str]]:
    """A statement without its layout, and the names that it reads; most come back in the next program."""
    tree = _tree(source)
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    mirrors = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)} & _MIRRORS
    return ast.dump(tree), frozenset(names | mirrors)
