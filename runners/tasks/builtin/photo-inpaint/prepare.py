"""A flower photo of which one pixel in four is left."""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_sample_image

from runners.tasks.builtin.writing import write_image, write_table

SIDE = 128  # pixels
TOP, LEFT = 100, 200
HIDDEN = 0.75
CHANNELS = ["r", "g", "b"]


def prepare(public: Path, private: Path) -> None:
    photo = load_sample_image("flower.jpg")[TOP : TOP + SIDE, LEFT : LEFT + SIDE]
    hidden = np.random.RandomState(0).rand(SIDE, SIDE) < HIDDEN
    write_image(np.where(hidden[..., None], 0, photo), public / "photo.png")
    write_image(np.where(hidden, 0, 255), public / "mask.png")
    row, col = np.nonzero(hidden)
    test = pd.DataFrame({"id": row * SIDE + col, "row": row, "col": col})
    write_table(test, public / "test.csv")
    mean = photo[~hidden].mean(axis=0).round(1)
    dummy = dict(zip(CHANNELS, mean, strict=True))
    write_table(test[["id"]].assign(**dummy), public / "sample_submission.csv")
    answers = pd.DataFrame(photo[hidden], columns=CHANNELS)
    write_table(pd.concat([test[["id"]], answers], axis=1), private / "answers.csv")
