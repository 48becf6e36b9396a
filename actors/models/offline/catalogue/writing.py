"""The submission in the sample's format."""

from __future__ import annotations

import numpy as np
import pandas as pd

from actors.models.offline.catalogue.blending import ANY
from actors.models.offline.catalogue.reading import find_file
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.task import Array, Frame, Task, label_text


def write_submission(final: Array, test: Frame, task: Task) -> None:
    """One row an id of the sample submission, with the sample's columns.

    `final` holds codes (rows,) for labels, else rows x outputs.
    """
    sample = pd.read_csv(find_file(task.sample))
    columns = [c for c in sample.columns if c != task.id_column]
    values = final.reshape(len(test), -1)
    if task.classes and task.prediction == "label":
        codes = np.clip(np.rint(values), 0, len(task.classes) - 1).astype(int)
        values = np.array(task.classes, dtype=object)[codes]
    elif task.classes and task.kind == "values" and task.prediction == "value":
        numbers = (
            np.array([float(c) for c in task.classes])
            if numeric(task.classes)
            else np.arange(len(task.classes))
        )
        values = np.interp(values, np.arange(len(numbers)), numbers)
    elif task.kind == "classes" and len(columns) == 1:
        name = label_text(columns[0])
        values = values[:, [task.classes.index(name) if name in task.classes else -1]]
    elif task.kind == "classes":
        position = {name: i for i, name in enumerate(task.classes)}
        names = [label_text(c) for c in columns]
        values = values[:, [position.get(n, i) for i, n in enumerate(names)]]
    if values.dtype != object:
        usual = np.nanmean(np.where(np.isfinite(values), values, np.nan), axis=0)
        values = np.where(np.isfinite(values), values, usual)  # a lone failure must not void all rows
    found = pd.DataFrame(values, columns=columns[: values.shape[1]])
    found.insert(0, task.id_column, test[task.id_column].to_numpy())
    found = found.drop_duplicates(task.id_column).set_index(
        found[task.id_column].drop_duplicates().astype(str)
    )
    result = found.reindex(sample[task.id_column].astype(str))
    result[task.id_column] = sample[task.id_column].to_numpy()
    result[list(sample.columns)].to_csv("submission.csv", index=False)


def numeric(names: tuple[str, ...]) -> bool:
    """Whether every class is spelled as a number."""
    return all(n.replace(".", "", 1).lstrip("-").isdigit() for n in names)


RECIPES = (Recipe(write_submission, "write", "The sample's format.", lambda b: 0.5, layouts=ANY),)
