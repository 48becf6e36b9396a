"""An earlier forecast of ten years: all values from its first year on are blanked."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from runners.tasks.builtin.folding import contents, fresh_ids, unpacked
from runners.tasks.builtin.writing import write_table

HORIZON = 10  # years, as in the test set
ORIGINS = 4
STEP = 2  # years between the origins of successive seeds
FEWEST_VALUES = 2  # that a country must keep, or it stays as it is


def make_fold(public: Mapping[str, bytes], seed: int) -> tuple[dict[str, bytes], pd.DataFrame]:
    rng = np.random.default_rng(seed)
    with unpacked(public) as folder:
        history = pd.read_csv(folder / "history.csv")
        test = pd.read_csv(folder / "test.csv")
        years = [name for name in history.columns if name.isdigit()]
        first = len(years) - HORIZON - STEP * (seed % ORIGINS)
        before, asked = years[:first], years[first : first + HORIZON]
        cut = history[before].notna().sum(axis=1) >= FEWEST_VALUES
        held = history[cut].melt("country_code", asked, "year", "rate").dropna().astype({"year": int})
        held["id"] = fresh_ids(test.id, len(held), rng)
        history.loc[cut, years[first:]] = np.nan
        test = pd.concat([test, held[test.columns]]).sort_values(["country_code", "year"])
        dummy = round(float(np.nanmean(history[before[-HORIZON:]])), 3)
        write_table(history, folder / "history.csv")
        write_table(test, folder / "test.csv")
        write_table(test[["id"]].assign(rate=dummy), folder / "sample_submission.csv")
        return contents(folder), held[["id", "rate"]].reset_index(drop=True)
