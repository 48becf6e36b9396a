"""The layers of DESIGN: scratchpad <- actors <- runners, read from the imports themselves."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ALLOWED = {
    "scratchpad": {"scratchpad"},
    "actors": {"scratchpad", "actors"},
    "runners": {"scratchpad", "actors", "runners", "conf"},
}
LAYERS = {"scratchpad", "actors", "runners", "conf"}


def imports(source: str) -> set[str]:
    """The top packages that a file imports, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").split(".")[0])
    return found


def upward(layer: str) -> list[str]:
    faults = []
    for path in sorted((ROOT / layer).rglob("*.py")):
        for package in sorted(imports(path.read_text()) & LAYERS - ALLOWED[layer]):
            faults.append(f"{path.relative_to(ROOT)} imports {package}")
    return faults


@pytest.mark.parametrize("layer", ALLOWED)
def test_no_import_goes_up(layer: str) -> None:
    assert (ROOT / layer).is_dir()
    assert upward(layer) == []


def test_an_upward_import_would_be_seen() -> None:
    nested = "def f():\n    from runners.config import load_config\n    import actors.host as host\n"
    assert imports(nested) & LAYERS - ALLOWED["scratchpad"] == {"runners", "actors"}


def test_only_the_tracker_imports_mlflow() -> None:
    importers = {
        str(path.relative_to(ROOT))
        for layer in ALLOWED
        for path in (ROOT / layer).rglob("*.py")
        if "mlflow" in imports(path.read_text())
    }
    assert importers == {"runners/tracker.py"}


def test_no_code_knows_a_built_in_task_by_name() -> None:
    builtin = ROOT / "runners" / "tasks" / "builtin"
    names = {path.parent.name for path in builtin.glob("*/task.yaml")}
    texts = [p for layer in ALLOWED for p in (ROOT / layer).rglob("*.py") if builtin not in p.parents]
    texts += list((ROOT / "conf").rglob("*.yaml"))
    faults = [
        f"{path.relative_to(ROOT)}: {name}" for path in texts for name in names if name in path.read_text()
    ]
    assert names
    assert faults == []
