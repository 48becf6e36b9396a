"""Tables in files: the format is found from name and content, read and written back the same way."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from actors.errors import InputError
from runners.tasks.fixed_width import column_spans, cut_lines, pad_lines
from runners.tasks.sheets import plain, read_sheet, write_sheet

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".dat", ".parquet", ".jsonl", ".xlsx")
_NA_MARKS = ("?", ".", "-", "--", "*")
_NUMBER = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")
_SAMPLE_LINES = 200


@dataclass(frozen=True)
class TableFormat:
    """How one table file is laid out."""

    kind: str  # csv tsv txt fwf parquet jsonl xlsx
    gzipped: bool = False
    sep: str = ","  # r"\s+" for kind txt
    padded: bool = False  # spaces around values
    decimal: str = "."
    encoding: str = "utf-8"
    skip: int = 0  # comment lines before the header
    na_values: tuple[str, ...] = ()  # marks of missing values beside the usual ones
    spans: tuple[tuple[int, int], ...] = ()  # kind fwf: first and past-the-last character of each column


def suffix(name: str) -> str:
    """The table suffix of a file name, "" when it has none."""
    lower = name.lower()
    return next((s for s in sorted(SUFFIXES, key=len, reverse=True) if lower.endswith(s)), "")


def is_table(name: str) -> bool:
    """Whether a file of this name may be a table."""
    return suffix(name) != ""


def read_tables(files: Mapping[str, bytes], names: Iterable[str]) -> dict[str, pd.DataFrame]:
    """Those of the named files that are tables, with inferred types."""
    tables = {}
    for name in names:
        if is_table(name):
            try:
                tables[name] = read(files[name], detect(name, files[name]))
            except (InputError, ValueError):
                continue  # a text that only has the name of a table
    return tables


def detect(name: str, data: bytes) -> TableFormat:
    """Find a table's layout; raises InputError for a name without a table suffix."""
    end = suffix(name)
    if not end:
        raise InputError(f"{name}: not a table; the supported suffixes are {', '.join(SUFFIXES)}")
    if end in (".parquet", ".jsonl", ".xlsx"):
        return TableFormat(end[1:])
    zipped = end.endswith(".gz")
    text, encoding = _decode(gzip.decompress(data) if zipped else data)
    skip, lines = _body(text)
    if end in (".txt", ".dat") and not _parted(lines):
        found = _spaced(lines) or _fixed(lines)
        if found is None:
            raise InputError(f"{name}: its lines do not fall into columns")
        return replace(found, gzipped=zipped, encoding=encoding, skip=skip)
    usual = {".csv": ",", ".tsv": "\t"}.get(end.removesuffix(".gz"), "\t")
    sep = _separator(lines, usual)
    kind = "tsv" if sep == "\t" else "csv"
    rows = list(csv.reader(lines, delimiter=sep))
    values = [v for row in rows for v in row]
    decimal = "," if sep == ";" and any(re.fullmatch(r"-?\d+,\d+", v.strip()) for v in values) else "."
    padded = any(v != v.strip() for v in values)
    marks = _na_marks(rows)
    return TableFormat(kind, zipped, sep, padded, decimal, encoding, skip, marks)


def read(data: bytes, layout: TableFormat) -> pd.DataFrame:
    """The table with inferred types, exactly as the expression of `reader` gives it."""
    if layout.kind == "parquet":
        return pd.read_parquet(io.BytesIO(data))
    if layout.kind == "jsonl":
        return pd.read_json(io.BytesIO(data), lines=True)
    if layout.kind == "xlsx":
        # Unnamed, the engine is looked for among modules that another thread may still be importing.
        return pd.read_excel(io.BytesIO(data), engine="openpyxl")
    data = gzip.decompress(data) if layout.gzipped else data
    options: dict[str, Any] = {**_text_options(layout), "na_values": list(layout.na_values) or None}
    if layout.kind == "fwf":
        table: pd.DataFrame = pd.read_fwf(io.BytesIO(data), colspecs=list(layout.spans), **options)
        return table
    return _stripped(pd.read_csv(io.BytesIO(data), sep=layout.sep, decimal=layout.decimal, **options), layout)


def reader(path: str, layout: TableFormat) -> str:
    """A Python expression that reads the file right."""
    name = json.dumps(path)
    if layout.kind == "parquet":
        return f"pd.read_parquet({name})"
    if layout.kind == "jsonl":
        return f"pd.read_json({name}, lines=True)"
    if layout.kind == "xlsx":
        return f"pd.read_excel({name})"
    options: list[str] = []
    if layout.kind == "fwf":
        options.append(f"colspecs={list(layout.spans)}")
    elif layout.sep == r"\s+":
        options.append('sep=r"\\s+"')
    elif layout.sep != ",":
        options.append(f"sep={json.dumps(layout.sep)}")
    if layout.padded and layout.kind in ("csv", "tsv"):
        options.append("skipinitialspace=True")
    if layout.decimal != ".":
        options.append(f"decimal={json.dumps(layout.decimal)}")
    if layout.encoding != "utf-8":
        options.append(f"encoding={json.dumps(layout.encoding)}")
    if layout.skip:
        options.append(f"skiprows={layout.skip}")
    if layout.na_values:
        options.append(f"na_values={list(layout.na_values)}")
    call = "pd.read_fwf" if layout.kind == "fwf" else "pd.read_csv"
    text = f"{call}({', '.join([name, *options])})"
    if layout.padded and layout.kind in ("csv", "tsv"):
        text += ".rename(columns=str.strip).map(lambda v: v.strip() if isinstance(v, str) else v)"
    return text


