"""RAND Health Insurance Experiment: visits to a doctor of persons never seen."""

from pathlib import Path

from sklearn.model_selection import GroupShuffleSplit

from runners.tasks.builtin.publishing import publish
from runners.tasks.builtin.randhie import FEATURES, person_years


def prepare(public: Path, private: Path) -> None:
    rows = person_years()[[*FEATURES, "mdvis"]]
    halves = GroupShuffleSplit(n_splits=1, test_size=0.3, random_state=0)
    train, test = (rows.iloc[part] for part in next(halves.split(rows, groups=rows["person"])))
    publish(public, private, train, test, dummy={"mdvis": round(train["mdvis"].mean(), 4)}, ending="parquet")
