"""Forecasts and gaps: time of any spelling, grids of values, and members that beat the naive."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from madeup import made_task, made_up

from actors.contracts import SplitRule, TaskBrief
from actors.models.offline.catalogue import series_core
from actors.models.offline.catalogue.panel_wide import load_wide, pooled_growth
from actors.models.offline.catalogue.series import (
    add_steps,
    autoregression,
    backtested_mix,
    blend_by_error,
    damped_holt,
    decide_forecast,
    harmonic_trend,
    load_series,
    seasonal_naive,
    split_horizons,
)
from actors.models.offline.catalogue.series_boost import series_boosting
from actors.models.offline.catalogue.series_gaps import (
    gap_autoregression,
    gap_kernel,
    gap_line,
    gap_regression,
    is_gaps,
    load_gaps,
    split_gaps,
)
from actors.models.offline.catalogue.series_time import read_clock
from actors.models.offline.catalogue.series_windows import (
    lag_groups,
    window_components,
    window_kernel,
    window_ridge,
    window_trees,
)
from actors.models.offline.catalogue.task import Frame
from runners.tasks.facts import profile_files

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


task_with = partial(made_task, problem="forecast", split="time")


def monthly(count: int = 120, seed: int = 0) -> np.ndarray:
    t = np.arange(count)
    noise = np.random.default_rng(seed).normal(0, 0.3, count)
    return 50 + 0.3 * t + 6 * np.sin(2 * np.pi * t / 12) + noise


def error(found: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.sqrt(np.mean((found.reshape(-1) - np.asarray(wanted).reshape(-1)) ** 2)))


@pytest.mark.parametrize(
    ("spelled", "cycle"),
    [
        (pd.date_range("2001-01-01", periods=40, freq="MS").strftime("%Y-%m"), 12.0),
        (pd.date_range("2001-01-01", periods=40, freq="MS").strftime("%Y%m").astype(int), 12.0),
        (pd.date_range("2001-01-01", periods=40, freq="MS"), 12.0),
        ([f"{2001 + i // 4}Q{i % 4 + 1}" for i in range(40)], 4.0),
        (pd.date_range("2001-01-06", periods=40, freq="7D").strftime("%d.%m.%Y"), 365.2425 / 7),
        (pd.date_range("2001-01-06", periods=40, freq="D").strftime("%Y-%m-%d"), 7.0),
        (np.arange(1960, 2000), 0.0),
    ],
)
def test_time_of_any_spelling_becomes_even_steps(spelled: object, cycle: float) -> None:
    frame = pd.DataFrame({"date": spelled, "y": 1.0})
    if cycle == pytest.approx(365.2425 / 7):
        frame["date"] = pd.date_range("2001-01-06", periods=40, freq="7D").strftime("%Y/%m/%d")
    clock = read_clock(frame[:30], frame[30:].drop(columns="y"), task_with(split_column="date"))
    steps = np.concatenate([clock.train, clock.test])
    assert np.allclose(np.diff(steps), 1, atol=0.01)
    assert clock.cycle == pytest.approx(cycle)


def test_year_and_month_columns_make_one_clock() -> None:
    frame = pd.DataFrame({"year": np.repeat([2001, 2002, 2003], 12), "month": np.tile(np.arange(1, 13), 3)})
    clock = read_clock(frame[:30], frame[30:], task_with())
    assert np.allclose(np.diff(np.concatenate([clock.train, clock.test])), 1)
    assert clock.cycle == 12


def parallel_series(count: int = 3) -> tuple[Frame, Frame, np.ndarray]:
    dates = pd.date_range("2010-01-01", periods=120, freq="MS").strftime("%Y-%m-%d")
    parts = [
        pd.DataFrame({"shop": f"s{k}", "date": dates, "y": monthly(seed=k) * (1 + k)}) for k in range(count)
    ]
    frame = pd.concat(parts, ignore_index=True)
    frame.insert(0, "id", np.random.default_rng(0).permutation(len(frame)))
    late = frame["date"] >= "2019-01-01"
    return frame[~late].reset_index(drop=True), frame[late].drop(columns="y"), frame[late]["y"].to_numpy()


def test_series_are_told_apart_by_three_keys() -> None:
    keys = pd.MultiIndex.from_product([["n", "s"], ["x", "y", "z"], ["p", "q", "r"], range(2000, 2012)])
    frame = keys.to_frame(index=False, name=["land", "shop", "product", "year"])
    frame["offer"] = np.random.default_rng(0).integers(0, 4, len(frame))
    frame["y"] = 1.0
    late = frame["year"] >= 2010
    train, test = add_steps(frame[~late], frame[late].drop(columns="y"), task_with(split_column="year"))
    assert train.groupby(["land", "shop", "product"])["series_code"].nunique().max() == 1
    assert train["series_code"].nunique() == test["series_code"].nunique() == 18


@pytest.mark.parametrize("member", [harmonic_trend, backtested_mix, damped_holt, autoregression])
def test_members_beat_the_last_value_on_parallel_series(member: object) -> None:
    train, test, wanted = parallel_series()
    task = task_with(split_column="date")
    train, test = add_steps(train, test, task)
    assert train["series_code"].nunique() == 3
    assert train["cycle_steps"].iloc[0] == 12
    last = train.groupby("series_code")["y"].last()
    naive = error(test["series_code"].map(last).to_numpy(), wanted)
    assert error(member(train, test, task), wanted) < 0.5 * naive  # type: ignore[operator]


def test_load_series_reads_a_fixed_width_table_with_a_bare_counter(folder: Path) -> None:
    y = monthly(180)
    rows = [f"{'week':>6}{'y':>12}"] + [f"{i:>6}{v:>12.4f}" for i, v in enumerate(y[:150])]
    (folder / "train.dat").write_text("\n".join(rows) + "\n")
    asked = ["   week    id", *(f"{i:>7}{i:>6}" for i in range(150, 180))]
    (folder / "test.dat").write_text("\n".join(asked) + "\n")
    task = task_with(train="train.dat", test="test.dat", split_column="week")
    train, test = load_series(task)
    assert train["cycle_steps"].iloc[0] == 12  # told by the values alone
    assert error(harmonic_trend(train, test, task), y[150:]) < 1.0


def test_horizon_folds_are_as_long_as_the_test_and_hide_the_target() -> None:
    train, test, _ = parallel_series()
    task = task_with(split_column="date")
    train, test = add_steps(train, test, task)
    for fit, held, actual in split_horizons(train, task):
        assert held["step_number"].min() > fit["step_number"].max()
        assert len(held) == len(actual) == len(test)
        assert "y" not in held


def test_short_and_unknown_series_still_get_numbers() -> None:
    train = pd.DataFrame({"shop": list("aabbb"), "year": [1, 2, 1, 2, 3], "y": [1.0, 2, 3, 4, 5]})
    test = pd.DataFrame({"id": [1, 2, 3], "shop": ["a", "b", "c"], "year": [4, 4, 4]})
    task = task_with(split_column="year")
    train, test = add_steps(train, test, task)
    for member in (
        harmonic_trend,
        damped_holt,
        autoregression,
        seasonal_naive,
        backtested_mix,
        pooled_growth,
    ):
        assert np.isfinite(member(train, test, task)).all()


def wide_table(folder: Path, composed: bool) -> np.ndarray:
    years = np.arange(1980, 2011)
    rng = np.random.default_rng(3)
    start, rate, floor = rng.uniform(3, 8, 40), rng.uniform(0.03, 0.08, 40), rng.uniform(1, 2, 40)
    values = floor[:, None] + (start - floor)[:, None] * np.exp(-rate[:, None] * (years - 1980))
    values += rng.normal(0, 0.01, values.shape)
    names = [f"C{k:02d}" for k in range(40)]
    table = pd.DataFrame(values[:, :26], columns=[f"{y}" for y in years[:26]])
    table.insert(0, "country", names)
    table.loc[3, ["1990", "1991"]] = np.nan
    table.to_csv(folder / "history.csv", index=False)
    asked = pd.DataFrame(
        [(n, y, values[i, 26 + j]) for i, n in enumerate(names) for j, y in enumerate(years[26:])],
        columns=["country", "year", "y"],
    ).sample(frac=1, random_state=0, ignore_index=True)
    asked["id"] = asked["country"] + "_" + asked["year"].astype(str) if composed else range(len(asked))
    asked[["id"]].assign(y=0).to_csv(folder / "sample_submission.csv", index=False)
    if not composed:
        asked[["id", "country", "year"]].to_csv(folder / "test.csv", index=False)
    return asked["y"].to_numpy()


@pytest.mark.parametrize("composed", [False, True])
def test_a_wide_table_is_read_and_growth_is_pooled(folder: Path, composed: bool) -> None:
    wanted = wide_table(folder, composed)
    task = task_with(train="", test="", metric="mae")
    train, test = load_wide(task)
    assert len(train) == 40 * 26 - 2
    assert len(test) == len(wanted)
    last = test["series_code"].map(train.groupby("series_code")["y"].last()).to_numpy()
    assert error(pooled_growth(train, test, task), wanted) < 0.35 * error(last, wanted)


def gap_table(folder: Path, style: str) -> np.ndarray:
    t = np.arange(600)
    y = 40 + 25 * np.sin(2 * np.pi * t / 47) + np.random.default_rng(1).normal(0, 2, 600)
    hidden = np.zeros(600, dtype=bool)
    for start in (50, 140, 260, 333, 480):
        hidden[start : start + 11] = True
    shown = np.where(hidden, np.nan, y)
    year, month = 1900 + t // 12, t % 12
    if style == "year by month":
        table = pd.DataFrame(shown.reshape(50, 12), columns=MONTHS)
        table.insert(0, "year", 1900 + np.arange(50))
        table.to_string(folder / "values.txt", index=False, na_rep="NaN")
        ids = np.array([f"{a}-{b + 1:02d}" for a, b in zip(year, month, strict=True)])
    else:
        table = pd.DataFrame({"date": pd.date_range("1900-01-01", periods=600, freq="MS"), "north": shown})
        table["south"], table["east"], table["west"] = y + 1, y + 2, y + 3
        table.to_csv(folder / "values.csv", index=False)
        ids = np.array([f"{d:%Y-%m-%d}_north" for d in table["date"]])
    pd.DataFrame({"id": ids[hidden], "y": 0.0}).to_csv(folder / "sample_submission.csv", index=False)
    return y[hidden]


@pytest.mark.parametrize("style", ["year by month", "date by series"])
@pytest.mark.parametrize("member", [gap_autoregression, gap_regression, gap_kernel])
def test_gaps_are_filled_better_than_by_lines(folder: Path, style: str, member: object) -> None:
    wanted = gap_table(folder, style)
    task = task_with(train="", test="", problem="regression", split="block")
    train, test = load_gaps(task)
    assert len(test) == len(wanted)
    found = error(member(train, test, task), wanted)  # type: ignore[operator]
    assert found < 0.8 * error(gap_line(train, test, task), wanted)


def test_hidden_runs_do_not_touch_and_keep_their_truth(folder: Path) -> None:
    gap_table(folder, "year by month")
    task = task_with(train="", test="", problem="regression", split="block")
    train, _ = load_gaps(task)
    [(fit, held, actual)] = split_gaps(train, task)
    assert set(held["step_number"]).isdisjoint(fit["step_number"])
    known = train.set_index("step_number")["y"]
    assert np.allclose(known[held["step_number"]].to_numpy(), actual[:, 0])


def gappy(inputs: int = 0) -> tuple[Frame, Frame, np.ndarray]:
    """A walk over days with holes, some of it due to inputs that are known in the holes."""
    rng = np.random.default_rng(2)
    days = pd.date_range("2021-01-01", periods=400, freq="D").strftime("%Y-%m-%d")
    frame = pd.DataFrame({"id": rng.permutation(400), "date": days, "y": rng.normal(size=400).cumsum()})
    for k in range(inputs):
        frame[f"x{k}"] = rng.normal(size=400)
        frame["y"] += 2.0 * frame[f"x{k}"]
    hidden = np.arange(400) % 40 >= 31
    return frame[~hidden], frame[hidden].drop(columns="y"), frame[hidden]["y"].to_numpy()


@pytest.mark.parametrize("member", [gap_autoregression, gap_regression, gap_kernel])
def test_what_inputs_tell_of_a_gap_is_used(member: object) -> None:
    task = task_with(problem="regression", split="block", split_column="date")
    train, test, wanted = gappy(2)
    found = member(*add_steps(train, test, task), task)  # type: ignore[operator]
    names = ["x0", "x1"]
    bare = add_steps(train.drop(columns=names), test.drop(columns=names), task)
    assert error(found, wanted) < 0.7 * error(member(*bare, task), wanted)  # type: ignore[operator]


FILL = "Fill the gaps of a daily series."


@pytest.mark.parametrize(
    ("inputs", "kind", "text", "chosen"),
    [
        (0, "random", FILL, True),
        (2, "random", FILL, True),
        (2, "block", "", True),
        (0, "random", "", False),
        (2, "random", "Some rows have missing values.", False),
        (8, "block", FILL, False),
        (0, "time", FILL, False),
    ],
)
def test_tables_with_gaps_are_told_from_other_tables(inputs: int, kind: str, text: str, chosen: bool) -> None:
    train, test, _ = gappy(inputs)
    assert (is_gaps(brief_of(train, test, SplitRule(kind, "date"), text)) > 0.5) == chosen  # type: ignore[arg-type]


def test_later_steps_and_tables_with_a_date_are_no_gaps() -> None:
    train, test, _ = gappy()
    steps = np.arange(len(train) + len(test))
    later = test.assign(date=steps[len(train) :])
    rule = SplitRule("random")
    assert is_gaps(brief_of(train.assign(date=steps[: len(train)]), later, rule, FILL)) == 0
    many = pd.concat([train.assign(id=train["id"] + 1000 * k) for k in range(5)], ignore_index=True)
    assert is_gaps(brief_of(many, test, rule, FILL)) == 0


def brief_of(train: Frame, test: Frame, split: SplitRule, text: str) -> TaskBrief:
    tables = {"train.csv": train, "test.csv": test, "sample_submission.csv": test[["id"]].assign(y=0.0)}
    files = profile_files({name: table.to_csv(index=False).encode() for name, table in tables.items()})
    return replace(made_up("regression")[0], split=split, files=files, description=text)


def test_lag_columns_are_grouped_nearest_first() -> None:
    names = ["a_lag2", "a_lag0", "a_lag1", "a_lag10", "b_t-1", "b_t-2", "month", "lagoon"]
    assert lag_groups(names) == {"a": ["a_lag0", "a_lag1", "a_lag2", "a_lag10"]}


@pytest.mark.parametrize("member", [window_kernel, window_ridge, window_components, window_trees])
def test_window_members_learn_from_lags_and_season(member: object) -> None:
    rng = np.random.default_rng(0)
    z = np.convolve(rng.normal(size=420), np.ones(6) / 2, "valid")
    lags = np.lib.stride_tricks.sliding_window_view(z, 12)[:, ::-1]
    frame = pd.DataFrame(lags, columns=[f"sst_lag{k}" for k in range(12)])
    frame["month"] = np.arange(len(frame)) % 12 + 1
    frame["y"] = lags[:, :3].mean(axis=1) + np.sin(2 * np.pi * frame["month"] / 12)
    frame["id"] = range(len(frame))
    train, test = frame[:300], frame[300:]
    found = member(train, test.drop(columns="y"), task_with())  # type: ignore[operator]
    assert error(found, test["y"].to_numpy()) < 0.5 * test["y"].std()


def test_bad_members_get_no_weight_and_trends_keep_their_range() -> None:
    task = task_with()
    actual = np.linspace(0, 1, 20)[:, None]
    weights = blend_by_error([actual + 0.01, actual + 0.011, actual + 5], actual, task)
    assert weights[2] == 0
    assert weights.sum() == pytest.approx(1)
    assert weights[0] > weights[1] > 0
    assert decide_forecast(np.array([[9.0], [-1.0]]), actual, actual, task).tolist() == [[9.0], [0.0]]


def test_columns_known_ahead_are_used() -> None:
    train, test, wanted = parallel_series(4)
    rng = np.random.default_rng(5)
    train["promotion"], test["promotion"] = rng.integers(0, 2, len(train)), rng.integers(0, 2, len(test))
    train["y"] += 20 * train["promotion"]
    wanted = wanted + 20 * test["promotion"].to_numpy()
    task = task_with(split_column="date")
    train, test = add_steps(train, test, task)
    assert error(series_boosting(train, test, task), wanted) < 0.6 * error(
        harmonic_trend(train, test, task), wanted
    )


def test_months_by_number_meet_columns_by_name_without_a_december(folder: Path) -> None:
    table = pd.DataFrame(np.arange(360.0).reshape(30, 12), columns=MONTHS)
    table.insert(0, "year", 1900 + np.arange(30))
    table.loc[10, ["mar", "apr"]] = np.nan
    table.to_csv(folder / "values.csv", index=False)
    sample = pd.DataFrame({"id": ["1910-03", "1910-04"], "y": 0.0})
    sample.to_csv(folder / "sample_submission.csv", index=False)
    task = task_with(train="", test="", problem="regression", split="block")
    train, test = load_gaps(task)
    assert gap_line(train, test, task)[:, 0] == pytest.approx([122.0, 123.0], abs=0.5)


@pytest.mark.parametrize(("length", "horizon"), [(3, 12), (8, 156), (200, 12)])
def test_a_damped_trend_goes_on_however_short_the_series(length: int, horizon: int) -> None:
    path = series_core.damped_path(np.arange(length) / 10 + 5, horizon)
    assert len(path) == horizon
    assert np.isfinite(path).all()
    assert path[0] == pytest.approx(5 + length / 10, abs=0.06)
