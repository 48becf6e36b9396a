"""Fair's survey of married women: who had an affair."""

from pathlib import Path

import pandas as pd
import statsmodels.datasets
from sklearn.model_selection import train_test_split

from runners.tasks.builtin.publishing import publish

OCCUPATIONS = {
    1: "student",
    2: "farming_unskilled",
    3: "white_collar",
    4: "teacher_nurse_artist_technician",
    5: "managerial",
    6: "professional",
}


def prepare(public: Path, private: Path) -> None:
    source = Path(statsmodels.datasets.__file__).parent / "fair" / "fair.csv"
    rows = pd.read_csv(source)
    for column in ("occupation", "occupation_husb"):
        rows[column] = rows[column].map(OCCUPATIONS)
    rows["affair"] = (rows.pop("affairs") > 0).astype(int)  # time spent is all but the answer
    train, test = train_test_split(rows, test_size=0.3, random_state=0, stratify=rows["affair"])
    publish(public, private, train, test, dummy={"affair": round(train["affair"].mean(), 4)})
