"""Reads and changes the tunables (keyword-only defaults) of a function's source."""

from __future__ import annotations

import ast
from typing import Any

from actors.programs import parsed


def function_node(source: str) -> ast.FunctionDef | None:
    """The first function of a source text."""
    return next((n for n in parsed(source).body if isinstance(n, ast.FunctionDef)), None)


def settings(source: str) -> dict[str, Any]:
    """Keyword-only arguments and their literal defaults."""
    node = function_node(source)
    if node is None:
        return {}
    return {
        argument.arg: ast.literal_eval(default)
        for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if default is not None
    }


def with_settings(source: str, changes: dict[str, Any]) -> str:
    """The source with other defaults; unknown names are left out."""
    node = function_node(source)
    if node is None:
        return source
    lines = source.split("\n")
    places = [
        (default, changes[argument.arg])
        for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if default is not None and argument.arg in changes
    ]
    for default, value in sorted(places, key=lambda p: (-p[0].lineno, -p[0].col_offset)):
        row = default.lineno - 1
        line = lines[row].encode()
        lines[row] = (
            line[: default.col_offset] + repr(value).encode() + line[default.end_col_offset :]
        ).decode()
    return "\n".join(lines)


def renamed(source: str, old: str, new: str) -> str:
    """The function's definition under another name."""
    return source.replace(f"def {old}(", f"def {new}(", 1)
