"""Arrays and pictures as frames: a row an item, a column a number; pixels named after their place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from actors.models.offline.catalogue.images_files import (
    PICTURE_ENDINGS,
    TABLE_ENDINGS,
    read_pictures,
    resized,
)
from actors.models.offline.catalogue.reading import read_table
from actors.models.offline.catalogue.task import Array, Frame, Task, label_text

TRAIN_WORDS = {"train", "training", "tr"}
TEST_WORDS = {"test", "testing", "eval", "evaluation", "holdout", "query", "te"}
POOL_WORDS = {"unlabelled", "unlabeled", "unlab", "pool", "extra", "unsupervised", "un", "u"}
LABEL_WORDS = {"y", "label", "labels", "target", "targets", "class", "classes", "digit", "digits"}
ID_WORDS = {"id", "ids", "index", "indices", "key", "keys", "name", "names"}
WIDEST = 32  # pixels; larger pictures are shrunk to at most this side
FEWEST_STEPS = 4  # a signal is longer than this many times its channels,
MOST_CHANNELS = 16  # of which it has at most these
BLOCKS = 32  # block means, and as many blocks of frequencies, of a signal's channel


@dataclass(frozen=True)
class Part:
    """An array of the public files: train, test or pool; its items, labels or identifiers."""

    side: str
    role: str
    values: Array


def read_arrays() -> dict[str, Array]:
    """Every array of every npz and npy file below ./input."""
    loaded = []
    for path in sorted(Path("input").rglob("*.np[yz]")):
        found = np.load(path, allow_pickle=False)
        single = isinstance(found, np.ndarray)
        loaded.append((path.stem, {"": found} if single else {key: found[key] for key in found.files}))
    return named_arrays(loaded)


def named_arrays(loaded: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Arrays, or their shapes, of several files by name; the file's name adds what an array's leaves open."""
    sides = TRAIN_WORDS | TEST_WORDS | POOL_WORDS
    keys = [key for _, arrays in loaded for key in arrays]
    named: dict[str, Any] = {}
    for stem, arrays in loaded:
        sided = array_words(stem) & sides
        for key, values in arrays.items():
            name = key or stem
            if re.fullmatch(r"arr_\d+", key):
                name = f"{stem}_{key}"
            elif key and sided and not array_words(key) & sides:  # not its other words: they may mislead
                name = "_".join([*sorted(sided), key])
            elif key and keys.count(key) > 1:
                name = f"{stem}_{key}"
            named[f"{stem}_{name}" if name in named else name] = values
    return named


def array_words(name: str) -> set[str]:
    """The words of an array's name in lower case; Xtrain, y_tr and testX are two each."""
    words = re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    sides = "train|training|tr|testing|test|te|unlabell?ed|unlab"
    kinds = "xs?|ys?|ids?|labels?|targets?|images?|data"
    joined = re.compile(f"({kinds})({sides}|un|u)|({sides})({kinds})")
    split = [joined.fullmatch(w) for w in words]
    return {p for w, m in zip(words, split, strict=True) for p in (m.groups() if m else (w,)) if p}


def part_of(name: str, values: Array) -> Part:
    """What an array is, by its name and shape."""
    words = array_words(name)
    side = "test" if words & TEST_WORDS else "pool" if words & POOL_WORDS else "train"
    flat = values.ndim == 1 or (values.ndim == 2 and values.shape[1] == 1)
    if words & ID_WORDS and flat:
        return Part(side, "ids", values.ravel())
    told = words & LABEL_WORDS and values.ndim < 3
    return Part(side, "labels" if told or flat else "items", values)


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


def signal_numbers(signals: Array) -> Array:
    """Items x steps x channels as block means in time and loudness by frequency, channel by channel."""
    scaled = np.nan_to_num(signals / (np.nanstd(signals, axis=(0, 1)) + 1e-9))
    tones = np.log1p(np.abs(np.fft.rfft(scaled, axis=1)))[:, 1:]
    parts = []
    for values in (scaled, tones):
        starts = np.unique(np.linspace(0, values.shape[1], BLOCKS, endpoint=False).astype(int))
        lengths = np.diff([*starts, values.shape[1]])
        parts.append(np.add.reduceat(values, starts, axis=1) / lengths[:, None])
    return np.asarray(np.concatenate(parts, axis=1).reshape(len(signals), -1), dtype=np.float32)


def item_frame(items: Array) -> Frame:
    """Items as rows; columns px_row_col(_channel) for pictures, x0 ... for signals and plain features."""
    items = np.asarray(items, dtype=np.float32)
    if items.ndim == 2 and looks_square(items):
        side = round(np.sqrt(items.shape[1]))
        items = items.reshape(len(items), side, side)
    shape = list(items.shape)
    if len(shape) == 3 and min(shape[1:]) <= MOST_CHANNELS and max(shape[1:]) > FEWEST_STEPS * min(shape[1:]):
        items = signal_numbers(items if shape[1] > shape[2] else np.moveaxis(items, 1, 2))
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
    where = {label_text(v): at for at, v in reversed(list(enumerate(ids)))}
    asked = np.array([where.get(label_text(v), -1) for v in sample[task.id_column]], dtype=int)
    listed: list[object] = [] if table is None else table[task.id_column].tolist()
    known = np.array([where.get(label_text(v), -1) for v in listed], dtype=int)
    return by_position(frame, (known, asked), table, sample, task)


