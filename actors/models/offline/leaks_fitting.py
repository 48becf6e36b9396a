"""Leaks in what is fitted: scalers, selections and vocabularies that saw held-out or test rows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from actors.contracts import TaskBrief
from actors.models.offline.leaks import Leak
from actors.models.offline.rows import Rows
from actors.models.offline.syntax import Edit, Scope, Source, called, names_in, root

_TRANSFORMER = re.compile(
    r"\w*(Scaler|Imputer|Vectorizer|Discretizer|PCA|SVD|NMF|SelectKBest|SelectPercentile|SelectFromModel|RFE"
    r"|RFECV|VarianceThreshold|PowerTransformer|QuantileTransformer|TargetEncoder|PLSRegression)"
)
_CROSS = {"cross_val_score", "cross_val_predict", "cross_validate"}
_IMPORTS = (
    "from sklearn.pipeline import make_pipeline",
    "from sklearn.preprocessing import FunctionTransformer",
)


def fitting_leaks(source: Source, scope: Scope, rows: Rows, brief: TaskBrief) -> Iterator[Leak]:
    """The leaks of this kind in a scope."""
    makers = _makers(scope)
    for statement, call in scope.calls:
        how = called(call)
        if how not in ("fit", "fit_transform") or not isinstance(call.func, ast.Attribute) or not call.args:
            continue
        owner = call.func.value
        maker = owner if isinstance(owner, ast.Call) else makers.get(ast.unparse(owner))
        if maker is None or not _TRANSFORMER.fullmatch(called(maker)):
            continue
        given = names_in(call.args[0])
        if how == "fit_transform" and isinstance(owner, ast.Name) and root(call.args[0]) in rows.test:
            start = source.span(owner)[1]
            end = source.span(call.func)[1]
            yield Leak(f"`{owner.id}` is fitted anew on the test rows.", (Edit(start, end, ".transform"),))
        elif _sees_held_rows(call.args[0], given, statement, scope, rows):
            edits = _into_pipeline(source, scope, statement, maker, owner)
            if edits:
                yield Leak(
                    f"`{called(maker)}` is fitted on rows that are held out later.",
                    tuple(dict.fromkeys(edits)),
                )


def _makers(scope: Scope) -> dict[str, ast.Call]:
    """name -> the call that made what it holds, `.fit(...)` chains left out."""
    made: dict[str, ast.Call] = {}
    for statement in scope.statements:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            value = statement.value
            while (
                called(value) == "fit"
                and isinstance(value, ast.Call)
                and isinstance(value.func, ast.Attribute)
            ):
                value = value.func.value
            if isinstance(value, ast.Call):
                made.setdefault(statement.targets[0].id, value)
    return made


def _sees_held_rows(
    argument: ast.expr, given: set[str], statement: ast.stmt, scope: Scope, rows: Rows
) -> bool:
    """All training rows, alone or with the test rows, before a split."""
    if not rows.splits_after(statement):
        return False
    if rows.is_full(argument, statement):
        return True
    joined = [argument] if called(argument) in ("concat", "vstack", "r_") else []
    for name in given:
        joined += [v for _, v in scope.definitions(name) if called(v) in ("concat", "vstack")]
    full = rows.full_at(statement)
    return any(names_in(j) & full and names_in(j) & rows.test for j in joined)


def _into_pipeline(
    source: Source, scope: Scope, statement: ast.stmt, maker: ast.Call, owner: ast.expr
) -> list[Edit]:
    """The transformer moved into the model, so that each fit learns it anew; else it is left out."""
    attributes = {
        n.attr
        for s in scope.statements
        for n in ast.walk(s)
        if isinstance(n, ast.Attribute) and isinstance(owner, ast.Name) and ast.unparse(n.value) == owner.id
    }
    if attributes - {"fit", "transform", "fit_transform"}:
        return []
    first = statement
    for earlier in scope.statements:
        if any(n is maker for n in ast.walk(earlier)):
            first = earlier
            break
    edits = [source.swap(maker, "FunctionTransformer()")]
    whole = isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
    models = [m for m in _models(scope, _makers(scope)) if m is not maker] if whole else []
    for model in models:
        edits.append(source.swap(model, f"make_pipeline({source.of(maker)}, {source.of(model)})"))
    places = [first] + [s for s in scope.statements if any(n in models for n in ast.walk(s))]
    at = min(places, key=lambda s: s.lineno)
    return [source.before(at, _IMPORTS), *edits]


def _models(scope: Scope, makers: dict[str, ast.Call]) -> list[ast.Call]:
    """The calls that make what predicts or is cross-validated."""
    found = []
    for _, call in scope.calls:
        model: ast.expr | None = None
        if called(call).startswith("predict") and isinstance(call.func, ast.Attribute):
            model = call.func.value
        elif called(call) in _CROSS and call.args:
            model = call.args[0]
        maker = makers.get(model.id) if isinstance(model, ast.Name) else model
        if isinstance(maker, ast.Call) and called(maker)[:1].isupper() and maker not in found:
            found.append(maker)
    return found
