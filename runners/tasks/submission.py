"""Submissions, parsed as data only; every kind of fault has its own message for the debugger."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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

    @property
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
    head = data[: 1 << 20].split(b"\n", 1)[0].decode("utf-8-sig").strip()
    try:
        frame = pd.read_csv(
            io.BytesIO(data),
            dtype=_dtypes(form),
            keep_default_na=form.prediction != "label",
            na_values={form.id_column: []} if form.prediction != "label" else [""],
            index_col=False,
            encoding="utf-8-sig",
        )
    except (ValueError, OverflowError, pd.errors.ParserError):
        # Either no table at all, or text among the numbers, which `_numbers` names.
        try:
            frame = pd.read_csv(
                io.BytesIO(data), dtype=str, keep_default_na=False, index_col=False, encoding="utf-8-sig"
            )
        except (ValueError, OverflowError, pd.errors.ParserError) as error:
            raise SubmissionFault(f"submission.csv is not a CSV table: {error}") from None
    frame.columns = frame.columns.astype(str).str.strip()
    wanted = (form.id_column, *form.columns)
    missing = [c for c in wanted if c not in frame.columns]
    extra = [c for c in frame.columns if c not in wanted]
    if missing or extra:
        parts = [f"missing {_some(missing)}"] if missing else []
        parts += [f"unexpected {_some(extra)}"] if extra else []
        raise SubmissionFault(
            f"wrong columns: {', '.join(parts)}; expected the header {_some(wanted, 8)}, found {head[:200]!r}"
        )
    return pd.DataFrame(frame[list(wanted)])


def _dtypes(form: Form) -> dict[str, type]:
    kind = str if form.prediction == "label" else float
    return {form.id_column: str, **dict.fromkeys(form.columns, kind)}


def _rows(frame: pd.DataFrame, form: Form) -> pd.DataFrame:
    ids = frame[form.id_column].astype(object).where(frame[form.id_column].notna(), "").str.strip()
    places = form.ids.get_indexer(pd.Index(ids, dtype=object))
    if (places < 0).any():
        ids = without_zeros(ids).where(pd.Series(places < 0, index=ids.index), ids)
        places = form.ids.get_indexer(pd.Index(ids, dtype=object))
    unknown = ids[places < 0]
    if len(unknown):
        raise SubmissionFault(
            f"{len(unknown):,} ids in column {form.id_column} that are not to be predicted,"
            f" such as {_some(unknown)}; the ids are those of the sample submission"
        )
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
    ordered = frame.loc[:, list(form.columns)].iloc[np.argsort(places)]
    return pd.DataFrame(ordered.set_axis(form.ids))


def _labels(frame: pd.DataFrame, form: Form) -> pd.DataFrame:
    text: pd.DataFrame = frame.astype(object).where(frame.notna(), "").apply(lambda c: c.str.strip())
    for name in form.columns:
        empty = text[name].isin(("", "nan", "NaN", "None", "<NA>")) & ~text[name].isin(form.classes)
        if empty.any():
            raise SubmissionFault(_count(int(empty.sum()), f"missing labels in column {name}", text[empty]))
        if not form.classes:
            continue
        strange = ~text[name].isin(form.classes)
        if strange.any():
            text[name] = text[name].where(~strange, without_zeros(text[name]))
            strange = ~text[name].isin(form.classes)
        if strange.any():
            raise SubmissionFault(
                f"{int(strange.sum()):,} labels in column {name} that training never showed,"
                f" such as {_some(pd.unique(text[name][strange]))}; the classes are {_some(form.classes, 12)}"
            )
    return text


def _numbers(frame: pd.DataFrame, form: Form) -> pd.DataFrame:
    for name in form.columns:
        column = frame[name]
        if not pd.api.types.is_float_dtype(column):
            text = column.astype(object).str.strip()
            numbers = pd.to_numeric(text, errors="coerce")
            wrong = numbers.isna() & ~text.str.lower().isin(("", "nan", "na", "n/a", "none", "null", "<na>"))
            if wrong.any():
                raise SubmissionFault(
                    f"{int(wrong.sum()):,} values in column {name} are not numbers,"
                    f" such as {_some(text[wrong])}"
                )
            frame = frame.assign(**{name: numbers.astype(float)})
            column = frame[name]
        values = column.to_numpy()
        if np.isfinite(values).all():
            continue
        if np.isnan(values).any():
            raise SubmissionFault(
                _count(int(np.isnan(values).sum()), f"NaN in column {name}", frame[np.isnan(values)])
            )
        infinite = np.isinf(values)
        raise SubmissionFault(
            _count(int(infinite.sum()), f"infinite values in column {name}", frame[infinite])
        )
    return frame.astype(float)


def _probabilities(frame: pd.DataFrame, form: Form) -> None:
    values = frame.to_numpy()
    outside = ((values < 0) | (values > 1)).any(axis=1)
    if outside.any():
        worst = values[outside][0]
        raise SubmissionFault(
            _count(int(outside.sum()), "rows with probabilities outside [0, 1]", frame[outside])
            + f" with {_some(worst)}"
        )
    if not simplex(form):
        return
    off = np.abs(values.sum(axis=1) - 1) > _SIMPLEX_TOLERANCE
    if off.any():
        raise SubmissionFault(
            _count(int(off.sum()), "rows whose class probabilities do not sum to 1", frame[off])
            + f" with the sum {values[off][0].sum():.6g}"
        )


def simplex(form: Form) -> bool:
    """Whether the columns are the probabilities of exclusive classes."""
    return len(form.columns) > 1 and set(form.columns) == set(form.classes)


def _domain(frame: pd.DataFrame, form: Form) -> None:
    values = frame.to_numpy()
    if form.domain == "any":
        return
    outside = (values < 0 if form.domain == "nonnegative" else values <= 0).any(axis=1)
    if outside.any():
        limit = "negative predictions" if form.domain == "nonnegative" else "predictions that are not above 0"
        raise SubmissionFault(
            _count(int(outside.sum()), f"{limit}, which the metric cannot take", frame[outside])
        )


def _count(number: int, what: str, rows: pd.DataFrame | pd.Series) -> str:
    return f"{number:,} {what}, such as at id {_some(rows.index)}"


def _some(values: Sequence[object] | pd.Index | pd.Series | NDArray[Any], most: int = 3) -> str:
    shown = ", ".join(repr(str(v)[:80]) for v in list(values)[:most])
    return shown + (", ..." if len(values) > most else "")
