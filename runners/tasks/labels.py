"""Ids and class labels as text, the same whatever type their file gave them."""

from __future__ import annotations

import numpy as np
import pandas as pd


def as_text(values: pd.Series) -> pd.Series:
    """Stripped text; whole numbers without a decimal point; missing values as ""."""
    missing = values.isna()
    if pd.api.types.is_bool_dtype(values) or pd.api.types.is_integer_dtype(values):
        text = values.astype(str)
    elif pd.api.types.is_float_dtype(values):
        numbers = values.astype(float)
        whole = (numbers == np.floor(numbers)) & (numbers.abs() < 2**53)
        text = numbers.map(repr).where(~whole, numbers.where(whole, 0).astype(np.int64).astype(str))
    elif pd.api.types.is_datetime64_any_dtype(values):
        dates = values.dt.strftime("%Y-%m-%d")
        exact = values.dt.normalize().eq(values) | missing
        text = dates if bool(exact.all()) else values.astype(str)
    else:
        text = values.map(_one).astype(str).str.strip()
    return text.astype(object).where(~missing, "")


def _one(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def sorted_labels(labels: pd.Series) -> tuple[str, ...]:
    """The distinct labels but "", by number where all are numbers, otherwise by text."""
    distinct = [label for label in pd.unique(labels) if label != ""]
    numbers = pd.to_numeric(pd.Series(distinct, dtype=object), errors="coerce")
    if numbers.notna().all():
        return tuple(label for _, label in sorted(zip(numbers, distinct, strict=True)))
    return tuple(sorted(distinct))


def without_zeros(text: pd.Series) -> pd.Series:
    """Numbers such as "3.0" and "03" written as "3"; other text stays."""
    numbers = pd.to_numeric(text, errors="coerce")
    whole = numbers.notna() & (numbers == np.floor(numbers)) & (numbers.abs() < 2**53)
    return text.where(~whole, numbers.where(whole, 0).astype(np.int64).astype(str))
