"""Digits of scikit-learn with six labels a class; all other training images come unlabelled."""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits

from runners.tasks.builtin.writing import opaque_ids, write_arrays, write_table

TEST_ROWS = 797
LABELS_A_CLASS = 6


def prepare(public: Path, private: Path) -> None:
    digits = load_digits()
    images, labels = digits.images.astype("uint8"), digits.target.astype("int64")
    order = np.random.RandomState(0).permutation(len(images))
    test, rest = order[:TEST_ROWS], order[TEST_ROWS:]
    labelled = np.concatenate([rest[labels[rest] == digit][:LABELS_A_CLASS] for digit in range(10)])
    labelled = np.random.RandomState(1).permutation(labelled)
    unlabelled = np.setdiff1d(rest, labelled)
    ids = opaque_ids(len(images), seed=0)
    write_arrays(
        {
            "X_train": images[labelled],
            "id_train": ids[labelled],
            "X_unlabelled": images[unlabelled],
            "X_test": images[test],
            "id_test": ids[test],
        },
        public / "images.npz",
    )
    write_table(pd.DataFrame({"id": ids[labelled], "label": labels[labelled]}), public / "labels.csv")
    write_table(pd.DataFrame({"id": ids[test], "label": 0}), public / "sample_submission.csv")
    write_table(pd.DataFrame({"id": ids[test], "label": labels[test]}), private / "answers.csv")
