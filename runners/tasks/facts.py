"""What the public files show of themselves: formats, columns, missing values, examples."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from actors.contracts import ColumnFacts, FileFacts
from actors.errors import InputError
from actors.models.offline.catalogue.dates import moments_of
from runners.tasks.labels import as_text
from runners.tasks.tables import TableFormat, detect, is_table, read, reader

_HEAD_ROWS = 4
_HEAD_CHARACTERS = 1_500
_EXAMPLES = 4
_EXAMPLE_CHARACTERS = 60
_CATEGORIES = 50  # text with at most this many distinct values, and few of the rows, is a category
_IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")


def profile_files(files: Mapping[str, bytes]) -> tuple[FileFacts, ...]:
    """Facts of each file, by name."""
    return tuple(profile(name, files[name]) for name in sorted(files))


def profile(name: str, data: bytes) -> FileFacts:
    """Facts of one file; a file that cannot be read as its suffix says is described as it is."""
    try:
        if is_table(name) and (layout := _layout(name, data)) is not None:
            return _table(name, data, layout)
        if name.lower().endswith((".npz", ".npy")):
            return _arrays(name, data)
        if name.lower().endswith(_IMAGES):
            return _image(name, data)
    except (ValueError, OSError, KeyError, pd.errors.ParserError, zipfile.BadZipFile) as error:
        return FileFacts(name, "other", len(data), note=f"cannot be read: {error}")
    return _text(name, data)


def _layout(name: str, data: bytes) -> TableFormat | None:
    try:
        return detect(name, data)
    except InputError:
        return None  # a text that only has the name of a table


def _table(name: str, data: bytes, layout: TableFormat) -> FileFacts:
    frame = read(data, layout)
    return FileFacts(
        name,
        layout.kind,
        len(data),
        rows=len(frame),
        columns=tuple(profile_column(frame[c].rename(str(c))) for c in frame.columns),
        head=_beginning(frame.head(_HEAD_ROWS).to_csv(index=False), _HEAD_CHARACTERS),
        reader=reader(f"input/{name}", layout),
        note="gzip" if layout.gzipped else "",
    )


def profile_column(values: pd.Series) -> ColumnFacts:
    """Facts of one column."""
    known = values.dropna()
    missing = int(values.isna().sum())
    if known.empty:
        return ColumnFacts(str(values.name), "empty", missing)
    try:
        distinct = pd.Series(known.unique())
    except TypeError:  # lists or mappings, which have no hash
        known = known.astype(str)
        distinct = pd.Series(known.unique())
    examples = tuple(_beginning(v, _EXAMPLE_CHARACTERS) for v in as_text(distinct.iloc[:_EXAMPLES]))
    facts = ColumnFacts(str(values.name), "text", missing, len(distinct), examples)
    if pd.api.types.is_bool_dtype(known):
        return _with(facts, dtype="boolean")
    if pd.api.types.is_numeric_dtype(known):
        return _with(facts, dtype=_number_type(known), **_moments(known.astype(float)))
    if pd.api.types.is_datetime64_any_dtype(known) or _dates(known):
        return _with(facts, dtype="datetime")
    if len(distinct) <= _CATEGORIES and len(distinct) <= max(2, len(known) // 4):
        return _with(facts, dtype="category")
    return _with(facts, dtype="text", mean_length=float(known.astype(str).str.len().mean()))


def _beginning(text: str, limit: int) -> str:
    """The first characters of a text; what is left out shows as three dots."""
    return text if len(text) <= limit else f"{text[:limit]} ..."


def _with(facts: ColumnFacts, **changes: Any) -> ColumnFacts:
    return replace(facts, **changes)


def _number_type(known: pd.Series) -> str:
    if pd.api.types.is_integer_dtype(known):
        return "integer"
    numbers = known.to_numpy(dtype=float)
    finite = numbers[np.isfinite(numbers)]
    return "integer" if len(finite) and bool((finite == np.floor(finite)).all()) else "real"


def _moments(known: pd.Series) -> dict[str, float | None]:
    finite = known[np.isfinite(known)]
    if finite.empty:
        return {}
    skew = float(finite.skew()) if len(finite) > 2 else float("nan")
    return {
        "minimum": float(finite.min()),
        "maximum": float(finite.max()),
        "mean": float(finite.mean()),
        "skew": skew if np.isfinite(skew) else None,
    }


def _dates(known: pd.Series) -> bool:
    return bool(moments_of(known.iloc[:200]).notna().mean() > 0.95)


def _arrays(name: str, data: bytes) -> FileFacts:
    loaded = np.load(io.BytesIO(data), allow_pickle=False)
    single = isinstance(loaded, np.ndarray)
    arrays = {"": loaded} if single else {key: loaded[key] for key in loaded.files}
    columns = tuple(_array(key, value) for key, value in arrays.items())
    lines = "\n".join(f"{key or name}: {v.dtype} {v.shape}" for key, v in arrays.items())
    head = _beginning(lines, _HEAD_CHARACTERS)
    kind = "npz"
    return FileFacts(name, kind, len(data), columns=columns, head=head, reader=f'np.load("input/{name}")')


def _array(name: str, value: NDArray[Any]) -> ColumnFacts:
    flat = value.ravel()
    examples = tuple(_beginning(str(v), _EXAMPLE_CHARACTERS) for v in flat[:_EXAMPLES])
    facts = ColumnFacts(name, "array", shape=tuple(value.shape), examples=examples)
    if not np.issubdtype(value.dtype, np.number) or not flat.size:
        return facts
    numbers = pd.Series(flat.astype(float))
    distinct = int(numbers.nunique())
    return _with(facts, missing=int(numbers.isna().sum()), unique=distinct, **_moments(numbers.dropna()))


def _image(name: str, data: bytes) -> FileFacts:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        width, height = image.size
        note = f"{width} x {height} pixels (width x height), mode {image.mode}"
        kind = "png" if image.format == "PNG" else "other"
    return FileFacts(name, kind, len(data), reader=f'np.asarray(Image.open("input/{name}"))', note=note)


def _text(name: str, data: bytes) -> FileFacts:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return FileFacts(name, "other", len(data))
    lines = text.splitlines()
    head = _beginning("\n".join(lines[:_HEAD_ROWS]), _HEAD_CHARACTERS)
    return FileFacts(
        name, "text", len(data), rows=len(lines), head=head, reader=f'open("input/{name}").read()'
    )
