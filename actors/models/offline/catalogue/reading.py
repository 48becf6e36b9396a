"""Tables of every usual format, read by their content."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import pandas as pd

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.task import Frame, Task


def find_file(name: str) -> Path:
    """A public file by its name, wherever under `./input` it lies."""
    path = Path("input") / name
    if path.exists():
        return path
    return next(p for p in sorted(Path("input").rglob("*")) if p.name == Path(name).name)


def read_table(name: str) -> Frame:
    """Read a table; the delimiter of a text file is the one that splits its first lines evenly."""
    path = find_file(name)
    kind = path.name.lower().removesuffix(".gz").rsplit(".", 1)[-1]
    if kind == "parquet":
        return pd.read_parquet(path)
    if kind in ("xlsx", "xls"):
        return pd.read_excel(path)
    if kind in ("jsonl", "ndjson"):
        return pd.read_json(path, lines=True)
    if kind == "json":
        return pd.read_json(path)
    return tidy_text(read_delimited(path))


def read_delimited(path: Path) -> Frame:
    """A text table: comma, tab, semicolon, bar, or any run of blanks; in UTF-8 or as Windows wrote it."""
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    with opened(path, "rb") as file:
        data = file.read()
    try:
        data.decode("utf-8-sig")
        encoding = "utf-8-sig"
    except UnicodeDecodeError:
        encoding = "cp1252"
    remarks = 0  # lines above the header
    while data.split(b"\n", remarks + 1)[remarks].startswith(b"#"):
        remarks += 1
    options: dict[str, Any] = {"encoding": encoding, "skiprows": remarks}
    for separator in (",", "\t", ";", "|", r"\s+"):
        head = pd.read_csv(
            io.BytesIO(data), sep=separator, nrows=50, engine="python", on_bad_lines="skip", **options
        )
        if head.shape[1] > 1:
            break
    else:
        separator = ","
    if separator != r"\s+":
        options["low_memory"] = False
    table: Frame = pd.read_csv(io.BytesIO(data), sep=separator, **options)
    return table


def as_numbers(text: pd.Series) -> pd.Series | None:
    """A text column as numbers, 1,5 and gaps spelled - or * too; None where any value is no number."""
    for known in (text, text.mask(text.isin(("-", "*")))):
        for spelled in (known, known.str.replace(r"^([+-]?\d+),(\d+)$", r"\1.\2", regex=True)):
            numbers = pd.to_numeric(spelled, errors="coerce")
            if numbers.notna().any() and numbers.notna().sum() == known.notna().sum():
                return numbers
    return None


def tidy_text(frame: Frame) -> Frame:
    """Blanks around names and texts cut; text columns that hold numbers become numbers."""
    frame = frame.rename(columns=lambda c: str(c).strip())
    for column in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[column]) and frame[column].dtype != bool:
            text = frame[column].astype("string").str.strip()
            missing = text.isin(["", ".", "NA", "N/A", "nan", "NaN", "?", "None", "null"]).fillna(True)
            zero_led = text.str.match(r"0\d", na=False).any()
            numbers = None if zero_led else as_numbers(text.where(~missing))
            frame[column] = text.where(~missing).astype(object) if numbers is None else numbers
    return frame


def load_table(task: Task) -> tuple[Frame, Frame]:
    """The training and test tables as they are."""
    train, test = read_table(task.train), read_table(task.test)
    if task.id_column not in test.columns:
        test.insert(0, task.id_column, read_table(task.sample)[task.id_column].to_numpy()[: len(test)])
    return train, test


def is_table(brief: TaskBrief) -> float:
    """Whether rows are lines of a train and a test table."""
    return 0.5 if brief.train and brief.test else 0.0


RECIPES = (Recipe(load_table, "load", "Reads the two tables.", is_table, layouts=("table",)),)
