"""Forecasts from inputs known ahead: lines that go on where trees cannot, shrunk to what series share."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from madeup import made_task, made_up

from actors.contracts import SplitRule, TaskBrief
from actors.models.offline.catalogue.panel_wide import is_wide
from actors.models.offline.catalogue.series import add_steps, backtested_mix
from actors.models.offline.catalogue.series_boost import series_boosting
from actors.models.offline.catalogue.series_inputs import (
    NEVER,
    earlier_origins,
    input_table,
    series_regression,
    shrunk_slopes,
)
from actors.models.offline.catalogue.task import Frame
from actors.models.offline.composing import candidates, layout_of
from runners.tasks.facts import profile_files

TASK = made_task(problem="forecast", metric="mae", split="time", split_column="year")


def firms(count: int, years: int, seed: int = 0) -> Frame:
    """Firms whose sales follow a growing price and the kind of a campaign, each with slopes of its own."""
    rng = np.random.default_rng(seed)
    parts = []
    for k in range(count):
        price = np.exp(2 + 0.05 * np.arange(years) + rng.normal(0, 0.2, years)) * 10
        wide = rng.integers(0, 2, years)
        sales = np.exp(rng.normal(0, 1) + rng.normal(0.8, 0.2) * np.log1p(price) + 0.4 * wide)
        parts.append(
            pd.DataFrame(
                {
                    "firm": f"f{k}",
                    "year": 1980 + np.arange(years),
                    "price": price,
                    "campaign": np.where(wide == 1, "wide", "none"),
                    "y": sales * np.exp(rng.normal(0, 0.03, years)),
                }
            )
        )
    frame = pd.concat(parts, ignore_index=True)
    frame.insert(0, "id", rng.permutation(len(frame)))
    return frame


def parted(frame: Frame, first: int) -> tuple[Frame, Frame, np.ndarray]:
    late = frame["year"] >= first
    train, test = add_steps(frame[~late].reset_index(drop=True), frame[late].drop(columns="y"), TASK)
    return train, test, frame[late]["y"].to_numpy()


@pytest.mark.parametrize("count", [1, 12])
def test_growing_inputs_known_ahead_are_followed_beyond_their_range(count: int) -> None:
    train, test, wanted = parted(firms(count, 40), 2012)

    def error(member: partial[np.ndarray]) -> float:
        return float(np.abs(member(train, test, TASK)[:, 0] - wanted).mean())

    others = min(error(partial(backtested_mix)), error(partial(series_boosting)))
    assert error(partial(series_regression)) < 0.4 * others


def test_own_slopes_lie_between_the_common_and_each_series_alone() -> None:
    rng = np.random.default_rng(1)
    codes = np.repeat(np.arange(5), 30)
    x = rng.normal(size=(150, 1))
    x -= np.array([x[codes == c].mean(axis=0) for c in range(5)])[codes]
    y = x[:, 0] * np.arange(5)[codes]
    alone, between, common = shrunk_slopes(x, y, codes, 6, [(0.0, 0.0), (0.0, 1.0), (0.0, NEVER)])[:, :, 0]
    assert alone[:5] == pytest.approx(np.arange(5), abs=1e-6)
    assert np.ptp(common) == 0
    assert between == pytest.approx((alone + common) / 2, abs=1e-6)
    assert alone[5] == common[5]  # a series that was never seen


def test_earlier_inputs_come_from_the_series_itself_across_the_cut() -> None:
    train, test, _ = parted(firms(3, 20), 1996)
    table = input_table(train, test, TASK, lags=1)
    both = pd.concat([train, test], ignore_index=True)
    last = both.groupby("firm", sort=False)["price"].shift()
    known = last.notna().to_numpy()
    assert table["price 1 ago"].to_numpy()[known] == pytest.approx(last[known].to_numpy())
    assert "campaign wide" in table
    assert "firm f0" not in table


def test_earlier_origins_hide_what_followed_them() -> None:
    train, test, _ = parted(firms(2, 40), 2012)
    pieces = earlier_origins(train, TASK, 3)
    assert len(pieces) == 3
    for past, late, wanted in pieces:
        assert past["year"].max() < late["year"].min()
        assert "y" not in late
        assert len(wanted) == len(late) == len(test)


def test_short_and_unknown_series_and_gaps_still_get_numbers() -> None:
    frame = firms(4, 12)
    frame.loc[frame.index % 7 == 0, ["price", "y"]] = np.nan
    frame = frame[(frame["firm"] != "f3") | (frame["year"] >= 1990)]
    frame.loc[(frame["firm"] == "f2") & (frame["year"] < 1989), "y"] = np.nan
    train, test, _ = parted(frame, 1990)
    assert np.isfinite(series_regression(train, test, TASK, lags=2)).all()


def forecast_brief(frame: Frame, problem: str = "forecast") -> TaskBrief:
    test = frame.drop(columns="y")
    tables = {"train.csv": frame, "test.csv": test, "sample_submission.csv": test[["id"]].assign(y=0.0)}
    files = profile_files({name: table.to_csv(index=False).encode() for name, table in tables.items()})
    rule = SplitRule("time", "year")
    return replace(made_up("regression")[0], problem=problem, metric="mae", split=rule, files=files)


def test_it_is_among_the_first_only_where_test_rows_have_inputs() -> None:
    frame = firms(3, 20)
    assert "series_regression" in [r.name for r in candidates(forecast_brief(frame), "member")[:3]]
    bare = forecast_brief(frame.drop(columns=["price", "campaign"]))
    assert "series_regression" not in [r.name for r in candidates(bare, "member")]


def with_inputs(frame: Frame) -> Frame:
    """Rows numbered anew, with more numbers known ahead."""
    rng = np.random.default_rng(0)
    return frame.assign(id=range(len(frame)), rate=rng.random(len(frame)), cost=rng.random(len(frame)))


@pytest.mark.parametrize("unit", ["D", "W", "MS", "QS", "h"])
def test_dates_at_one_distance_are_steps(unit: str) -> None:
    frame = with_inputs(firms(1, 30)).drop(columns="firm")
    dated = frame.assign(year=pd.date_range("2019-01-01", periods=30, freq=unit))
    assert layout_of(forecast_brief(dated, "regression")) == "series"


@pytest.mark.parametrize("count", [1, 8])
def test_a_regression_over_time_is_one_of_series_where_they_have_a_row_each_a_step(count: int) -> None:
    frame = with_inputs(firms(count, 30))
    assert layout_of(forecast_brief(frame, "regression")) == "series"
    assert layout_of(forecast_brief(frame, "binary")) == "table"


def sales(per_day: int) -> Frame:
    """Houses that were sold on days of no order, or so many a day, none like another."""
    rng = np.random.default_rng(0)
    day = np.cumsum(rng.choice([1, 3], 600)) if per_day == 1 else np.arange(600) // per_day
    frame = pd.DataFrame({"year": pd.Timestamp("2020-01-01") + pd.to_timedelta(day, unit="D")})
    return frame.assign(id=range(600), rooms=rng.integers(1, 6, 600), y=rng.random(600))


ALIKE = pd.concat([firms(1, 30)] * 3).drop(columns="firm")
DISTRICTS = firms(1, 40).assign(district=[f"d{n % 20}" for n in range(40)])


@pytest.mark.parametrize(
    "frame", [firms(30, 60), firms(20, 8), ALIKE, DISTRICTS, sales(1), sales(4), firms(1, 60).drop(index=[7])]
)
def test_rows_that_are_not_the_steps_of_a_few_series_are_a_table(frame: Frame) -> None:
    assert layout_of(forecast_brief(with_inputs(frame), "regression")) == "table"


def test_months_that_are_targets_are_no_wide_table_of_steps() -> None:
    months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 12)), columns=months)
    table.insert(0, "year", 1950 + np.arange(40))
    frame = table.assign(id=range(40), y=0.0)
    brief = replace(forecast_brief(frame), target=tuple(months[6:]), problem="forecast")
    assert is_wide(brief) == 0
    assert is_wide(replace(brief, target=("y",))) > 0.5
