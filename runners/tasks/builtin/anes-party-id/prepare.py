"""American National Election Study 1996: party identification."""

from pathlib import Path

import pandas as pd
import statsmodels.datasets
from sklearn.model_selection import train_test_split

from runners.tasks.builtin.publishing import publish


def prepare(public: Path, private: Path) -> None:
    source = Path(statsmodels.datasets.__file__).parent / "anes96" / "src" / "anes96.csv"
    rows = pd.read_csv(source, sep=r"\s+").drop(columns="reldist")  # distances computed from other columns
    rows["PID"] = rows.pop("PID").astype(int)
    train, test = train_test_split(rows, test_size=0.5, random_state=0)
    publish(public, private, train, test, dummy={"PID": int(train["PID"].median())}, ending="txt")
