"""Wisconsin diagnostic breast cancer: the probability that a mass is malignant."""

from pathlib import Path

from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

from runners.tasks.builtin.publishing import publish


def prepare(public: Path, private: Path) -> None:
    source = load_breast_cancer(as_frame=True)
    rows = source.data.rename(columns=lambda name: name.replace(" ", "_"))
    train, test = train_test_split(
        rows.assign(malignant=1 - source.target), test_size=0.5, random_state=0, stratify=source.target
    )
    dummy = {"malignant": round(train["malignant"].mean(), 4)}
    publish(public, private, train, test, dummy=dummy, ending="xlsx")
