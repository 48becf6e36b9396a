"""A validation fold for panels whose test rows are the last years of some persons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from runners.tasks.builtin.folding import dealt, fresh_ids
from runners.tasks.builtin.publishing import ID
from runners.tasks.builtin.writing import table_bytes

SAMPLE = "sample_submission.csv"


def last_year_fold(
    train: pd.DataFrame, test: pd.DataFrame, sample: pd.DataFrame, target: Sequence[str], seed: int
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Move the last year of half the persons that the test rows leave whole among the test rows.

    These persons stand to their last year as the test persons do: all earlier years are in the training
    rows, none later. Persons of the test file are left alone, since to take a second year from them would
    both give the moved rows away and rob the test rows of their history.

    Args:
        train: person-years with `person`, `year`, the targets and columns that the test rows lack.
        test: the true test rows; they keep their ids.
        sample: the sample submission for them.
        target: the target columns.
        seed: of the draw of persons; an even seed and the next take complementary halves.

    Returns:
        The tables train, test and sample of the fold, and the answers of the moved rows, whose ids are new.
    """
    years = train.groupby("person")["year"]
    whole = (years.transform("count") >= 3) & ~train["person"].isin(test["person"])
    persons = np.sort(train.loc[whole, "person"].unique())
    moved = train["person"].isin(dealt(persons, 2, seed)) & (train["year"] == years.transform("max"))
    taken = np.concatenate([train[ID], test[ID]])
    ids = fresh_ids(taken, int(moved.sum()), np.random.default_rng(seed))
    rows = train[moved].assign(**{ID: ids})
    dummy = sample.iloc[[0] * len(rows)].assign(**{ID: rows[ID].to_numpy()})
    tables = {
        "train": train[~moved],
        "test": pd.concat([test, rows[test.columns]]).sort_values(ID, ignore_index=True),
        "sample": pd.concat([sample, dummy]).sort_values(ID, ignore_index=True),
    }
    return tables, rows[[ID, *target]].sort_values(ID, ignore_index=True)


def with_tables(
    public: Mapping[str, bytes], tables: Mapping[str, pd.DataFrame], ending: str
) -> dict[str, bytes]:
    """Put the fold's tables in the place of the public ones."""
    names = {"train": f"train.{ending}", "test": f"test.{ending}", "sample": SAMPLE}
    return {**public, **{names[part]: table_bytes(table, names[part]) for part, table in tables.items()}}
