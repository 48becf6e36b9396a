"""Excel files, written without the times that openpyxl and zip put in."""

from __future__ import annotations

import io
import re
import zipfile

import numpy as np
import pandas as pd

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip member may carry


def read_sheet(data: bytes) -> pd.DataFrame:
    """The first sheet with the cells as they are stored."""
    from openpyxl import load_workbook

    sheet = load_workbook(io.BytesIO(data), read_only=True, data_only=True).worksheets[0]
    head, *rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    return pd.DataFrame(rows, columns=[str(h) for h in head], dtype=object)


def write_sheet(frame: pd.DataFrame) -> bytes:
    """A workbook of one sheet, the same bytes for the same cells."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sheet1")
    sheet.append(list(frame.columns))
    for row in frame.itertuples(index=False):
        sheet.append([plain(v) for v in row])
    raw, out = io.BytesIO(), io.BytesIO()
    book.save(raw)
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            content = source.read(item)
            if item.filename == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"1980-01-01T00:00:00Z", content)
            target.writestr(zipfile.ZipInfo(item.filename, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def plain(value: object) -> object:
    """A cell as a Python value, None where it is missing."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value
