"""Pictures among the public files, and the pixels that a submission asks for."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.reading import read_table
from actors.models.offline.catalogue.task import Array, Frame, Task

PICTURE_ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".gif")
TABLE_ENDINGS = (".csv", ".gz", ".tsv", ".txt", ".dat", ".parquet", ".jsonl", ".xlsx")
# fmt: off
CLEAN_WORDS = (
    "clean", "target", "original", "truth", "gt", "reference", "sharp", "denoised", "label", "high", "hr",
    "highres", "hires",
)
NOISY_WORDS = (
    "noisy", "noise", "noised", "input", "degraded", "corrupted", "raw", "dirty", "damaged", "blur",
    "blurred", "blurry", "low", "lr", "lowres",
)
# fmt: on
PLAIN_WORDS = ("train", "training", "test", "testing", "images", "image", "img", "photo", "pairs", "tile")
ROW_NAMES = ("row", "y", "i", "line", "r")
COLUMN_NAMES = ("col", "column", "x", "j", "c")


def read_pictures() -> dict[str, Array]:
    """Every picture below ./input by its relative name, as rows x columns x channels."""
    found = {}
    for path in sorted(Path("input").rglob("*")):
        if path.suffix.lower() in PICTURE_ENDINGS:
            opened = Image.open(path)
            pixels = np.asarray(
                opened.convert("RGB") if opened.mode in ("P", "RGBA") else opened, dtype=float
            )
            found[path.relative_to("input").as_posix()] = np.atleast_3d(pixels)
    return found


def resized(picture: Array, high: int, wide: int) -> Array:
    """A picture in another size, channel by channel."""
    planes = [Image.fromarray(p.astype(np.float32)) for p in np.moveaxis(picture, 2, 0)]
    turned = [np.asarray(p.resize((wide, high), Image.Resampling.BICUBIC), dtype=float) for p in planes]
    return np.stack(turned, axis=2)


def name_words(name: str) -> list[str]:
    """The words and numbers of a file name or an identifier, in lower case and without leading zeros."""
    text = name.lower().rsplit(".", 1)[0] if "." in name else name.lower()
    return [w.lstrip("0") or "0" if w.isdigit() else w for w in re.findall(r"[a-z]+|\d+", text)]


def brightest(values: Array) -> float:
    """The largest value that pictures of this bit depth can hold."""
    top = np.max(values, initial=0.0)
    return 65535.0 if top > 255 else 255.0 if top > 1 else 1.0


def valid_range(values: Array) -> tuple[float, float]:
    """The least and the largest value that a picture like these may have."""
    return float(min(np.min(values, initial=0.0), 0.0)), brightest(values)


def asked_pixels(task: Task) -> Frame:
    """The rows to predict with the columns picture, row, col; a position may hide in the identifier."""
    sample = read_table(task.sample)
    table = sample[[task.id_column]]
    for path in sorted(Path("input").rglob("*")):
        if path.suffix.lower() in TABLE_ENDINGS and path.name != Path(task.sample).name:
            other = read_table(path.relative_to("input").as_posix())
            if task.id_column in other.columns and set(sample[task.id_column]) <= set(other[task.id_column]):
                table = sample[[task.id_column]].merge(other, on=task.id_column, how="left")
                break
    lower = {str(c).lower(): c for c in table.columns if c != task.id_column}
    row = next((lower[n] for n in ROW_NAMES if n in lower), None)
    col = next((lower[n] for n in COLUMN_NAMES if n in lower), None)
    if row is not None and col is not None:
        rest = [c for c in lower.values() if c not in (row, col, *task.target)]
        picture = table[rest[0]].astype(str) if rest else pd.Series("", index=table.index)
        return pd.DataFrame(
            {task.id_column: table[task.id_column], "picture": picture, "row": table[row], "col": table[col]}
        )
    parts = [re.findall(r"[A-Za-z]*\d+|[A-Za-z]+(?=[_-])", str(v)) for v in table[task.id_column]]
    if min(map(len, parts)) >= 2:
        numbers = [[int(re.sub(r"\D", "", p) or 0) for p in row_parts[-2:]] for row_parts in parts]
        at = np.array(numbers)
        return table.assign(picture=["_".join(p[:-2]) for p in parts], row=at[:, 0], col=at[:, 1])
    return table.assign(picture="", row=-1, col=-1)


def place_flat(asked: Frame, identifier: str, width: int) -> Frame:
    """Rows and columns out of flat pixel numbers, for identifiers that are nothing else."""
    if (asked["row"] >= 0).all():
        return asked
    flat = asked[identifier].to_numpy(dtype=int)
    return asked.assign(row=flat // width, col=flat % width)


def picture_for(value: str, names: list[str]) -> str:
    """The picture that an identifier's text means: its words occur in the picture's name, or most do."""
    told = {n: set(name_words(n)) for n in names}
    words = set(name_words(value))
    for asked in (words, words - {*PLAIN_WORDS, *CLEAN_WORDS, *NOISY_WORDS}):
        fitting = [n for n in names if asked <= told[n]]
        if fitting:
            return fitting[0]
    return max(names, key=lambda n: (sum(w.isdigit() for w in words & told[n]), len(words & told[n])))


def pixel_frame(name: str, picture: Array, keep: Array) -> Frame:
    """One row a kept pixel: picture, row, col and a column a channel (value_0 ...)."""
    row, col = np.nonzero(keep)
    values = {f"value_{c}": picture[row, col, c] for c in range(picture.shape[2])}
    return pd.DataFrame({"picture": name, "row": row, "col": col, **values})


def target_channels(picture: Array, count: int) -> Array:
    """The picture with as many channels as there are targets."""
    if picture.shape[2] == count:
        return picture
    if count == 1:
        return np.asarray(picture.mean(axis=2, keepdims=True))
    return np.asarray(np.repeat(picture[:, :, :1], count, axis=2))


def picture_files(brief: TaskBrief) -> list[str]:
    """The pictures that a brief lists."""
    return [f.name for f in brief.files if f.format == "png" or f.name.lower().endswith(PICTURE_ENDINGS)]
