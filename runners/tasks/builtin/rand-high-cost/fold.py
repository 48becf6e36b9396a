"""Validation as the test is made: last years of persons whose earlier years are known."""

import io
from collections.abc import Mapping

import pandas as pd

from runners.tasks.builtin.last_year_fold import SAMPLE, last_year_fold, with_tables

ENDING = "csv.gz"


def make_fold(public: Mapping[str, bytes], seed: int) -> tuple[dict[str, bytes], pd.DataFrame]:
    train, test = (
        pd.read_csv(io.BytesIO(public[f"{part}.{ENDING}"]), compression="gzip") for part in ("train", "test")
    )
    sample = pd.read_csv(io.BytesIO(public[SAMPLE]))
    tables, answers = last_year_fold(train, test, sample, ["high_cost"], seed)
    return with_tables(public, tables, ENDING), answers
