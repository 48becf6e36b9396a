"""Leaks in features: the future, target encodings before the split, row numbers and ids, copied rows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from actors.contracts import TaskBrief
from actors.models.offline.facts import file_facts, train_only
from actors.models.offline.leaks import Leak
from actors.models.offline.rows import Rows
from actors.models.offline.syntax import Edit, Scope, Source, called, keyword, names_in, root, texts_in

_SUMMARIES = {"mean", "median", "sum", "std", "min", "max", "var"}
_NO_FEATURE = "0.0"


@dataclass(frozen=True)
class _Summary:
    """`frame.groupby(...)["column"].how()` of a target."""

    call: ast.Call  # groupby
    frame: ast.expr
    column: str
    how: str


def feature_leaks(source: Source, scope: Scope, rows: Rows, brief: TaskBrief) -> Iterator[Leak]:
    """The leaks of this kind in a scope."""
    ordered = brief.split.kind in ("time", "block") or brief.problem == "forecast"
    yield from _encodings(source, scope, rows, brief)
    yield from _future(source, scope, rows, brief)
    yield from _copies(source, scope, rows)
    if not ordered:
        yield from _row_numbers(source, scope, rows)
        yield from _ids(source, scope, rows, brief)


def _features(scope: Scope) -> Iterator[tuple[ast.Assign, ast.Subscript, str]]:
    """Every `frame["column"] = value`."""
    for statement in scope.statements:
        if isinstance(statement, ast.Assign):
            target = statement.targets[0]
            if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
                yield statement, target, str(target.slice.value)


def _encodings(source: Source, scope: Scope, rows: Rows, brief: TaskBrief) -> Iterator[Leak]:
    """`frame["new"] = frame["key"].map(frame.groupby("key")["target"].mean())` on all training rows."""
    held: dict[str, _Summary] = {}
    for statement in scope.statements:
        if not isinstance(statement, ast.Assign):
            continue
        target = statement.targets[0]
        found = _summary(statement.value, statement, rows, brief)
        if isinstance(target, ast.Name) and found is not None:
            held[target.id] = found
            continue
        if found is None:
            used = [held[n] for n in names_in(statement.value) if n in held]
            found = used[0] if used and rows.is_full(_subject(statement.value), statement) else None
        if (
            found is None
            or not isinstance(target, ast.Subscript)
            or not rows.is_full(target.value, statement)
        ):
            continue
        if not rows.splits_after(statement):
            continue
        yield Leak(
            f"{source.of(target)} is made from {found.column!r} of the rows that are held out later.",
            (source.swap(statement, _out_of_fold(source, statement, target, found)),),
        )


def _subject(value: ast.expr) -> ast.expr:
    """What a chain of calls starts from: `train["a"].map(m).fillna(0)` -> `train["a"]`."""
    while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        value = value.func.value
    return value


def _summary(value: ast.expr, statement: ast.stmt, rows: Rows, brief: TaskBrief) -> _Summary | None:
    """The summary within an expression."""
    for node in ast.walk(value):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        how = node.func.attr
        if how in ("transform", "agg") and node.args and isinstance(node.args[0], ast.Constant):
            how = str(node.args[0].value)
        column = rows.column_of(node.func.value)
        if how not in _SUMMARIES or column not in brief.target:
            continue
        grouped = node.func.value
        assert isinstance(grouped, (ast.Subscript, ast.Attribute))
        call = grouped.value
        if not isinstance(call, ast.Call) or called(call) != "groupby" or not call.args:
            continue
        assert isinstance(call.func, ast.Attribute)
        if rows.is_full(call.func.value, statement):
            return _Summary(call, call.func.value, column, how)
    return None


def _out_of_fold(source: Source, statement: ast.Assign, target: ast.Subscript, summary: _Summary) -> str:
    """The same encoding with every row's own fold left out; a constant for several keys at once."""
    frame, new, key = source.of(summary.frame), source.of(target), summary.call.args[0]
    column, how = summary.column, summary.how
    if not isinstance(key, ast.Constant):
        return f"{new} = {frame}[{column!r}].{how}()"
    lines = [
        "from sklearn.model_selection import KFold as _KFold",
        f"_encoded = {frame}[{column!r}].astype(float) * 0.0 + {frame}[{column!r}].{how}()",
        f"for _rest, _part in _KFold(5, shuffle=True, random_state=0).split({frame}):",
        f"    _known = {frame}.iloc[_rest].groupby({key.value!r})[{column!r}].{how}()",
        f"    _found = {frame}[{key.value!r}].iloc[_part].map(_known).astype(float)",
        "    _encoded.iloc[_part] = _found.fillna(_encoded.iloc[_part]).to_numpy()",
        f"{new} = _encoded",
    ]
    return ("\n" + " " * statement.col_offset).join(lines)


