"""Further tables reach the rows that they belong to, however their keys are spelled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from madeup import made_task

from actors.models.offline.catalogue.tables_join import join_files
from actors.models.offline.catalogue.task import Frame

TASK = made_task(target=("sales",))


def joined(folder: Path, name: str, table: Frame, rows: Frame) -> tuple[Frame, Frame]:
    """The first rows as train, the rest as test, with one further table beside them."""
    (folder / "input").mkdir()
    table.to_csv(folder / "input" / name, index=False)
    train, test = rows.iloc[:80].assign(sales=np.arange(80) / 7), rows.iloc[80:]
    return join_files(train, test, TASK)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def rows() -> Frame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {"id": range(120), "store": rng.integers(0, 20, 120), "day": rng.integers(0, 12, 120)}
    )


def test_a_gap_in_a_key_does_not_lose_the_table(tmp_path: Path) -> None:
    asked = rows().astype({"store": float})
    asked.loc[110, "store"] = np.nan
    stores = pd.DataFrame({"store": range(20), "size": np.arange(20) * 10})
    train, test = joined(tmp_path, "stores.csv", stores, asked)
    assert (train["stores_size"] == train["store"] * 10).all()
    assert test["stores_size"].isna().tolist() == test["store"].isna().tolist()


def test_keys_that_name_a_row_only_together_are_used_together(tmp_path: Path) -> None:
    grid = pd.MultiIndex.from_product([range(20), range(12)], names=["store", "day"]).to_frame(index=False)
    daily = grid.assign(promo=grid["store"] * 100 + grid["day"])
    train, test = joined(tmp_path, "daily.csv", daily, rows())
    for frame in (train, test):
        assert (frame["daily_promo"] == frame["store"] * 100 + frame["day"]).all()


@pytest.mark.parametrize("name", ["store_id", "id", "StoreKey"])
def test_a_key_of_another_name_is_found_by_its_values_and_a_word(name: str, tmp_path: Path) -> None:
    stores = pd.DataFrame({name: range(20), "size": np.arange(20) * 10})
    asked = rows().rename(columns={"id": "row"}) if name == "id" else rows()
    train, _ = joined(tmp_path, "stores.csv", stores, asked)
    assert (train["stores_size"] == train["store"] * 10).all()


def test_numbers_that_meet_by_chance_are_no_key(tmp_path: Path) -> None:
    other = pd.DataFrame({"rank": range(20), "colour": [f"c{n}" for n in range(20)]})
    train, _ = joined(tmp_path, "other.csv", other, rows())
    assert list(train.columns) == ["id", "store", "day", "sales"]


def test_several_rows_a_key_become_summaries(tmp_path: Path) -> None:
    visits = pd.DataFrame({"store": np.repeat(range(20), 3), "guests": np.arange(60)})
    train, _ = joined(tmp_path, "visits.csv", visits, rows())
    assert (train["visits_rows"] == 3).all()
    assert (train["visits_guests_mean"] == train["store"] * 3 + 1).all()


def test_earlier_outcomes_are_told_and_the_answers_are_not(tmp_path: Path) -> None:
    """A further table with the target: a past where its rows are others than those of train."""
    past = rows().sample(frac=1, random_state=1).assign(id=0, day=-1, sales=3.0).drop(columns="id")
    train, test = joined(tmp_path, "past.csv", past, rows())
    assert (train["past_sales_mean"] == 3.0).all()
    assert (test["past_sales_mean"] == 3.0).all()
    (tmp_path / "input" / "past.csv").unlink()
    (tmp_path / "input").rmdir()
    repeated = rows().drop(columns="id").assign(sales=np.arange(120) / 7, size=1)
    train, _ = joined(tmp_path, "again.csv", repeated, rows())
    assert not any("sales" in c for c in train.columns if c != "sales")
    assert any(c.startswith("again_") for c in train.columns)
