"""Arrays among the public files, named as the offline scripts name them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from actors.models.offline.catalogue.arrays_files import named_arrays


def open_arrays(files: Mapping[str, bytes]) -> dict[str, NDArray[Any]]:
    """Every array of npz and npy files by its telling name; what cannot be read is left out."""
    loaded: list[tuple[str, Mapping[str, NDArray[Any]]]] = []
    for name, data in sorted(files.items()):
        if name.endswith((".npz", ".npy")):
            try:
                found = np.load(io.BytesIO(data), allow_pickle=False)
                single = isinstance(found, np.ndarray)
                arrays = {"": found} if single else {key: found[key] for key in found.files}
            except (ValueError, OSError, zipfile.BadZipFile):
                continue
            loaded.append((PurePosixPath(name).stem, arrays))
    return named_arrays(loaded)
