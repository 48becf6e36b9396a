"""Two grey photos with strong noise: one with its clean version, one to be cleaned."""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_sample_image

from runners.tasks.builtin.writing import write_image, write_table

GREY = (0.299, 0.587, 0.114)
HEIGHT, WIDTH = 200, 250  # pixels of a photo
TILE_HEIGHT, TILE_WIDTH = 100, 125
TILES = 4  # a photo
SIGMA = 25.0
BLACK, WHITE = 0.03, 0.97  # shares of a uniform draw below and above which a pixel is lost
DUMMY = 128


def prepare(public: Path, private: Path) -> None:
    train_clean = _grey("china", top=150, left=150)
    test_clean = _grey("flower", top=100, left=150)
    numbers = np.random.default_rng(0).choice(np.arange(10, 100), size=2 * TILES, replace=False)
    for number, clean, noisy in zip(
        numbers[:TILES], _tiles(train_clean), _tiles(_noisy(train_clean, seed=1)), strict=True
    ):
        write_image(clean.round(), public / "train" / f"clean_{number}.png")
        write_image(noisy, public / "train" / f"noisy_{number}.png")
    rows, answers = [], []
    for number, clean, noisy in sorted(
        zip(numbers[TILES:], _tiles(test_clean), _tiles(_noisy(test_clean, seed=2)), strict=True),
        key=lambda tile: tile[0],
    ):
        write_image(noisy, public / "test" / f"noisy_{number}.png")
        rows.append(_pixels(number))
        answers.append(clean.ravel())
    test = pd.concat(rows)
    write_table(test, public / "test.csv")
    write_table(test[["id"]].assign(value=DUMMY), public / "sample_submission.csv")
    write_table(test[["id"]].assign(value=np.concatenate(answers).round(3)), private / "answers.csv")


def _grey(name: str, top: int, left: int) -> np.ndarray:
    photo = load_sample_image(f"{name}.jpg").astype(float) @ GREY
    return photo[top : top + HEIGHT, left : left + WIDTH]


def _noisy(clean: np.ndarray, seed: int) -> np.ndarray:
    random = np.random.RandomState(seed)
    noisy = clean + random.normal(0, SIGMA, clean.shape)
    lost = random.rand(*clean.shape)
    noisy[lost < BLACK] = 0
    noisy[lost > WHITE] = 255
    return noisy.round().clip(0, 255)


def _tiles(photo: np.ndarray) -> list[np.ndarray]:
    rows, cols = range(0, HEIGHT, TILE_HEIGHT), range(0, WIDTH, TILE_WIDTH)
    return [photo[row : row + TILE_HEIGHT, col : col + TILE_WIDTH] for row in rows for col in cols]


def _pixels(tile: int) -> pd.DataFrame:
    row, col = np.indices((TILE_HEIGHT, TILE_WIDTH)).reshape(2, -1)
    ids = (tile * TILE_HEIGHT + row) * TILE_WIDTH + col
    return pd.DataFrame({"id": ids, "tile": tile, "row": row, "col": col})
