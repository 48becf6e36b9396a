"""RAND Health Insurance Experiment: the baseline health index of a person."""

from pathlib import Path

import numpy as np
import pandas as pd

from runners.tasks.builtin.publishing import publish
from runners.tasks.builtin.randhie import FEATURES, USE, person_years
from runners.tasks.builtin.randhie_dictionary import MEANINGS
from runners.tasks.builtin.writing import write_table

TARGET = "ghindx"


def prepare(public: Path, private: Path) -> None:
    years = person_years()
    persons = years.groupby("person").first()  # by column the first value that is not missing
    persons = persons[persons[TARGET].notna()].reset_index()
    known = [column for column in FEATURES if column not in ("year", TARGET)]
    rows = persons[[*known, *USE, TARGET]]
    held = np.random.RandomState(0).rand(len(rows)) < 0.4
    train, test = rows[~held], rows[held]
    publish(public, private, train, test, dummy={TARGET: round(train[TARGET].mean(), 4)})
    later = years.groupby("person").cumcount() > 0
    write_table(years.loc[later, ["person", "family", "year", "xage", "num", *USE]], public / "histories.csv")
    meanings = [(column, *meaning) for column, meaning in MEANINGS.items()]
    dictionary = pd.DataFrame(meanings, columns=["column", "kind", "description"])
    write_table(dictionary, public / "data_dictionary.csv")
