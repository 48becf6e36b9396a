"""A run of neighbouring training images, so mostly of writers that the rest does not show."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from runners.tasks.builtin.folding import contents, fresh_ids, unpacked
from runners.tasks.builtin.writing import write_arrays, write_table

BLOCK = 200  # images


def make_fold(public: Mapping[str, bytes], seed: int) -> tuple[dict[str, bytes], pd.DataFrame]:
    rng = np.random.default_rng(seed)
    with unpacked(public) as folder:
        with np.load(folder / "digits.npz") as archive:
            images, labels = archive["X_train"], archive["y_train"]
            test, test_ids = archive["X_test"], archive["id_test"]
        start = rng.integers(len(images) - BLOCK + 1)
        held = slice(start, start + BLOCK)
        held_ids = fresh_ids(test_ids, BLOCK, rng)
        at = rng.integers(len(test) + 1)  # in one piece, as the images of one hand lie in the test set
        ids = np.insert(test_ids, at, held_ids)
        write_arrays(
            {
                "X_train": np.delete(images, held, axis=0),
                "y_train": np.delete(labels, held),
                "X_test": np.insert(test, at, images[held], axis=0),
                "id_test": ids,
            },
            folder / "digits.npz",
        )
        write_table(pd.DataFrame({"id": ids, "label": 0}), folder / "sample_submission.csv")
        return contents(folder), pd.DataFrame({"id": held_ids, "label": labels[held]})
