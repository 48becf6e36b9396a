"""One training tile is renumbered and joins the test tiles."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from PIL import Image

from runners.tasks.builtin.folding import contents, dealt, unpacked
from runners.tasks.builtin.writing import write_table

NUMBERS = np.arange(10, 100)  # of tiles


def make_fold(public: Mapping[str, bytes], seed: int) -> tuple[dict[str, bytes], pd.DataFrame]:
    with unpacked(public) as folder:
        test = pd.read_csv(folder / "test.csv")
        sample = pd.read_csv(folder / "sample_submission.csv")
        tiles = sorted(int(path.stem.removeprefix("clean_")) for path in folder.glob("train/clean_*.png"))
        held = dealt(tiles, len(tiles), seed)[0]
        free = np.setdiff1d(NUMBERS, [*tiles, *test.tile])
        number = np.random.default_rng(seed).choice(free)
        clean_path = folder / "train" / f"clean_{held}.png"
        clean = np.array(Image.open(clean_path), dtype=float)
        clean_path.unlink()
        (folder / "train" / f"noisy_{held}.png").rename(folder / "test" / f"noisy_{number}.png")
        row, col = np.indices(clean.shape).reshape(2, -1)
        pixels = pd.DataFrame({"id": number * clean.size + np.arange(clean.size)})
        pixels = pixels.assign(tile=number, row=row, col=col)
        test = pd.concat([test, pixels]).sort_values("id")
        write_table(test, folder / "test.csv")
        write_table(test[["id"]].assign(value=sample.value.iloc[0]), folder / "sample_submission.csv")
        return contents(folder), pixels[["id"]].assign(value=clean.ravel())
