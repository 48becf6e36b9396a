"""Submissions, parsed as data only; every kind of fault has its own message for the debugger."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv

from actors.contracts import Prediction
from actors.errors import FiveStarError
from runners.tasks.labels import without_zeros
from runners.tasks.metrics import Domain

_MAGIC = {
    b"\x1f\x8b": "a gzip archive",
    b"PK\x03\x04": "a zip archive or Excel file",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"PAR1": "a Parquet file",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a NumPy file",
    b"\x80": "a pickled object",
}
_NO_LABEL = ("", "nan", "NaN", "None", "<NA>")
_NO_NUMBER = ("", "nan", "na", "n/a", "none", "null", "<na>")
_LARGEST = 1e100  # squares and sums of larger predictions overflow
_SIMPLEX_TOLERANCE = 1e-3
_SLACK_BYTES = 1 << 20
_CELL_BYTES = 40  # the longest sensible number, with room


class SubmissionFault(FiveStarError):
    """A submission is not valid; the message says what is wrong, with examples."""


@dataclass(frozen=True)
class Form:
    """What a valid submission looks like."""

    id_column: str
    ids: pd.Index = field(repr=False)  # as text, in the order of the sample submission
    columns: tuple[str, ...]  # the predicted ones
    prediction: Prediction
    classes: tuple[str, ...] = ()
    domain: Domain = "any"

    @cached_property
    def plain_ids(self) -> pd.Index:
        """The ids with numbers such as "007" written as "7", as a script that reads numbers writes them."""
        plain: pd.Index = pd.Index(without_zeros(pd.Series(self.ids, dtype=object)), dtype=object)
        return plain

    @cached_property
    def max_bytes(self) -> int:
        """Far more than an honest file of this form takes."""
        ids = sum(len(i.encode()) for i in self.ids)
        longest = max((len(c.encode()) for c in self.classes), default=0)
        cells = len(self.ids) * len(self.columns)
        return _SLACK_BYTES + 4 * ids + cells * (_CELL_BYTES + 2 * longest)


def parse_submission(data: bytes | None, form: Form) -> pd.DataFrame:
    """The predictions in the order of `form.ids`, indexed by them: numbers, or text for labels.

    Raises SubmissionFault.
    """
    text = _readable(data, form)
    frame = _columns(text, form)
    frame = _rows(frame, form)
    if form.prediction == "label":
        return _labels(frame, form)
    frame = _numbers(frame, form)
    if form.prediction == "probability":
        _probabilities(frame, form)
    else:
        _domain(frame, form)
    return frame


def write_predictions(rows: pd.DataFrame, id_column: str) -> bytes:
    """Parsed predictions as CSV text again, quoted where a value needs it."""
    columns = {id_column: pa.array(rows.index, pa.string())}
    table = pa.table({**columns, **{c: pa.array(rows[c].to_numpy()) for c in rows.columns}})
    head = pd.DataFrame(columns=table.column_names).to_csv(index=False, lineterminator="\n").encode()
    for style in ("none", "needed"):  # the first refuses values that need quotes
        sink = io.BytesIO()
        try:
            options = arrow_csv.WriteOptions(include_header=False, quoting_style=style)
            arrow_csv.write_csv(table, sink, options)
        except pa.ArrowInvalid:
            continue
        break
    return head + sink.getvalue()


def _readable(data: bytes | None, form: Form) -> bytes:
    if data is None:
        raise SubmissionFault("the script wrote no ./submission.csv")
    if not data.strip():
        raise SubmissionFault("submission.csv is empty")
    if len(data) > form.max_bytes:
        raise SubmissionFault(
            f"submission.csv is too large: {len(data):,} bytes for {len(form.ids):,} rows;"
            f" at most {form.max_bytes:,} are read"
        )
    for magic, what in _MAGIC.items():
        if data.startswith(magic):
            raise SubmissionFault(f"submission.csv is not CSV text but {what}; write it with to_csv")
    if b"\0" in data:
        raise SubmissionFault("submission.csv is not CSV text: it holds NUL bytes; write it with to_csv")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SubmissionFault(f"submission.csv is not UTF-8 text: byte {error.start}") from None
    return data


def _columns(data: bytes, form: Form) -> pd.DataFrame:
    """The id and the predicted columns, in the file's order of rows; text where numbers will not do."""
    frame = _quick_table(data, form)
    if frame is None:
        frame = _patient_table(data)
    wanted = (form.id_column, *form.columns)
    missing = [c for c in wanted if c not in frame.columns]
    extra = [c for c in frame.columns if c not in wanted]
    if missing or extra:
        head = data[: 1 << 16].split(b"\n", 1)[0].decode("utf-8-sig", errors="replace").strip()
        parts = [f"missing {_some(missing)}"] if missing else []
        parts += [f"unexpected {_some(extra)}"] if extra else []
        raise SubmissionFault(
            f"wrong columns: {', '.join(parts)}; expected the header {_some(wanted, 8)}, found {head[:200]!r}"
        )
    return pd.DataFrame(frame[list(wanted)])


