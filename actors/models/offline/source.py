"""Copies catalogue functions into scripts with everything they use."""

from __future__ import annotations

import ast
import importlib
import inspect
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import Any

from actors.programs import parsed, segment

_CATALOGUE = "actors.models.offline.catalogue"
_SKIPPED = {"RECIPES", "annotations"}


@dataclass(frozen=True)
class ModuleSource:
    """The top-level names of one catalogue module."""

    definitions: dict[str, str]  # name -> source
    uses: dict[str, tuple[str, ...]]  # name -> names its source reads, in order
    imports: dict[str, str]  # name -> import statement of that name alone
    local: dict[str, str]  # name -> catalogue module it comes from


@dataclass
class Copied:
    """Definitions in dependency order and the imports that they need."""

    definitions: dict[str, str] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)


def defined_names(node: ast.stmt) -> list[str]:
    """The names that a top-level statement defines."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [t.id for t in node.targets if isinstance(t, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [node.target.id]
    return []


def import_lines(node: ast.Import | ast.ImportFrom) -> dict[str, str]:
    """Name -> an import statement of that name alone."""
    found = {}
    for alias in node.names:
        spelled = alias.name + (f" as {alias.asname}" if alias.asname else "")
        name = alias.asname or alias.name.split(".")[0]
        if isinstance(node, ast.ImportFrom):
            found[name] = f"from {node.module} import {spelled}"
        else:
            found[name] = f"import {spelled}"
    return found


def read_names(node: ast.AST) -> tuple[str, ...]:
    """Every name that a statement reads."""
    return tuple(dict.fromkeys(n.id for n in ast.walk(node) if isinstance(n, ast.Name)))


@cache
def module_source(module: str) -> ModuleSource:
    """Parse a catalogue module."""
    text = inspect.getsource(importlib.import_module(module))
    lines = text.splitlines()
    found = ModuleSource({}, {}, {}, {})
    for node in parsed(text).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_CATALOGUE):
            found.local.update({a.asname or a.name: node.module or "" for a in node.names})
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found.imports.update(import_lines(node))
        for name in defined_names(node):
            found.definitions[name] = segment(lines, node)
            found.uses[name] = read_names(node)
    return found


def copy_name(name: str, module: str, into: Copied) -> None:
    """Add a catalogue name and all it uses to `into`, dependencies first."""
    source = module_source(module)
    if name in into.definitions or name in _SKIPPED:
        return
    if name in source.local:
        copy_name(name, source.local[name], into)
    elif name in source.imports:
        into.imports.add(source.imports[name])
    elif name in source.definitions:
        into.definitions[name] = ""  # holds the place against recursion
        for used in source.uses[name]:
            if used != name:
                copy_name(used, module, into)
        del into.definitions[name]
        into.definitions[name] = source.definitions[name]


def copy_function(function: Any, into: Copied) -> None:
    """Add a catalogue function and all it uses to `into`."""
    module: ModuleType | None = inspect.getmodule(function)
    if module is None:
        raise ValueError(f"{function!r} has no module")
    copy_name(function.__name__, module.__name__, into)
