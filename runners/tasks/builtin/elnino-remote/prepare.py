"""Sea temperature in the western Pacific three months ahead, from two years of the eastern one."""

from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.datasets

from runners.tasks.builtin.writing import opaque_ids, write_table

COLUMNS = ["yr", "mon", "n12", "n12a", "n3", "n3a", "n4", "n4a", "n34", "n34a"]
SEEN = ("n12a", "n3a")
TARGET = "n4a_lead3"
LAGS = 24  # months
LEAD = 3
LAST_TRAIN = pd.Timestamp("1992-09-01")  # so that no training target lies in the test period
FIRST_TEST = pd.Timestamp("1993-01-01")


def prepare(public: Path, private: Path) -> None:
    source = Path(statsmodels.datasets.__file__).parent / "elnino" / "src" / "elnino.dat"
    months = pd.read_csv(source, sep=r"\s+", header=0, names=COLUMNS)
    windows = pd.DataFrame({"date": pd.to_datetime({"year": months.yr, "month": months.mon, "day": 1})})
    for name in SEEN:
        for lag in range(LAGS):
            windows[f"{name}_lag{lag}"] = months[name].shift(lag)
    windows["month"] = months.mon
    windows[TARGET] = months.n4a.shift(-LEAD)
    windows = windows.dropna()
    windows.insert(0, "id", opaque_ids(len(windows), seed=0))
    train = windows[windows.date <= LAST_TRAIN]
    test = windows[windows.date >= FIRST_TEST]
    write_table(train, public / "train.parquet")
    write_table(test.drop(columns=TARGET), public / "test.parquet")
    dummy = round(float(np.mean(train[TARGET])), 3)
    write_table(test[["id"]].assign(**{TARGET: dummy}), public / "sample_submission.csv")
    write_table(test[["id", TARGET]], private / "answers.csv")