def by_position(
    frame: Frame, places: tuple[Array, Array], table: Frame | None, sample: Frame, task: Task
) -> tuple[Frame, Frame, Frame]:
    """Train, test and the rest of all items, by where the labels' and the sample's rows are; -1: nowhere."""
    known, asked = places
    if (asked < 0).any():
        raise ValueError(f"{(asked < 0).sum()} of {len(asked)} rows to predict have no item")
    test = frame.iloc[asked].reset_index(drop=True)
    test.insert(0, task.id_column, sample[task.id_column].to_numpy())
    found = known >= 0  # labels may outnumber the items that are here
    train = frame.iloc[known[found]].reset_index(drop=True)
    labels = table[found] if table is not None else None
    rest = np.setdiff1d(np.arange(len(frame)), np.concatenate([known[found], asked]))
    loose = frame.iloc[rest].reset_index(drop=True)
    return with_targets(train, labels, task), test, with_targets(loose, None, task)


def gather_pictures(task: Task) -> tuple[Frame, Frame, Frame]:
    """Picture files named after a column of the label table, and of the test table or the sample."""
    pictures = read_pictures()
    items = np.stack(same_size(list(pictures.values())))
    table, sample = label_table(task), read_table(task.sample)
    if table is None:
        table = folder_labels(list(pictures), task)
    known = picture_places(table, list(pictures), "train", task) if table is not None else np.zeros(0, int)
    asked = picture_places(asked_rows(sample, task), list(pictures), "test", task)
    return by_position(item_frame(items), (known, asked), table, sample, task)


def folder_labels(names: Sequence[str], task: Task) -> Frame | None:
    """Pictures and the classes that their folders are named after, None where no folder is."""
    folders = [(name, Path(name).parent.name) for name in names]
    told = [(name, folder) for name, folder in folders if folder in task.classes]
    return pd.DataFrame(told, columns=[task.id_column, task.target[0]]) if told else None


def asked_rows(sample: Frame, task: Task) -> Frame:
    """The sample's identifiers, with the columns of a table that holds them all: it may name files."""
    ids, paths = sample[[task.id_column]], sorted(Path("input").rglob("*"))
    for path in sorted(paths, key=lambda p: p.name != Path(task.test).name):
        if path.suffix.lower() in TABLE_ENDINGS and path.name != Path(task.sample).name:
            table = read_table(path.relative_to("input").as_posix())
            if task.id_column in table.columns:
                answered = [t for t in task.target if t in table.columns]
                loose = table[table[answered].isna().all(axis=1)].drop(columns=answered)
                single = loose.drop_duplicates(task.id_column)
                if set(ids[task.id_column]) <= set(single[task.id_column]):
                    return ids.merge(single, on=task.id_column, how="left")
    return ids


def same_size(pictures: list[Array]) -> list[Array]:
    """Pictures of several sizes resized to the median one, with the channels that all have."""
    channels = min(p.shape[2] for p in pictures)
    sizes = {p.shape[:2] for p in pictures}
    if len(sizes) > 1:
        high, wide = (int(np.median([p.shape[a] for p in pictures])) for a in (0, 1))
        pictures = [p if p.shape[:2] == (high, wide) else resized(p, high, wide) for p in pictures]
    return [p[:, :, :channels] for p in pictures]


def picture_keys(value: str) -> tuple[str, str]:
    """The stem of a file name or identifier without leading zeros, and its only number or nothing."""
    stem = Path(value).name
    stem = stem[: -len(Path(stem).suffix)] if stem.lower().endswith(PICTURE_ENDINGS) else stem
    numbers = re.findall(r"\d+", stem)
    return re.sub(r"(?<!\d)0+(?=\d)", "", stem), str(int(numbers[0])) if len(numbers) == 1 else ""


def likeliest(value: str, found: list[int], names: list[str], strange: list[bool]) -> int:
    """Of pictures that fit: the one of this very path, then of the row's side, then of this very name."""
    if len(found) < 2:
        return found[0] if found else -1
    stem = Path(value).name
    return min(
        found,
        key=lambda at: (
            not f"/{names[at]}".endswith(f"/{value}"),
            strange[at],
            stem not in (Path(names[at]).name, Path(names[at]).stem),
        ),
    )


def picture_places(table: Frame, names: list[str], side: str, task: Task) -> Array:
    """Which picture each row means, -1 for none: by the column whose values fit most pictures.

    Where several pictures fit, those in folders of the row's own side come first.
    """
    folders = [set(re.findall(r"[a-z]+", str(Path(n).parent).lower())) for n in names]
    strange = [(side == "test") != bool(f & TEST_WORDS) for f in folders]
    best, most = np.full(len(table), -1), (0, 0, 0)
    for level in (0, 1):
        fitting: dict[str, list[int]] = {}
        for at, name in enumerate(names):
            fitting.setdefault(picture_keys(name)[level], []).append(at)
        for column in table.columns.drop([t for t in task.target if t in table.columns]):
            values = [label_text(v) for v in table[column]]
            places = np.full(len(values), -1)
            for row, value in enumerate(values):
                key = picture_keys(value)[0]
                if key and (level == 0 or key.isdigit()):
                    places[row] = likeliest(value, fitting.get(key, []), names, strange)
            ends = sum(v.lower().endswith(PICTURE_ENDINGS) for v in values)
            merit = (len(set(places[places >= 0])), ends, 1 - level)
            if merit > most:
                best, most = places, merit
    return best
