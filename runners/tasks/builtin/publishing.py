"""How the rows of a table task become its public and private files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from runners.tasks.builtin.writing import opaque_ids, write_table

ID = "id"


def publish(
    public: Path,
    private: Path,
    train: pd.DataFrame,
    test: pd.DataFrame,
    *,
    dummy: Mapping[str, float],
    target: Sequence[str] | None = None,
    train_only: Sequence[str] = (),
    ending: str = "csv",
) -> None:
    """Write train, test and sample_submission.csv into `public` and answers.csv into `private`.

    Rows get opaque ids and are written in the order of these, so neither ids nor order say anything.

    Args:
        public: the folder that scripts see.
        private: the folder that they never see.
        train: the training rows, targets included.
        test: the test rows, targets included.
        dummy: a constant prediction for each column of the sample submission.
        target: the target columns; by default those of `dummy`.
        train_only: columns that the test file lacks besides the targets.
        ending: the table format, as `write_table` knows it.
    """
    answers = list(target or dummy)
    ids = opaque_ids(len(train) + len(test), seed=0)
    train = _labelled(train, ids[: len(train)])
    test = _labelled(test, ids[len(train) :])
    write_table(train, public / f"train.{ending}")
    write_table(test.drop(columns=[*answers, *train_only]), public / f"test.{ending}")
    write_table(test[[ID]].assign(**dummy), public / "sample_submission.csv")
    write_table(test[[ID, *answers]], private / "answers.csv")


def _labelled(rows: pd.DataFrame, ids: Sequence[int]) -> pd.DataFrame:
    rows = rows.reset_index(drop=True)
    rows.insert(0, ID, ids)
    return rows.sort_values(ID, ignore_index=True)
