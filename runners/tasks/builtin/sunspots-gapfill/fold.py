"""More gaps of twelve months, each with known months on both sides."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from runners.tasks.builtin.folding import contents, unpacked
from runners.tasks.builtin.writing import write_table

GAPS = 15
GAP = 12  # months, as the true gaps
KNOWN = 14  # months that stay known between a new gap and any other


def make_fold(public: Mapping[str, bytes], seed: int) -> tuple[dict[str, bytes], pd.DataFrame]:
    rng = np.random.default_rng(seed)
    with unpacked(public) as folder:
        table = pd.read_csv(folder / "sunspots.txt", sep=r"\s+")
        numbers = table.drop(columns="year").to_numpy().ravel()
        free = np.isfinite(numbers)
        held: list[int] = []
        for start in rng.permutation(np.arange(KNOWN, len(numbers) - KNOWN - GAP)):
            if len(held) < GAPS * GAP and free[start - KNOWN : start + GAP + KNOWN].all():
                held.extend(range(start, start + GAP))
                free[start : start + GAP] = False
        ids = np.array([f"{year}-{month:02d}" for year in table.year for month in range(1, 13)])
        answers = pd.DataFrame({"id": ids[held], "ssn": numbers[held]})
        numbers[held] = np.nan
        table[table.columns[1:]] = numbers.reshape(-1, 12)
        write_table(table, folder / "sunspots.txt")
        sample = pd.read_csv(folder / "sample_submission.csv")
        asked = np.sort(np.concatenate([sample.id, ids[held]]))
        dummy = round(float(np.nanmean(numbers)), 1)
        write_table(pd.DataFrame({"id": asked, "ssn": dummy}), folder / "sample_submission.csv")
        return contents(folder), answers
