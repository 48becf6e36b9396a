"""RAND Health Insurance Experiment: what a person will use in the year to come."""

from pathlib import Path

import numpy as np

from runners.tasks.builtin.publishing import publish
from runners.tasks.builtin.randhie import FEATURES, USE, last_years, person_years

OUTCOMES = ("outpdol", "drugdol", "mdvis")


def prepare(public: Path, private: Path) -> None:
    rows = person_years()
    held = last_years(rows, tenths=5, seed=0)
    other = [column for column in USE if column not in OUTCOMES]
    table = rows[[*FEATURES, *other]].assign(
        **{f"log_{name}": np.log1p(rows[name].clip(lower=0)) for name in OUTCOMES}
    )
    means = {f"log_{name}": round(table.loc[~held, f"log_{name}"].mean(), 4) for name in OUTCOMES}
    publish(public, private, table[~held], table[held], dummy=means, train_only=other, ending="jsonl")
