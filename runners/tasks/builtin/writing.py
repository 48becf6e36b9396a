"""Task files written so that the same rows always give the same bytes."""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest a zip archive can hold
DOCUMENT_DATE = b"1980-01-01T00:00:00Z"
SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": " "}


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a table without its index, in the format that the name's ending asks for."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(table_bytes(frame, path.name))


def table_bytes(frame: pd.DataFrame, name: str) -> bytes:
    """Encode a table without its index, in the format that the name's ending asks for.

    Endings: .csv, .csv.gz, .tsv, .txt (space-separated), .jsonl, .parquet, .xlsx.
    """
    if name.endswith(".gz"):
        return gzip.compress(table_bytes(frame, name.removesuffix(".gz")), compresslevel=6, mtime=0)
    ending = Path(name).suffix
    if ending in SEPARATORS:
        return _delimited(frame, SEPARATORS[ending])
    if ending == ".jsonl":
        return _lines(frame)
    if ending == ".parquet":
        content: bytes = frame.to_parquet(index=False)
        return content
    if ending == ".xlsx":
        return _workbook(frame)
    raise ValueError(f"no table format ends like {name!r}")


def write_arrays(arrays: Mapping[str, NDArray[Any]], path: Path) -> None:
    """Write a compressed .npz archive; numpy itself stamps its members with the clock."""
    members = {}
    for name, array in arrays.items():
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, np.asanyarray(array), allow_pickle=False)
        members[f"{name}.npy"] = buffer.getvalue()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_archive(members))


def write_image(pixels: NDArray[Any], path: Path) -> None:
    """Write 8-bit pixels, rows x columns or rows x columns x 3, as PNG."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, dtype=np.uint8)).save(path, format="PNG", optimize=False)


def opaque_ids(count: int, seed: int) -> NDArray[np.int64]:
    """Draw distinct row ids of equal length in random order, so that they say nothing of the rows.

    Args:
        count: how many ids, train and test rows together.
        seed: of the draw.
    """
    lowest = 10 ** len(str(2 * count))
    drawn = np.random.default_rng(seed).choice(9 * lowest, size=count, replace=False)
    return (drawn + lowest).astype(np.int64)


def _delimited(frame: pd.DataFrame, separator: str) -> bytes:
    missing = "NA" if separator == " " else ""  # an empty field would vanish between spaces
    text: str = frame.to_csv(index=False, sep=separator, na_rep=missing, lineterminator="\n")
    return text.encode()


def _lines(frame: pd.DataFrame) -> bytes:
    # json writes the shortest digits that read back the same; pandas writes a fixed count of them
    records = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


def _workbook(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_excel(buffer, index=False, engine="openpyxl")
    with zipfile.ZipFile(buffer) as book:
        members = {name: book.read(name) for name in book.namelist()}
    stamp = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
    members["docProps/core.xml"] = stamp.sub(rb"\g<1>" + DOCUMENT_DATE, members["docProps/core.xml"])
    return _archive(members)


def _archive(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()