def read_exact(data: bytes, layout: TableFormat) -> pd.DataFrame:
    """The table with every value as it is stored (text formats: strings), so that rows can be moved
    between files without changing a character."""
    if layout.kind == "parquet":
        table: pd.DataFrame = pq.read_table(io.BytesIO(data)).to_pandas(types_mapper=pd.ArrowDtype)
        return table
    if layout.kind == "jsonl":
        rows = [json.loads(line) for line in data.decode("utf-8").splitlines() if line.strip()]
        return pd.DataFrame(rows, dtype=object)
    if layout.kind == "xlsx":
        return read_sheet(data)
    data = gzip.decompress(data) if layout.gzipped else data
    if layout.kind == "fwf":
        lines = data.decode(layout.encoding).splitlines()[layout.skip :]
        head, *rows = cut_lines([line for line in lines if line.strip()], layout.spans)
        return pd.DataFrame(rows, columns=head, dtype=object)
    options: dict[str, Any] = {
        **_text_options(layout),
        "dtype": str,
        "keep_default_na": False,
        "na_filter": False,
    }
    frame = pd.read_csv(io.BytesIO(data), sep=layout.sep, **options)
    return _stripped(frame, layout).astype(object)


def write_exact(frame: pd.DataFrame, layout: TableFormat) -> bytes:
    """The inverse of `read_exact`: same format, deterministic to the byte."""
    if layout.kind == "parquet":
        sink = io.BytesIO()
        # Without the metadata of pandas, which would ask readers for the types that only this module uses.
        table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
        pq.write_table(table, sink)
        return sink.getvalue()
    if layout.kind == "jsonl":
        names = list(frame.columns)
        rows = (dict(zip(names, map(plain, row), strict=True)) for row in frame.itertuples(index=False))
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    if layout.kind == "xlsx":
        return write_sheet(frame)
    if layout.kind == "fwf":
        table = [list(frame.columns), *frame.astype(str).to_numpy().tolist()]
        text = "\n".join(pad_lines(table, layout.spans)) + "\n"
    else:
        sep = " " if layout.sep == r"\s+" else layout.sep
        text = frame.to_csv(index=False, sep=sep, lineterminator="\n")
    data = text.encode(layout.encoding)
    return gzip.compress(data, mtime=0) if layout.gzipped else data


def _text_options(layout: TableFormat) -> dict[str, Any]:
    options: dict[str, Any] = {"encoding": layout.encoding, "skiprows": layout.skip}
    if layout.padded and layout.kind in ("csv", "tsv"):
        options["skipinitialspace"] = True
    return options


def _stripped(frame: pd.DataFrame, layout: TableFormat) -> pd.DataFrame:
    if not layout.padded:
        return frame
    frame = frame.rename(columns=str.strip)
    for name in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[name]):
            frame[name] = frame[name].map(lambda v: v.strip() if isinstance(v, str) else v)
    return frame


def _decode(data: bytes) -> tuple[str, str]:
    for encoding in ("utf-8", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return (text[1:], "utf-8-sig") if text.startswith("\ufeff") else (text, encoding)
    return data.decode("latin-1"), "latin-1"


def _body(text: str) -> tuple[int, list[str]]:
    """The number of comment lines at the top, and a sample of the lines after them."""
    lines = text.splitlines()
    skip = 0
    while skip < len(lines) and lines[skip].startswith("#"):
        skip += 1
    return skip, lines[skip:]


def _separator(lines: list[str], usual: str) -> str:
    sample = [line for line in lines[:_SAMPLE_LINES] if line.strip()]
    for sep in dict.fromkeys((usual, ",", "\t", ";", "|")):
        counts = {len(row) for row in csv.reader(sample, delimiter=sep)}
        if len(counts) == 1 and counts.pop() > 1:
            return sep
    return usual


def _parted(lines: list[str]) -> bool:
    """Whether the lines hold the same number of separators, and are long enough a list to tell."""
    sample = [line for line in lines[:_SAMPLE_LINES] if line.strip()]
    return any(
        len(sample) > 2 and len(counts := {line.count(sep) for line in sample}) == 1 and counts != {0}
        for sep in ",\t;|"
    )


def _spaced(lines: list[str]) -> TableFormat | None:
    """Columns parted by spaces, when every line has as many fields as the header."""
    rows = [line for line in lines if line.strip()]
    fields = [line.split() for line in rows]
    if len(fields) < 3 or len(fields[0]) < 2 or {len(row) for row in fields} != {len(fields[0])}:
        return None
    return TableFormat("txt", sep=r"\s+", na_values=_na_marks(fields))


def _fixed(lines: list[str]) -> TableFormat | None:
    rows = [line for line in lines if line.strip()]
    spans = column_spans(rows)
    if len(rows) < 3 or len(spans) < 2 or "" in cut_lines(rows[:1], spans)[0]:
        return None
    return TableFormat("fwf", spans=spans, na_values=_na_marks(cut_lines(rows, spans)))


def _na_marks(rows: list[list[str]]) -> tuple[str, ...]:
    """Marks such as "?" that stand in columns of numbers."""
    found = set()
    for column in zip(*(row for row in rows[1:] if len(row) == len(rows[0])), strict=True):
        values = [v.strip() for v in column]
        marks = {v for v in values if v in _NA_MARKS}
        if marks and sum(bool(_NUMBER.match(v)) for v in values) >= 0.5 * len(values):
            found |= marks
    return tuple(sorted(found))
