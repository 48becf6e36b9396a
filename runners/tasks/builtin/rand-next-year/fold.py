"""Validation as the test is made: last years of persons whose earlier years are known."""

import io
import json
from collections.abc import Mapping

import pandas as pd

from runners.tasks.builtin.last_year_fold import SAMPLE, last_year_fold, with_tables

ENDING = "jsonl"


def make_fold(public: Mapping[str, bytes], seed: int) -> tuple[dict[str, bytes], pd.DataFrame]:
    train, test = (_table(public[f"{part}.{ENDING}"]) for part in ("train", "test"))
    sample = pd.read_csv(io.BytesIO(public[SAMPLE]))
    target = [column for column in sample if column != "id"]
    tables, answers = last_year_fold(train, test, sample, target, seed)
    return with_tables(public, tables, ENDING), answers


def _table(content: bytes) -> pd.DataFrame:
    # pandas' own reader of JSON may miss the last digit
    return pd.DataFrame([json.loads(line) for line in content.decode().splitlines()])
