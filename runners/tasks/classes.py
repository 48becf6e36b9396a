"""The classes of a task, as its public files show them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

import pandas as pd

from actors.models.offline.catalogue.arrays_files import (
    LABEL_WORDS,
    POOL_WORDS,
    TEST_WORDS,
    TRAIN_WORDS,
    array_words,
    part_of,
)
from actors.models.offline.catalogue.images_files import PICTURE_ENDINGS
from runners.tasks.arrays import open_arrays
from runners.tasks.labels import as_text, sorted_labels
from runners.tasks.spec import CLASSIFICATION, TaskSpec
from runners.tasks.tables import read_tables
from runners.tasks.task import TaskFiles

_UNLABELLED = re.compile(
    r"unlabel|semi-?\s?supervised|few labels|(?:not|never|no|without)(?: an?| any| been)? labell?"
)
_UNKNOWN = re.compile(r"unknown|missing|not known|not annotated|unannotated")
_MARKERS = ("?", "unknown", "unlabeled", "unlabelled", "none")  # in lower case


def unlabelled_marker(labels: pd.Series, description: str) -> str | None:
    """The label (as text) that says a row has none, by what the description tells; None: all are classes."""
    if (labels == "").any():
        return None  # rows without a label are shown by empty cells
    distinct = sorted_labels(labels)
    text = description.lower()
    told = bool(_UNLABELLED.search(text))
    numbers = pd.to_numeric(pd.Series(distinct, dtype=object), errors="coerce")
    if len(distinct) < 3:
        return None
    if "-1" in distinct and int((numbers < 0).sum()) == 1:
        # "`-1` negative, `0` neutral" names a class: a quoted -1 must come with a word of not knowing.
        lines = re.split(r"[.;\n]\s", text)
        quoted = any(re.search(r"[`'\"]-1[`'\"]", line) and _UNKNOWN.search(line) for line in lines)
        return "-1" if told or quoted else None
    return next((label for label in distinct if told and label.lower() in _MARKERS), None)


def known_targets(train: pd.DataFrame, spec: TaskSpec, description: str) -> pd.DataFrame:
    """The training table with an empty target where its label is a marker of unlabelled rows."""
    if len(spec.target) != 1 or spec.target[0] not in train.columns or not _of_classes(spec):
        return train
    target = train[spec.target[0]]
    labels = as_text(target)
    marker = unlabelled_marker(labels, description)
    if marker is None:
        return train
    return train.assign(**{spec.target[0]: target.astype(object).mask(labels == marker, None)})


def _of_classes(spec: TaskSpec) -> bool:
    return spec.problem in CLASSIFICATION or spec.prediction != "value"


def shown_classes(
    spec: TaskSpec,
    names: TaskFiles,
    files: Mapping[str, bytes],
    sample: pd.DataFrame,
    description: str = "",
) -> tuple[str, ...]:
    """The labels in order, where classes are predicted; () where no public file shows them."""
    if not _of_classes(spec):
        return ()
    inner = [names.train] if names.train else [n for n in files if n != names.sample_submission]
    for table in read_tables(files, inner).values():
        if all(t in table.columns for t in spec.target):
            known = known_targets(table, spec, description)
            found = sorted_labels(pd.concat([as_text(known[t]) for t in spec.target], ignore_index=True))
            if spec.problem == "binary" and found in (("0",), ("1",)):
                return ("0", "1")  # training shows one class alone, as where the other is novel
            return found
    labels = _labels_in_arrays(spec, files, description) or _named_folders(spec, files, sample)
    if labels:
        return labels
    columns = [str(c) for c in sample.columns if c != spec.id_column]
    return tuple(columns) if spec.prediction == "probability" and len(columns) > 1 else ()


def _labels_in_arrays(spec: TaskSpec, files: Mapping[str, bytes], description: str) -> tuple[str, ...]:
    """The labels of a one-dimensional array that is named like one of labels, or after the target."""
    for name, values in open_arrays(files).items():
        part = part_of(name, values)
        told = array_words(name) & LABEL_WORDS or (len(spec.target) == 1 and name.startswith(spec.target[0]))
        flat = values.ndim == 1 or values.shape[1:] == (1,)
        if (part.side, part.role) == ("train", "labels") and told and flat and values.dtype.kind in "iuUb":
            shown = as_text(pd.Series(values.ravel()))
            return sorted_labels(shown[shown != unlabelled_marker(shown, description)])
    return ()


def _named_folders(spec: TaskSpec, files: Mapping[str, bytes], sample: pd.DataFrame) -> tuple[str, ...]:
    """The folders beside each other that sort training pictures, one a class, if the sample agrees."""
    if len(spec.target) != 1:
        return ()
    beside: dict[PurePosixPath, set[str]] = {}  # folders of classes by the folder that they are in
    for name in files:
        path = PurePosixPath(name)
        asked = TEST_WORDS & {w for part in path.parent.parts for w in array_words(part)}
        side = array_words(path.parent.name) & (TRAIN_WORDS | POOL_WORDS)
        if name.lower().endswith(PICTURE_ENDINGS) and path.parent.name and not asked | side:
            beside.setdefault(path.parent.parent, set()).add(path.parent.name)
    sorting = {frozenset(names) for names in beside.values() if len(names) > 1}
    said = [str(c) for c in sample.columns if c != spec.id_column]
    if said == list(spec.target):
        said = [] if spec.prediction == "probability" else list(set(as_text(sample[said[0]])))
    if len(sorting) != 1 or not set(said) <= (found := next(iter(sorting))):
        return ()
    return sorted_labels(pd.Series(sorted(found)))
