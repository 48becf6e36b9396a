"""The summaries of the public functions and classes of four packages, by subpackage."""

import ast
import re
import zlib
from collections import deque
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from runners.tasks.builtin.writing import opaque_ids, write_table

PACKAGES = ("scipy", "sklearn", "statsmodels", "pandas")
NAMES = ("scipy", "sklearn", "scikit-learn", "statsmodels", "pandas")  # masked in the text
SKIPPED = {
    "tests", "test", "_lib", "testing", "conftest.py", "examples", "externals", "sandbox",
    "array_api_compat", "_libs",
}  # fmt: skip
SECTION = re.compile(r"\n\s*(?:Parameters|Returns|See Also|Notes|Examples|Attributes|References)\s*\n\s*-+")
DIRECTIVE = re.compile(r"\.\. \w+::[^\n]*")
HOLDERS = (ast.stmt, ast.excepthandler, ast.match_case)  # what may hold a definition
LENGTHS = range(50, 601)  # characters
SMALLEST_CLASS = 80  # rows


def prepare(public: Path, private: Path) -> None:
    table = pd.DataFrame(_rows(), columns=["text", "label"]).drop_duplicates("text")
    for name in NAMES:
        table["text"] = table.text.str.replace(name, "PKG", case=False, regex=False)
    sizes = table.label.value_counts()
    table = table[table.label.isin(sizes.index[sizes >= SMALLEST_CLASS])].reset_index(drop=True)
    train, test = train_test_split(np.arange(len(table)), test_size=0.4, random_state=0, stratify=table.label)
    content = zlib.crc32("\n".join(table.text + table.label).encode())
    table.insert(0, "id", opaque_ids(len(table), seed=content))  # other texts show in the answers' digest
    rows, held = table.iloc[train], table.iloc[test]
    write_table(rows, public / "train.jsonl")
    write_table(held.drop(columns="label"), public / "test.jsonl")
    write_table(held[["id"]].assign(label=rows.label.mode()[0]), public / "sample_submission.csv")
    write_table(held[["id", "label"]], private / "answers.csv")


def _rows() -> Iterator[tuple[str, str]]:
    for package in PACKAGES:
        spec = find_spec(package)
        root = Path(spec.origin).parent
        for path in sorted(root.rglob("*.py")):  # sorted, as duplicates count for the first
            parts = path.relative_to(root.parent).parts
            if len(parts) > 2 and not SKIPPED.intersection(parts):
                for text in _summaries(path):
                    yield text, f"{parts[0]}.{parts[1]}"


def _summaries(path: Path) -> Iterator[str]:
    for node in _statements(ast.parse(path.read_bytes())):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and (doc := ast.get_docstring(node)):
            head = DIRECTIVE.sub("", SECTION.split(doc)[0])
            text = " ".join(head.split())
            if len(text) in LENGTHS:
                yield text


def _statements(module: ast.Module) -> Iterator[ast.AST]:
    """In the order of ast.walk, which spends most of its time below expressions."""
    waiting: deque[ast.AST] = deque([module])
    while waiting:
        node = waiting.popleft()
        yield node
        children = ast.iter_child_nodes(node)
        waiting.extend(child for child in children if isinstance(child, HOLDERS))
