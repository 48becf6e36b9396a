"""The last ten known years are blanked and asked for, as the ten after them; the seed only draws ids."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from runners.tasks.builtin.folding import contents, fresh_ids, unpacked
from runners.tasks.builtin.writing import write_table

HORIZON = 10  # years, as in the test set
FEWEST_VALUES = 2  # that a country must keep, or it stays as it is


def make_fold(public: Mapping[str, bytes], seed: int) -> tuple[dict[str, bytes], pd.DataFrame]:
    rng = np.random.default_rng(seed)
    with unpacked(public) as folder:
        history = pd.read_csv(folder / "history.csv")
        test = pd.read_csv(folder / "test.csv")
        years = [name for name in history.columns if name.isdigit()]
        before, asked = years[:-HORIZON], years[-HORIZON:]
        cut = history[before].notna().sum(axis=1) >= FEWEST_VALUES
        held = history[cut].melt("country_code", asked, "year", "rate").dropna().astype({"year": int})
        held["id"] = fresh_ids(test.id, len(held), rng)
        history.loc[cut, asked] = np.nan
        test = pd.concat([test, held[test.columns]]).sort_values(["country_code", "year"])
        dummy = round(float(np.nanmean(history[before[-HORIZON:]])), 3)
        write_table(history, folder / "history.csv")
        write_table(test, folder / "test.csv")
        write_table(test[["id"]].assign(rate=dummy), folder / "sample_submission.csv")
        return contents(folder), held[["id", "rate"]].reset_index(drop=True)
