"""The classes of a task, as its public files show them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from actors.models.offline.catalogue.arrays_files import LABEL_WORDS, array_words, part_of
from runners.tasks.arrays import open_arrays
from runners.tasks.labels import as_text, sorted_labels
from runners.tasks.spec import CLASSIFICATION, TaskSpec
from runners.tasks.tables import read_tables
from runners.tasks.task import TaskFiles


def shown_classes(
    spec: TaskSpec, names: TaskFiles, files: Mapping[str, bytes], sample: pd.DataFrame
) -> tuple[str, ...]:
    """The labels in order, where classes are predicted; () where no public file shows them."""
    if spec.problem not in CLASSIFICATION and spec.prediction == "value":
        return ()
    inner = [names.train] if names.train else [n for n in files if n != names.sample_submission]
    for table in read_tables(files, inner).values():
        if all(t in table.columns for t in spec.target):
            return sorted_labels(pd.concat([as_text(table[t]) for t in spec.target], ignore_index=True))
    labels = _labels_in_arrays(spec, files)
    if labels:
        return labels
    columns = [str(c) for c in sample.columns if c != spec.id_column]
    return tuple(columns) if spec.prediction == "probability" and len(columns) > 1 else ()


def _labels_in_arrays(spec: TaskSpec, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """The labels of a one-dimensional array that is named like one of labels, or after the target."""
    for name, values in open_arrays(files).items():
        part = part_of(name, values)
        told = array_words(name) & LABEL_WORDS or (len(spec.target) == 1 and name.startswith(spec.target[0]))
        flat = values.ndim == 1 or values.shape[1:] == (1,)
        if (part.side, part.role) == ("train", "labels") and told and flat and values.dtype.kind in "iuUb":
            return sorted_labels(as_text(pd.Series(values.ravel())))
    return ()
