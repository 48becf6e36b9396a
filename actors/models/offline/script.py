"""A script as named parts: composed from recipes, read back from its text, edited, rendered."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace

from actors.models.offline.source import Copied, defined_names, import_lines
from actors.programs import parsed, segment

SINGLE = ("LOAD", "SPLIT", "BLEND", "DECIDE", "MEASURE", "WRITE")  # names of one function each
LISTS = ("STEPS", "MEMBERS")
ORDER = ("LOAD", "STEPS", "SPLIT", "MEMBERS", "BLEND", "DECIDE", "MEASURE", "WRITE")
ABLATION = "VARIANTS"
_CALL = (
    "(TASK, {extra}load=LOAD, {write}steps=STEPS, members=MEMBERS, split=SPLIT, "
    "blend=BLEND, decide=DECIDE, measure=MEASURE)"
)


@dataclass(frozen=True)
class Script:
    """The parts of a script of ours."""

    title: str
    imports: tuple[str, ...]  # one name each
    definitions: dict[str, str]  # helper and stage functions, dependencies first
    task: str  # the expression that makes TASK
    parts: dict[str, tuple[str, ...]]  # LOAD, STEPS ... -> function names

    @property
    def members(self) -> tuple[str, ...]:
        """The functions that predict."""
        return self.parts["MEMBERS"]

    @property
    def steps(self) -> tuple[str, ...]:
        """The features steps."""
        return self.parts["STEPS"]

    def with_part(self, part: str, names: tuple[str, ...]) -> Script:
        """Another choice of functions for a part."""
        return replace(self, parts={**self.parts, part: names})

    def with_source(self, copied: Copied) -> Script:
        """More definitions and imports; present definitions win."""
        return replace(
            self,
            imports=tuple(sorted({*self.imports, *copied.imports})),
            definitions={
                **self.definitions,
                **{k: v for k, v in copied.definitions.items() if k not in self.definitions},
            },
        )


def render_pipeline(script: Script) -> str:
    """The assignments that name the parts."""
    rows = []
    for part in ORDER:
        names = script.parts[part]
        rows.append(f"{part} = [{', '.join(names)}]" if part in LISTS else f"{part} = {names[0]}")
    return "\n".join(rows)


def render_imports(statements: tuple[str, ...]) -> str:
    """Import statements joined by module."""
    plain = sorted(s for s in statements if s.startswith("import "))
    joined: dict[str, list[str]] = {}
    for statement in statements:
        found = re.fullmatch(r"from (\S+) import (.+)", statement)
        if found and found[1] != "__future__":
            joined.setdefault(found[1], []).append(found[2])
    return "\n".join(
        [*plain, *(f"from {m} import {', '.join(sorted(set(n)))}" for m, n in sorted(joined.items()))]
    )


def used_definitions(script: Script, roots: tuple[str, ...]) -> list[str]:
    """The definitions that the parts reach, in their order."""
    reached: set[str] = set()
    todo = [*roots, *(n for names in script.parts.values() for n in names), "Task"]
    while todo:
        name = todo.pop()
        if name in reached or name not in script.definitions:
            continue
        reached.add(name)
        todo.extend(re.findall(r"[A-Za-z_]\w*", script.definitions[name]))
    return [n for n in script.definitions if n in reached]


def render(script: Script, variants: str = "", extra: tuple[str, ...] = ()) -> str:
    """The program; with `variants` (a dict expression) the ablation study instead of the solution.

    `extra` names definitions that the variants need.
    """
    runner = "ablate" if variants else "solve"
    names = used_definitions(script, (runner, *extra))
    bodies = {n: script.definitions[n] for n in names}
    text = "\n".join(bodies.values())
    imports = tuple(
        s for s in script.imports if re.search(rf"\b{re.escape(next(iter(_names_of(s))))}\b", text + variants)
    )
    stage = {n: part.lower() for part, ns in script.parts.items() for n in ns}
    blocks = [f'"""{script.title}"""\n\nfrom __future__ import annotations\n\n{render_imports(imports)}']
    constants = [n for n in names if not bodies[n].startswith(("def ", "class ", "@"))]
    functions = [n for n in names if n not in constants]
    for name in [*_by_need(constants, bodies), *_by_need(functions, bodies)]:
        mark = f"# %% {stage[name]}: {name}\n" if name in stage else ""
        blocks.append(mark + bodies[name])
    blocks.append(f"# %% task and pipeline\nTASK = {script.task}")
    blocks.append(render_pipeline(script))
    call = _CALL.format(extra=f"{ABLATION}, " if variants else "", write="" if variants else "write=WRITE, ")
    if variants:
        blocks.append(f"{ABLATION} = {variants}")
    blocks.append(f'if __name__ == "__main__":\n    {runner}{call}')
    return "\n\n\n".join(blocks) + "\n"


def _names_of(statement: str) -> dict[str, str]:
    node = parsed(statement).body[0]
    assert isinstance(node, (ast.Import, ast.ImportFrom))
    return import_lines(node)


def _by_need(names: list[str], bodies: dict[str, str]) -> list[str]:
    """Classes and constants that others name at definition time come first; otherwise as they are."""
    classes = [n for n in names if not bodies[n].startswith("def ")]
    return [*classes, *(n for n in names if n not in classes)]


def read_script(text: str) -> Script | None:
    """Parse a program of ours; None when it is somebody else's."""
    try:
        tree = parsed(text)
    except SyntaxError:
        return None
    lines = text.splitlines()
    imports: dict[str, str] = {}
    definitions: dict[str, str] = {}
    parts: dict[str, tuple[str, ...]] = {}
    task = ""
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            if getattr(node, "module", "") != "__future__":
                imports.update(import_lines(node))
            continue
        for name in defined_names(node):
            value = getattr(node, "value", None)
            if name == "TASK" and value is not None:
                task = ast.get_source_segment(text, value) or ast.unparse(value)
            elif name in SINGLE and isinstance(value, ast.Name):
                parts[name] = (value.id,)
            elif name in LISTS and isinstance(value, ast.List):
                parts[name] = tuple(e.id for e in value.elts if isinstance(e, ast.Name))
            elif name != ABLATION:
                definitions[name] = segment(lines, node)
    if not task or set(parts) != set(ORDER):
        return None
    title = ast.get_docstring(tree) or "Solution."
    return Script(title, tuple(sorted(set(imports.values()))), definitions, task, parts)
