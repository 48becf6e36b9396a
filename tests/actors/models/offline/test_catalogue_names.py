"""Functions of the catalogue land in one file, so their names must be unique over all its modules."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

from actors.models.offline import catalogue

NOT_COPIED = {"registry"}


def test_no_two_modules_define_the_same_function_or_class() -> None:
    defined: dict[str, list[str]] = defaultdict(list)
    for path in sorted(Path(next(iter(catalogue.__path__))).glob("*.py")):
        if path.stem not in NOT_COPIED:
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.FunctionDef | ast.ClassDef):
                    defined[node.name].append(path.stem)
    assert {name: where for name, where in defined.items() if len(where) > 1} == {}
    assert len(defined) > 100
