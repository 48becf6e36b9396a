"""Pictures that the rows of a table name, beside the table's own columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.arrays_files import item_frame, picture_places, same_size
from actors.models.offline.catalogue.arrays_images import item_features, item_pixels, tells_rows
from actors.models.offline.catalogue.images_files import picture_files, read_pictures
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.tables_clean import with_inputs
from actors.models.offline.catalogue.task import Frame, Task, inputs

FEWEST_PICTURES = 20


def picture_parts(train: Frame, test: Frame, task: Task, *, components: int = 30) -> tuple[Frame, Frame]:
    """The main components of each row's picture: its pixels and the directions of its edges."""
    pictures = read_pictures()
    names = list(pictures)
    places = [
        picture_places(f, names, side, task) if names else np.full(len(f), -1)
        for f, side in ((train, "train"), (test, "test"))
    ]
    if min(p.max(initial=-1) for p in places) < 0:
        return train, test
    frame = item_frame(np.stack(same_size(list(pictures.values()))))
    pixels = item_pixels(frame)
    known = np.unique(places[0][places[0] >= 0])
    looks, _ = item_features(pixels, pixels[:0], "both")
    reduce = PCA(min(components, *looks[known].shape), random_state=0).fit(looks[known])
    parts = np.vstack([reduce.transform(looks), np.full(reduce.n_components_, np.nan)])  # -1: no picture
    shared = [c for c in inputs(test, task).columns if c in train.columns]
    titles = [f"picture_part{k}" for k in range(parts.shape[1])]
    wide = [
        with_inputs(f, task, shared, pd.DataFrame(parts[p], columns=titles))
        for f, p in zip((train, test), places, strict=True)
    ]
    return wide[0], wide[1]


def has_pictures(brief: TaskBrief) -> bool:
    """Whether rows with inputs of their own come with pictures."""
    return (
        bool(brief.train and brief.test) and len(picture_files(brief)) > FEWEST_PICTURES and tells_rows(brief)
    )


RECIPES = (
    Recipe(
        picture_parts,
        "features",
        "Pictures that rows name, as their main components.",
        lambda b: 0.9 if has_pictures(b) else 0.0,
        ("table", "text"),
        order=5,
    ),
)
