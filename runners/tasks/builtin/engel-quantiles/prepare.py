"""Engel's Belgian households: quantiles of the money spent on food."""

from pathlib import Path

import pandas as pd
import statsmodels.datasets
from sklearn.model_selection import train_test_split

from runners.tasks.builtin.publishing import publish

LEVELS = (0.1, 0.5, 0.9)


def prepare(public: Path, private: Path) -> None:
    source = Path(statsmodels.datasets.__file__).parent / "engel" / "engel.csv"
    train, test = train_test_split(pd.read_csv(source), test_size=0.5, random_state=0)
    dummy = {f"q{level}": round(train["foodexp"].quantile(level), 2) for level in LEVELS}
    publish(public, private, train, test, dummy=dummy, target=["foodexp"])
