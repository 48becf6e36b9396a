"""Two training classes play the novel ones; a part of the others joins them in the test set."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from runners.tasks.builtin.folding import contents, dealt, fresh_ids, unpacked
from runners.tasks.builtin.writing import write_arrays, write_table

KNOWN_PARTS = 4  # one of them is held out of the classes that stay known


def make_fold(public: Mapping[str, bytes], seed: int) -> tuple[dict[str, bytes], pd.DataFrame]:
    rng = np.random.default_rng(seed)
    with unpacked(public) as folder:
        with np.load(folder / "digits.npz") as archive:
            images, labels = archive["X_train"], archive["y_train"]
            test, test_ids = archive["X_test"], archive["id_test"]
        pairs = list(combinations(np.unique(labels), 2))
        novel = np.isin(labels, pairs[dealt(np.arange(len(pairs)), len(pairs), seed)[0]])
        held = np.concatenate([np.flatnonzero(novel), dealt(np.flatnonzero(~novel), KNOWN_PARTS, seed)])
        held_ids = fresh_ids(test_ids, len(held), rng)
        ids = np.concatenate([test_ids, held_ids])
        order = rng.permutation(len(ids))
        write_arrays(
            {
                "X_train": np.delete(images, held, axis=0),
                "y_train": np.delete(labels, held),
                "X_test": np.concatenate([test, images[held]])[order],
                "id_test": ids[order],
            },
            folder / "digits.npz",
        )
        write_table(pd.DataFrame({"id": ids[order], "novel": 0.5}), folder / "sample_submission.csv")
        return contents(folder), pd.DataFrame({"id": held_ids, "novel": novel[held].astype(int)})
