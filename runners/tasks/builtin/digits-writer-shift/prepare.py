"""Digits of scikit-learn in file order: the last 797 are by other writers than the first 1000."""

from pathlib import Path

import pandas as pd
from sklearn.datasets import load_digits

from runners.tasks.builtin.writing import opaque_ids, write_arrays, write_table

TRAIN_ROWS = 1000


def prepare(public: Path, private: Path) -> None:
    digits = load_digits()
    images, labels = digits.images.astype("uint8"), digits.target.astype("int64")
    ids = opaque_ids(len(images) - TRAIN_ROWS, seed=0)
    write_arrays(
        {
            "X_train": images[:TRAIN_ROWS],
            "y_train": labels[:TRAIN_ROWS],
            "X_test": images[TRAIN_ROWS:],
            "id_test": ids,
        },
        public / "digits.npz",
    )
    write_table(pd.DataFrame({"id": ids, "label": 0}), public / "sample_submission.csv")
    write_table(pd.DataFrame({"id": ids, "label": labels[TRAIN_ROWS:]}), private / "answers.csv")