def _future(source: Source, scope: Scope, rows: Rows, brief: TaskBrief) -> Iterator[Leak]:
    """`shift(-n)` or a centred window of what test rows do not have, used as a feature."""
    lacking = {*brief.target, *train_only(brief)}
    assigned = list(_features(scope))
    for statement, target, new in assigned:
        if new in brief.target or _is_label(scope, new):
            continue
        ahead = [
            c
            for c in ast.walk(statement.value)
            if isinstance(c, ast.Call) and _looks_ahead(c) and _sources(c) & lacking
        ]
        if not ahead:
            continue
        edits = tuple(
            source.swap(s.value, _NO_FEATURE) for s, t, n in assigned if n == new and s.value is not None
        )
        yield Leak(f"{source.of(target)} is made from later rows' values, which test rows lack.", edits)


def _looks_ahead(call: ast.Call) -> bool:
    if called(call) == "shift":
        steps = call.args[0] if call.args else keyword(call, "periods")
        return isinstance(steps, ast.UnaryOp) and isinstance(steps.op, ast.USub)
    centre = keyword(call, "center")
    return called(call) == "rolling" and isinstance(centre, ast.Constant) and centre.value is True


def _sources(call: ast.Call) -> set[str]:
    """The columns that a shifted expression reads."""
    assert isinstance(call.func, ast.Attribute)
    attributes = {n.attr for n in ast.walk(call.func.value) if isinstance(n, ast.Attribute)}
    return texts_in(call.func.value) | attributes


def _is_label(scope: Scope, column: str) -> bool:
    """Whether `y = frame["column"]`: what is to be predicted may lie in the future."""
    return any(
        isinstance(s, ast.Assign)
        and isinstance(s.targets[0], ast.Name)
        and s.targets[0].id.lower().startswith(("y", "target", "label"))
        and column in texts_in(s.value)
        for s in scope.statements
    )


def _row_numbers(source: Source, scope: Scope, rows: Rows) -> Iterator[Leak]:
    """`frame["new"] = np.arange(len(frame))`: how training rows are ordered says nothing of test rows."""
    assigned = list(_features(scope))
    for statement, target, new in assigned:
        if _numbers_rows(statement.value) and rows.is_full(target.value, statement):
            edits = tuple(
                source.swap(s.value, _NO_FEATURE)
                for s, _, n in assigned
                if n == new and _numbers_rows(s.value)
            )
            yield Leak(f"{source.of(target)} numbers the rows, and their order may follow the target.", edits)


def _numbers_rows(value: ast.expr) -> bool:
    if called(value) in ("range", "arange") and isinstance(value, ast.Call):
        return any(called(a) == "len" for a in value.args)
    return isinstance(value, ast.Attribute) and value.attr == "index"


def _copies(source: Source, scope: Scope, rows: Rows) -> Iterator[Leak]:
    """Rows repeated before the split, so that copies stand on both sides of it."""
    why = "Rows are copied before the split, so that copies of one row stand on both sides of it."
    for statement in scope.statements:
        if not isinstance(statement, ast.Assign) or not rows.splits_after(statement):
            continue
        value = statement.value
        if called(value) == "fit_resample" and isinstance(value, ast.Call) and len(value.args) == 2:
            if all(rows.is_full(a, statement) for a in value.args):
                pair = f"({source.of(value.args[0])}, {source.of(value.args[1])})"
                yield Leak(why, (source.swap(value, pair),))
        elif called(value) == "concat" and isinstance(value, ast.Call) and value.args:
            parts = _listed(value.args[0])
            full = [p for p in parts if rows.is_full(p, statement)]
            known = rows.full_at(statement) | rows.parts
            if full and len(parts) > 1 and all(root(p) in known for p in parts):
                yield Leak(why, (source.swap(value, source.of(full[0])),))
        elif called(value) == "resample" and isinstance(value, ast.Call) and value.args:
            more = keyword(value, "n_samples")
            if more is not None and root(value.args[0]) in rows.full_at(statement) | rows.parts:
                yield Leak(why, (source.swap(value, source.of(value.args[0])),))


