"""Pictures that come as arrays: pairs of noisy and clean ones, photos and their masks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.arrays_files import (
    LABEL_WORDS,
    TEST_WORDS,
    array_words,
    named_arrays,
    read_arrays,
)
from actors.models.offline.catalogue.images_files import CLEAN_WORDS, picture_files, read_pictures
from actors.models.offline.catalogue.task import Array

MASK_WORDS = {"mask", "masks", "hidden", "missing", "observed"}
SMALLEST = 8  # pixels: the side of a picture
CHANNELS = (1, 3, 4)


def array_places(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[str, int]]:
    """The array, and the place in it, of every picture; -1 where the array is one picture."""
    places: dict[str, tuple[str, int]] = {}
    for name, shape in shapes.items():
        words = array_words(name)
        clean = words & {*CLEAN_WORDS} or words & LABEL_WORDS
        role = "mask" if words & MASK_WORDS else "clean" if clean else "noisy"
        start = f"{'test' if words & TEST_WORDS else 'train'}_{role}"
        single = len(shape) == 2 or (len(shape) == 3 and shape[2] in CHANNELS)
        high, wide = shape[:2] if single else shape[1:3] if len(shape) in (3, 4) else (0, 0)
        if min(high, wide) >= SMALLEST:
            numbers = [-1] if single else range(shape[0])
            places |= {start if n < 0 else f"{start}_{n}": (name, n) for n in numbers}
    return places


def all_pictures() -> dict[str, Array]:
    """Every picture below ./input as rows x columns x channels: those in files, else those in arrays."""
    pictures = read_pictures()
    if pictures:
        return pictures
    arrays = read_arrays()
    places = array_places({name: values.shape for name, values in arrays.items()})
    found = {p: arrays[name] if n < 0 else arrays[name][n] for p, (name, n) in places.items()}
    return {p: np.atleast_3d(np.asarray(values, dtype=float)) for p, values in found.items()}


def picture_names(brief: TaskBrief) -> list[str]:
    """The pictures that a brief lists: its files, else those in its arrays if single pixels are asked for."""
    named = picture_files(brief)
    sample = next((f.rows for f in brief.files if f.name == brief.sample_submission), None)
    files = [f for f in brief.files if f.format == "npz"]
    places = array_places(
        named_arrays([(Path(f.name).stem, {c.name: c.shape for c in f.columns}) for f in files])
    )
    items = 1 + max((place for _, place in places.values()), default=0)
    return named or (list(places) if (sample or 0) > 2 * items else [])
