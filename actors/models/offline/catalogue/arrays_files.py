"""Arrays and pictures as frames: a row an item, a column a number; pixels named after their place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from actors.models.offline.catalogue.images_files import TABLE_ENDINGS, read_pictures
from actors.models.offline.catalogue.reading import read_table
from actors.models.offline.catalogue.task import Array, Frame, Task, label_text

TEST_WORDS = {"test", "testing", "eval", "evaluation", "holdout", "query", "te"}
POOL_WORDS = {"unlabelled", "unlabeled", "unlab", "pool", "extra", "unsupervised", "un", "u"}
LABEL_WORDS = {"y", "label", "labels", "target", "targets", "class", "classes", "digit", "digits"}
ID_WORDS = {"id", "ids", "index", "indices", "key", "keys", "name", "names"}
WIDEST = 32  # pixels; larger pictures are shrunk to at most this side


@dataclass(frozen=True)
class Part:
    """An array of the public files: train, test or pool; its items, labels or identifiers."""

    side: str
    role: str
    values: Array


def read_arrays() -> dict[str, Array]:
    """Every array of every npz and npy file below ./input."""
    found: dict[str, Array] = {}
    for path in sorted(Path("input").rglob("*.np[yz]")):
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            found[path.stem] = loaded
        else:
            found.update({name: loaded[name] for name in loaded.files})
    return found


def part_of(name: str, values: Array) -> Part:
    """What an array is, by its name and shape."""
    words = set(re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()))
    side = "test" if words & TEST_WORDS else "pool" if words & POOL_WORDS else "train"
    flat = values.ndim == 1 or (values.ndim == 2 and values.shape[1] == 1)
    if words & ID_WORDS and flat:
        return Part(side, "ids", values.ravel())
    return Part(side, "labels" if words & LABEL_WORDS or flat else "items", values)


def shrink(items: Array) -> Array:
    """Pictures averaged over blocks until no side is longer than WIDEST."""
    step = int(np.ceil(max(items.shape[1:3]) / WIDEST))
    if step <= 1:
        return items
    high, wide = items.shape[1] // step * step, items.shape[2] // step * step
    cut = items[:, :high, :wide].reshape(len(items), high // step, step, wide // step, step, -1)
    return np.asarray(cut.mean(axis=(2, 4)))


def looks_square(flat: Array) -> bool:
    """Whether flat rows are square pictures: what lies one picture row apart goes together."""
    side = round(np.sqrt(flat.shape[1]))
    if side * side != flat.shape[1] or side < 7:
        return False
    rows = flat[:500].astype(float)
    rows = (rows - rows.mean(axis=0)) / (rows.std(axis=0) + 1e-9)
    beside = np.abs((rows[:, side:] * rows[:, :-side]).mean(axis=0)).mean()
    order = np.random.default_rng(0).permutation(flat.shape[1])
    return bool(beside > np.abs((rows * rows[:, order]).mean(axis=0)).mean() * 1.3)


def item_frame(items: Array) -> Frame:
    """Items as rows; columns px_row_col(_channel) for pictures, x0 ... for plain features."""
    items = np.asarray(items, dtype=np.float32)
    if items.ndim == 2 and looks_square(items):
        side = round(np.sqrt(items.shape[1]))
        items = items.reshape(len(items), side, side)
    shape = list(items.shape)
    if len(shape) == 4 and shape[1] in (1, 3) and shape[3] > 4:
        items = np.moveaxis(items, 1, 3)
    if items.ndim == 2:
        return pd.DataFrame(items, columns=[f"x{j}" for j in range(items.shape[1])])
    small = shrink(items)
    high, wide, *channels = list(small.shape)[1:]
    names = [f"px_{r}_{c}_{k}" for r, c, k in np.ndindex(high, wide, int(np.prod(channels)))]
    return pd.DataFrame(small.reshape(len(small), -1), columns=names)


def label_table(task: Task) -> Frame | None:
    """A table of labels among the public files: one with the target that is not the sample."""
    for path in sorted(Path("input").rglob("*")):
        if path.suffix.lower() in TABLE_ENDINGS and path.name != Path(task.sample).name:
            table = read_table(path.relative_to("input").as_posix())
            if set(task.target) <= set(table.columns):
                return table
    return None


def with_targets(frame: Frame, labels: Array | Frame | None, task: Task) -> Frame:
    """The frame with target columns from an array in the same order or a table by identifier."""
    columns: dict[str, Array] = {}
    for position, name in enumerate(task.target):
        if labels is None:
            columns[name] = np.full(len(frame), np.nan)
        elif isinstance(labels, pd.DataFrame):
            columns[name] = labels[name].to_numpy()
        else:
            columns[name] = labels.reshape(len(frame), -1)[:, position]
    return pd.concat([frame, pd.DataFrame(columns, index=frame.index)], axis=1)


def gather_items(task: Task) -> tuple[Frame, Frame, Frame]:
    """Train (target where labels are known), test and unlabelled items of the public files."""
    arrays = read_arrays()
    if not arrays:
        return gather_pictures(task)
    parts = [part_of(name, values) for name, values in arrays.items()]

    def one(side: str, role: str) -> Array | None:
        found = [p.values for p in parts if (p.side, p.role) == (side, role)]
        return found[0] if found else None

    sample = read_table(task.sample)
    items = {s: one(s, "items") for s in ("train", "test", "pool")}
    train_items = items["train"]
    if train_items is None:
        raise ValueError("no array of training items among the public files")
    table, train_ids = label_table(task), one("train", "ids")
    if items["test"] is None and train_ids is not None:
        return by_identifier(item_frame(train_items), train_ids, table, sample, task)
    labels: Array | Frame | None = one("train", "labels")
    if labels is None and table is not None:
        labels = table
        if train_ids is not None and task.id_column in table.columns:
            labels = table.set_index(task.id_column).reindex(train_ids).reset_index()
    lengths = {s: len(v) for s, v in items.items() if v is not None}
    frame = item_frame(np.concatenate([v for v in items.values() if v is not None]))
    ends = np.cumsum(list(lengths.values()))
    cut = {
        s: frame.iloc[e - lengths[s] : e].reset_index(drop=True) for s, e in zip(lengths, ends, strict=True)
    }
    ids = one("test", "ids")
    test = cut["test"]
    test.insert(0, task.id_column, sample[task.id_column].to_numpy() if ids is None else ids)
    pool = cut.get("pool", frame.iloc[:0])
    return with_targets(cut["train"], labels, task), test, with_targets(pool, None, task)


def by_identifier(
    frame: Frame, ids: Array, table: Frame | None, sample: Frame, task: Task
) -> tuple[Frame, Frame, Frame]:
    """One array of all items: the labels' identifiers are train, the sample's are test."""
    asked = pd.Index([label_text(v) for v in sample[task.id_column]])
    names = pd.Index([label_text(v) for v in ids])
    test = frame.iloc[names.get_indexer(asked)].reset_index(drop=True)
    test.insert(0, task.id_column, sample[task.id_column].to_numpy())
    known = pd.Index([label_text(v) for v in table[task.id_column]]) if table is not None else names[:0]
    train = frame.iloc[names.get_indexer(known)].reset_index(drop=True)
    rest = frame[~names.isin(known) & ~names.isin(asked)].reset_index(drop=True)
    return with_targets(train, table, task), test, with_targets(rest, None, task)


def gather_pictures(task: Task) -> tuple[Frame, Frame, Frame]:
    """Picture files named after the identifiers of a label table and of the sample."""
    pictures = read_pictures()
    ids = np.array([Path(name).stem for name in pictures])
    sizes = [p.shape for p in pictures.values()]
    high, wide = min(s[0] for s in sizes), min(s[1] for s in sizes)
    items = np.stack([p[:high, :wide, : min(s[2] for s in sizes)] for p in pictures.values()])
    table = label_table(task)
    sample = read_table(task.sample)
    if table is not None:
        table = table.assign(**{task.id_column: stems(table[task.id_column])})
    asked = sample.assign(**{task.id_column: stems(sample[task.id_column])})
    train, test, rest = by_identifier(item_frame(items), ids, table, asked, task)
    test[task.id_column] = sample[task.id_column].to_numpy()
    return train, test, rest


def stems(values: pd.Series) -> list[str]:
    """Identifiers without a picture file's ending or folder."""
    return [Path(label_text(v)).name.rsplit(".", 1)[0] for v in values]
