"""The person-years of the RAND Health Insurance Experiment, as several tasks use them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.datasets

# What is known of a person-year before it begins. Left out of the source file on purpose: columns derived
# from others (xghindx, hlth*, l*, idp, fmde, logc, binexp, meddol).
PLAN = ["plan", "site", "coins", "mdeoff", "pioff"]
PERSON = ["tookphys", "black", "income", "xage", "female", "educdec", "num", "child", "fchild"]
HEALTH = ["mhi", "disea", "physlm", "ghindx"]
KEYS = ["person", "family", "year"]
FEATURES = [*KEYS, *PLAN, *PERSON, *HEALTH]

# What the person used during the year: dollars, then counts.
DOLLARS = ["outpdol", "drugdol", "suppdol", "mentdol", "inpdol"]
COUNTS = ["mdvis", "notmdvis", "mentvis", "totadm"]
USE = [*DOLLARS, *COUNTS]


def person_years() -> pd.DataFrame:
    """Read all person-years, ordered by person and year, with the columns FEATURES and USE."""
    source = Path(statsmodels.datasets.__file__).parent / "randhie" / "src" / "randhie.csv"
    rows = pd.read_csv(source).rename(columns={"zper": "person"})
    rows["family"] = rows["person"] // 10  # the last digit counts the members of a family
    rows["plan"] = "P" + rows["plan"].astype(int).astype(str)
    rows["site"] = "S" + rows["site"].astype(int).astype(str)
    return rows.sort_values(["person", "year"], ignore_index=True)[[*FEATURES, *USE]]


def last_years(rows: pd.DataFrame, tenths: int, seed: int) -> pd.Series:
    """Mark the last year of a random part of the persons who have at least three years.

    Args:
        rows: person-years ordered by person and year.
        tenths: the part of these persons, in tenths.
        seed: of the draw.
    """
    years = rows.groupby("person")["year"]
    persons = rows.loc[years.transform("count") >= 3, "person"].unique()
    drawn = np.random.RandomState(seed).choice(persons, len(persons) * tenths // 10, replace=False)
    return rows["person"].isin(drawn) & (rows["year"] == years.transform("max"))
