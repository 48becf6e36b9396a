"""A seventh of the known pixels is hidden too."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from PIL import Image

from runners.tasks.builtin.folding import contents, dealt, unpacked
from runners.tasks.builtin.writing import write_image, write_table

FOLDS = 7  # few known pixels are lost, and still some six hundred are asked for
CHANNELS = ["r", "g", "b"]


def make_fold(public: Mapping[str, bytes], seed: int) -> tuple[dict[str, bytes], pd.DataFrame]:
    with unpacked(public) as folder:
        photo = np.array(Image.open(folder / "photo.png"))
        mask = np.array(Image.open(folder / "mask.png"))
        width = mask.shape[1]
        held = np.sort(dealt(np.flatnonzero(mask), FOLDS, seed))
        answers = pd.DataFrame(photo.reshape(-1, 3)[held], columns=CHANNELS)
        answers.insert(0, "id", held)
        photo.reshape(-1, 3)[held] = 0
        mask.ravel()[held] = 0
        write_image(photo, folder / "photo.png")
        write_image(mask, folder / "mask.png")
        hidden = np.flatnonzero(mask == 0)
        test = pd.DataFrame({"id": hidden, "row": hidden // width, "col": hidden % width})
        write_table(test, folder / "test.csv")
        dummy = dict(zip(CHANNELS, photo[mask > 0].mean(axis=0).round(1), strict=True))
        write_table(test[["id"]].assign(**dummy), folder / "sample_submission.csv")
        return contents(folder), answers