def _quick_table(data: bytes, form: Form) -> pd.DataFrame | None:
    """What a faultless file holds; None where anything is odd."""
    kind = pa.string() if form.prediction == "label" else pa.float64()
    types = {form.id_column: pa.string(), **dict.fromkeys(form.columns, kind)}
    try:
        table = arrow_csv.read_csv(
            io.BytesIO(data), convert_options=arrow_csv.ConvertOptions(column_types=types)
        )
    except pa.ArrowInvalid:
        return None
    if sorted(table.column_names) != sorted(types):
        return None
    columns = {
        name: column.to_numpy() if pa.types.is_floating(column.type) else _objects(column)
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
    return pd.DataFrame(columns)


def _objects(column: pa.ChunkedArray) -> NDArray[Any]:
    values = np.empty(len(column), dtype=object)
    values[:] = column.to_pylist()
    return values


def _patient_table(data: bytes) -> pd.DataFrame:
    """The same as text, by a reader that forgives more; raises SubmissionFault for what is no table."""
    options: dict[str, Any] = {"dtype": object, "keep_default_na": False, "index_col": False}
    try:
        frame: pd.DataFrame = pd.read_csv(io.BytesIO(data), encoding="utf-8-sig", **options)
    except (ValueError, OverflowError, pd.errors.ParserError) as error:
        raise SubmissionFault(f"submission.csv is not a CSV table: {str(error).strip()}") from None
    frame.columns = frame.columns.astype(str).str.strip()
    return frame


def _rows(frame: pd.DataFrame, form: Form) -> pd.DataFrame:
    places = _places(frame[form.id_column], form)
    counts = np.bincount(places, minlength=len(form.ids))
    if (counts > 1).any():
        twice = form.ids[counts > 1]
        raise SubmissionFault(f"{len(twice):,} duplicate ids in {form.id_column}, such as {_some(twice)}")
    if (counts == 0).any():
        absent = form.ids[counts == 0]
        raise SubmissionFault(
            f"{len(absent):,} of {len(form.ids):,} ids are missing from {form.id_column},"
            f" such as {_some(absent)}"
        )
    return frame[list(form.columns)].iloc[np.argsort(places)].set_axis(form.ids)


def _places(ids: pd.Series, form: Form) -> NDArray[np.intp]:
    """The place of each id among those to be predicted; raises SubmissionFault for others."""
    places = form.ids.get_indexer(pd.Index(ids, dtype=object))
    if (places >= 0).all():
        return places
    text = ids.astype(str).str.strip()
    for known, given in ((form.ids, text), (form.plain_ids, without_zeros(text))):
        found = known.get_indexer(pd.Index(given, dtype=object)) if known.is_unique else places
        places = np.where(places < 0, found, places)
    unknown = text[places < 0]
    if len(unknown):
        raise SubmissionFault(
            f"{len(unknown):,} ids in column {form.id_column} that are not to be predicted,"
            f" such as {_some(unknown)}; the ids are those of the sample submission"
        )
    return places


def _labels(frame: pd.DataFrame, form: Form) -> pd.DataFrame:
    return pd.DataFrame({name: _label_column(frame[name], form) for name in form.columns}, index=frame.index)


def _label_column(values: pd.Series, form: Form) -> pd.Series:
    """The labels as the classes are written; each distinct one is looked at once."""
    codes, distinct = pd.factorize(values.to_numpy(), use_na_sentinel=False)
    labels = pd.Series(["" if v is None else str(v).strip() for v in distinct], dtype=object)
    if form.classes:
        labels = labels.where(labels.isin(form.classes), without_zeros(labels))
    known = labels.isin(form.classes)
    empty = labels.isin(_NO_LABEL) & ~known
    if empty.any():
        rows = values[empty.to_numpy()[codes]]
        raise SubmissionFault(_count(f"missing labels in column {values.name}", rows))
    if form.classes and not known.all():
        strange = labels[~known]
        raise SubmissionFault(
            f"{int((~known).to_numpy()[codes].sum()):,} labels in column {values.name} that training never"
            f" showed, such as {_some(strange)}; the classes are {_some(form.classes, 12)}"
        )
    return pd.Series(labels.to_numpy()[codes], index=values.index, name=values.name)


def _numbers(frame: pd.DataFrame, form: Form) -> pd.DataFrame:
    columns = {}
    for name in form.columns:
        column = frame[name]
        if not pd.api.types.is_float_dtype(column):
            column = _parsed(column.astype(str).str.strip())
        values = column.to_numpy(dtype=float)
        if np.isnan(values).any():
            raise SubmissionFault(_count(f"NaN in column {name}", column[np.isnan(values)]))
        if np.isinf(values).any():
            raise SubmissionFault(_count(f"infinite values in column {name}", column[np.isinf(values)]))
        columns[name] = values
    return pd.DataFrame(columns, index=frame.index)


def _parsed(text: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(text, errors="coerce")
    wrong = text[numbers.isna() & ~text.str.lower().isin(_NO_NUMBER)]
    if len(wrong):
        raise SubmissionFault(
            f"{len(wrong):,} values in column {text.name} are not numbers, such as {_some(wrong)}"
        )
    return numbers


def _probabilities(frame: pd.DataFrame, form: Form) -> None:
    values = frame.to_numpy()
    outside = ((values < 0) | (values > 1)).any(axis=1)
    if outside.any():
        worst = values[outside][0]
        raise SubmissionFault(
            _count("rows with probabilities outside [0, 1]", frame[outside]) + f" with {_some(worst)}"
        )
    if not simplex(form):
        return
    off = np.abs(values.sum(axis=1) - 1) > _SIMPLEX_TOLERANCE
    if off.any():
        raise SubmissionFault(
            _count("rows whose class probabilities do not sum to 1", frame[off])
            + f" with the sum {values[off][0].sum():.6g}"
        )


def simplex(form: Form) -> bool:
    """Whether the columns are the probabilities of exclusive classes."""
    return len(form.columns) > 1 and set(form.columns) == set(form.classes)


def _domain(frame: pd.DataFrame, form: Form) -> None:
    values = frame.to_numpy()
    huge = (np.abs(values) > _LARGEST).any(axis=1)
    if huge.any():
        raise SubmissionFault(_count(f"predictions beyond {_LARGEST:g} in size", frame[huge]))
    if form.domain == "any":
        return
    outside = (values < 0 if form.domain == "nonnegative" else values <= 0).any(axis=1)
    if outside.any():
        limit = "negative predictions" if form.domain == "nonnegative" else "predictions that are not above 0"
        raise SubmissionFault(_count(f"{limit}, which the metric cannot take", frame[outside]))


def _count(what: str, rows: pd.DataFrame | pd.Series) -> str:
    return f"{len(rows):,} {what}, such as at id {_some(rows.index)}"


def _some(values: Sequence[object] | pd.Index | pd.Series | NDArray[Any], most: int = 3) -> str:
    shown = ", ".join(repr(str(v)[:80]) for v in list(values)[:most])
    return shown + (", ..." if len(values) > most else "")