def _listed(node: ast.expr) -> list[ast.expr]:
    """The items of `[a, b] + [c] * 3`."""
    if isinstance(node, (ast.List, ast.Tuple)):
        return list(node.elts)
    if isinstance(node, ast.BinOp):
        return _listed(node.left) + _listed(node.right)
    return []


def _ids(source: Source, scope: Scope, rows: Rows, brief: TaskBrief) -> Iterator[Leak]:
    """The id left among the features by `frame.drop(columns=target)` or a list comprehension."""
    key = brief.id_column
    facts = file_facts(brief, brief.train)
    columns = {c.name for c in facts.columns} if facts is not None else set()
    if not rows.table or key not in columns or key == brief.split.column or _id_is_removed(scope, rows, key):
        return
    edits: list[Edit] = []
    for statement in scope.statements:
        if not isinstance(statement, ast.Assign):
            continue
        value = statement.value
        dropped = _dropped(value)
        if dropped is not None and texts_in(dropped) & set(brief.target) and key not in texts_in(dropped):
            assert isinstance(value, ast.Call)
            assert isinstance(value.func, ast.Attribute)
            if rows.is_full(value.func.value, statement):
                listed = [ast.unparse(e) for e in _listed(dropped)] or [ast.unparse(dropped)]
                edits.append(source.swap(dropped, f"[{', '.join([*listed, repr(key)])}]"))
        elif (
            isinstance(value, ast.ListComp)
            and _of_columns(value, rows, statement)
            and key not in texts_in(value)
        ):
            name = ast.unparse(value.generators[0].target)
            last = value.generators[0].ifs[-1]
            edits.append(source.swap(last, f"{source.of(last)} and {name} != {key!r}"))
    if not edits:
        return
    for _, call in scope.calls:
        given = call.args[0] if call.args and called(call).startswith("predict") else None
        if isinstance(given, ast.Name) and given.id in rows.test:
            edits.append(source.swap(given, f"{given.id}.drop(columns=[{key!r}])"))
    yield Leak(f"The id {key!r} is among the features; it can encode the label.", tuple(edits))


def _dropped(value: ast.expr) -> ast.expr | None:
    """What `frame.drop(columns=...)` or `frame.drop(..., axis=1)` drops."""
    if (
        called(value) != "drop"
        or not isinstance(value, ast.Call)
        or not isinstance(value.func, ast.Attribute)
    ):
        return None
    columns = keyword(value, "columns")
    if columns is None and keyword(value, "axis") is not None and value.args:
        columns = value.args[0]
    return columns


def _of_columns(value: ast.ListComp, rows: Rows, statement: ast.stmt) -> bool:
    made = value.generators[0]
    return bool(
        isinstance(made.iter, ast.Attribute)
        and made.iter.attr == "columns"
        and made.ifs
        and rows.is_full(made.iter.value, statement)
        and isinstance(value.elt, ast.Name)
        and all(isinstance(i, ast.Compare) for i in made.ifs)
    )


def _id_is_removed(scope: Scope, rows: Rows, key: str) -> bool:
    """Whether the id is taken out, or read, somewhere in a way that this reading does not follow."""
    for statement, call in scope.calls:
        taken = called(call) in ("drop", "set_index", "pop", "difference", "remove", "isin")
        if (taken and key in texts_in(call)) or (called(call).startswith("read_") and key in texts_in(call)):
            owner = root(call.func) if isinstance(call.func, ast.Attribute) else ""
            if owner not in rows.test or isinstance(statement, ast.For):
                return True
    return any(
        isinstance(n, (ast.Compare, ast.Delete)) and key in texts_in(n)
        for s in scope.statements
        for n in ast.walk(s)
    )
