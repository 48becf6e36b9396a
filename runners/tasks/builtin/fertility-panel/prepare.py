"""Births per woman by country and year: all known years to 2001, asked for 2002 to 2011."""

from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.datasets

from runners.tasks.builtin.writing import opaque_ids, write_table

KNOWN = [str(year) for year in range(1960, 2002)]
ASKED = [str(year) for year in range(2002, 2012)]
RECENT = KNOWN[-10:]
FEWEST_RECENT = 2  # values, or the country is left out


def prepare(public: Path, private: Path) -> None:
    source = Path(statsmodels.datasets.__file__).parent / "fertility" / "fertility.csv"
    table = pd.read_csv(source).rename(columns={"Country Code": "country_code", "Country Name": "country"})
    table[KNOWN + ASKED] = table[KNOWN + ASKED].apply(pd.to_numeric, errors="coerce").round(6)
    table = table[table[RECENT].notna().sum(axis=1) >= FEWEST_RECENT]
    asked = table.melt("country_code", ASKED, "year", "rate").dropna()
    asked = asked.sort_values(["country_code", "year"])
    asked.insert(0, "id", opaque_ids(len(asked), seed=0))
    write_table(table[["country_code", "country", *KNOWN]], public / "history.csv")
    write_table(asked[["id", "country_code", "year"]], public / "test.csv")
    dummy = round(float(np.nanmean(table[RECENT])), 3)
    write_table(asked[["id"]].assign(rate=dummy), public / "sample_submission.csv")
    write_table(asked[["id", "rate"]], private / "answers.csv")
