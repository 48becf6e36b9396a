"""Leaks in how a program scores itself: fitted rows, groups on both sides, a score never measured."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from actors.contracts import TaskBrief
from actors.models.offline.leaks import Leak
from actors.models.offline.rows import Rows
from actors.models.offline.syntax import Edit, Scope, Source, called, keyword, names_in

_SHAPING = {"round", "float", "str", "format", "print", "abs", "int"}
_PREDICTS = {"predict", "predict_proba", "decision_function"}
_SPLITTERS = {"KFold", "StratifiedKFold", "RepeatedKFold", "RepeatedStratifiedKFold"}
_CROSS = {"cross_val_score", "cross_val_predict", "cross_validate"}


def scoring_leaks(source: Source, scope: Scope, rows: Rows, brief: TaskBrief) -> Iterator[Leak]:
    """The leaks of this kind in a scope."""
    for _, call in rows.prints:
        if not _measured(scope, call):
            yield Leak(
                "The printed score is a constant that was never measured.",
                (source.swap(call, 'print("No score was measured.")'),),
            )
    yield from _fitted_rows(source, scope, rows)
    if brief.split.kind == "group" and brief.split.column and rows.table and "Group" not in source.text:
        yield from _groups(source, scope, rows, f'{rows.table}["{brief.split.column}"]')
    if brief.split.kind == "time":
        yield from _shuffled_time(source, scope, rows)


def _sliced(scope: Scope, node: ast.AST) -> Iterator[tuple[ast.stmt | None, ast.AST]]:
    """The expression and all that the names in it were made from; a statement of None: from outside."""
    todo: list[tuple[ast.stmt | None, ast.AST]] = [(None, node)]
    seen: set[str] = set()
    while todo:
        statement, expression = todo.pop()
        yield statement, expression
        for name in names_in(expression) - seen:
            seen.add(name)
            todo.extend(scope.definitions(name))


def _measured(scope: Scope, call: ast.Call) -> bool:
    for _, node in _sliced(scope, call):
        for inner in ast.walk(node):
            if isinstance(inner, ast.Call) and called(inner) not in _SHAPING:
                return True
            if (
                isinstance(inner, ast.Name)
                and inner.id not in _SHAPING
                and (inner.id in scope.parameters or not any(scope.definitions(inner.id)))
            ):
                return True  # it comes from where this reading does not reach
    return False


def _fitted_rows(source: Source, scope: Scope, rows: Rows) -> Iterator[Leak]:
    """`metric(y, model.predict(X))` after `model.fit(X, y)`, where that is the printed score."""
    fits: list[tuple[int, str, ast.Call]] = []
    for statement, call in scope.calls:
        if called(call) == "fit" and isinstance(call.func, ast.Attribute) and len(call.args) >= 2:
            model = ast.unparse(call.func.value)
            fits.append((scope.statements.index(statement), model, call))
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                fits.append((scope.statements.index(statement), statement.targets[0].id, call))
    for print_statement, printed in rows.prints:
        reach = scope.statements.index(print_statement)
        for origin, node in _score_parts(scope, printed):
            place = reach if origin is None else scope.statements.index(origin)
            for call in (n for n in ast.walk(node) if isinstance(n, ast.Call)):
                if not isinstance(call.func, ast.Attribute) or not call.args:
                    continue
                model = ast.unparse(call.func.value)
                earlier = [f for at, name, f in fits if name == model and at <= place]
                if not earlier or ast.unparse(earlier[-1].args[0]) != ast.unparse(call.args[0]):
                    continue
                leak = _crossed(source, origin or print_statement, call, model, earlier[-1])
                if leak is not None:
                    yield leak


def _score_parts(scope: Scope, printed: ast.Call) -> Iterator[tuple[ast.stmt | None, ast.AST]]:
    """Like `_sliced`, without following what models and their inputs were made from."""
    todo: list[tuple[ast.stmt | None, ast.AST]] = [(None, printed)]
    seen: set[str] = set()
    while todo:
        statement, node = todo.pop()
        yield statement, node
        inside = {
            id(n)
            for call in ast.walk(node)
            if isinstance(call, ast.Call) and called(call) in {*_PREDICTS, "score"}
            for n in ast.walk(call)
        }
        names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and id(n) not in inside}
        for name in names - seen:
            seen.add(name)
            todo.extend(scope.definitions(name))


def _crossed(source: Source, statement: ast.stmt, call: ast.Call, model: str, fit: ast.Call) -> Leak | None:
    x, y = source.of(fit.args[0]), source.of(fit.args[1])
    why = f"`{model}` is scored on the rows that it was fitted on."
    if called(call) in _PREDICTS:
        name = "cross_val_predict"
        text = f'cross_val_predict({model}, {x}, {y}, cv=5, method="{called(call)}")'
    elif called(call) == "score":
        name, text = "cross_val_score", f"cross_val_score({model}, {x}, {y}, cv=5).mean()"
    else:
        return None
    return Leak(
        why,
        (source.before(statement, [f"from sklearn.model_selection import {name}"]), source.swap(call, text)),
    )


def _groups(source: Source, scope: Scope, rows: Rows, groups: str) -> Iterator[Leak]:
    """Splits that pull the rows of one group apart."""
    why = "Rows of one group stand on both sides of the split."
    for statement, call in scope.calls:
        imported = source.before(
            statement, ["from sklearn.model_selection import GroupKFold, GroupShuffleSplit"]
        )
        if called(call) == "train_test_split" and isinstance(statement, ast.Assign):
            edit = _group_halves(source, rows, statement, call, groups)
            if edit is not None:
                yield Leak(why, (edit,))
        elif called(call) in _CROSS and len(call.args) >= 2 and rows.is_full(call.args[1], statement):
            kept = [source.of(a) for a in call.args[:3]]
            kept += [
                f"{k.arg}={source.of(k.value)}" for k in call.keywords if k.arg not in ("cv", "groups", None)
            ]
            text = f"{called(call)}({', '.join(kept)}, cv=GroupKFold(5), groups={groups})"
            yield Leak(why, (imported, source.swap(call, text)))
        elif called(call) == "split" and isinstance(call.func, ast.Attribute) and call.args:
            maker = call.func.value
            if isinstance(maker, ast.Name):
                maker = next((v for _, v in scope.definitions(maker.id)), maker)
            if called(maker) not in _SPLITTERS or not rows.is_full(call.args[0], statement):
                continue
            x = source.of(call.args[0])
            yield Leak(why, (imported, source.swap(call, f"GroupKFold(5).split({x}, groups={groups})")))


def _group_halves(
    source: Source, rows: Rows, statement: ast.Assign, call: ast.Call, groups: str
) -> Edit | None:
    target = statement.targets[0]
    if not isinstance(target, (ast.Tuple, ast.List)) or len(target.elts) != 2 * len(call.args):
        return None
    if not all(rows.is_full(a, statement) for a in call.args):
        return None
    share = keyword(call, "test_size")
    size = source.of(share) if share is not None else "0.25"
    indent = "\n" + " " * statement.col_offset
    lines = [
        "from sklearn.model_selection import GroupShuffleSplit",
        f"_halves = GroupShuffleSplit(1, test_size={size}, random_state=0)",
        f"_fit_rows, _held_rows = next(_halves.split({source.of(call.args[0])}, groups={groups}))",
    ]
    for number, array in enumerate(call.args):
        text = source.of(array)
        for name, part in zip(target.elts[2 * number :], ("_fit_rows", "_held_rows"), strict=False):
            lines.append(
                f"{source.of(name)} = {text}.iloc[{part}] if hasattr({text}, 'iloc') else {text}[{part}]"
            )
    return source.swap(statement, indent.join(lines))


def _shuffled_time(source: Source, scope: Scope, rows: Rows) -> Iterator[Leak]:
    """Splits that learn from the future of the rows that they hold out."""
    why = "The split is shuffled, so that the model learns from what comes after the rows it is scored on."
    for statement, call in scope.calls:
        shuffle = keyword(call, "shuffle")
        if called(call) == "train_test_split" and call.args and rows.is_full(call.args[0], statement):
            if shuffle is None:
                kept = [source.of(a) for a in call.args]
                kept += [
                    f"{k.arg}={source.of(k.value)}"
                    for k in call.keywords
                    if k.arg not in ("random_state", "stratify", None)
                ]
                yield Leak(why, (source.swap(call, f"train_test_split({', '.join(kept)}, shuffle=False)"),))
        elif called(call) in ("cross_val_score", "cross_validate"):
            folds = keyword(call, "cv")
            if folds is not None and called(folds) in ("KFold", "ShuffleSplit"):
                yield Leak(
                    why,
                    (
                        source.before(statement, ["from sklearn.model_selection import TimeSeriesSplit"]),
                        source.swap(folds, "TimeSeriesSplit(5)"),
                    ),
                )
