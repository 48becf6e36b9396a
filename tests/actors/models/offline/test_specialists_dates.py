"""Dates of every spelling: one reading for features, splits and series."""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from madeup import made_task, run

from actors.contracts import Limits, SplitRule, TaskBrief
from actors.models.offline.catalogue.dates import moments_of
from actors.models.offline.catalogue.series_time import as_moments, date_steps
from actors.models.offline.catalogue.splitting import time_folds
from actors.models.offline.catalogue.tables_clean import as_dates, expand_dates
from actors.models.offline.composing import candidates, compose, layout_of
from actors.models.offline.script import render
from runners.tasks.facts import profile_files

SPELLINGS = [
    (["13/01/2020", "05/01/2020"], ["2020-01-13", "2020-01-05"]),
    (["01/13/2020", "05/01/2020"], ["2020-01-13", "2020-05-01"]),
    (["01/01/2020", "01/02/2020", "01/03/2020"], ["2020-01-01", "2020-02-01", "2020-03-01"]),
    (["01/01/2020", "02/01/2020", "03/01/2020"], ["2020-01-01", "2020-02-01", "2020-03-01"]),
    (["05.01.2020", "06.02.2020 14:30"], ["2020-01-05", "2020-02-06 14:30"]),
    (["05/01/20", "31/12/99"], ["2020-01-05", "1999-12-31"]),
    (["2020-01-05T01:00:00+01:00", "2020-07-01 02:00+02:00", None], ["2020-01-05", "2020-07-01", None]),
    (["12-Jan-2020", "1-Feb-21"], ["2020-01-12", "2021-02-01"]),
    (["Jan 5, 2020", "Sept. 6, 2021"], ["2020-01-05", "2021-09-06"]),
    (["Jan 2020", "January 2021", "Jan-22"], ["2020-01-01", "2021-01-01", "2022-01-01"]),
    (["2020-01", "2020-12"], ["2020-01-01", "2020-12-01"]),
    (["2020-W05", "2021W01"], ["2020-01-27", "2021-01-04"]),
    (["2020Q3", "Q1 2021"], ["2020-07-01", "2021-01-01"]),
    (["2020-01-05", "2020-02-30"], ["2020-01-05", None]),
    (["2020-01-05", "2020-13-05", "5 Jan 2020"], ["2020-01-05", None, "2020-01-05"]),
]
NO_DATES = ["12-34-56", "99-88-77", "1.10.2", "192.168.10.12", "may", "mar 123", "AB-12-2020", "0123-11", "7"]


task_with = partial(made_task, split="time", split_column="when")


def make_brief(files: dict[str, bytes], *, problem: str, split: SplitRule) -> TaskBrief:
    return TaskBrief(
        id="made-up",
        description="",
        problem=problem,  # type: ignore[arg-type]
        metric="rmse",
        direction="minimize",
        target=("y",),
        id_column="id",
        prediction="value",
        split=split,
        files=profile_files(files),
        train="train.csv",
        test="test.csv",
        sample_submission="sample_submission.csv",
    )


@pytest.mark.parametrize(("spelled", "meant"), SPELLINGS)
def test_dates_are_read_however_spelled(spelled: list[str | None], meant: list[str | None]) -> None:
    found = moments_of(pd.Series(spelled, index=range(5, 5 + len(spelled))))
    wanted = [pd.NaT if m is None else pd.Timestamp(m) for m in meant]
    assert [a == b or (pd.isna(a) and pd.isna(b)) for a, b in zip(found, wanted, strict=True)] == [
        True for _ in wanted
    ]
    assert found.index[0] == 5


def test_codes_and_numbers_are_no_dates() -> None:
    assert moments_of(pd.Series(NO_DATES)).isna().all()
    assert moments_of(pd.Series([2020, 20200105, 7])).isna().all()
    assert as_dates(pd.Series(NO_DATES)) is None


def test_zoned_and_text_columns_become_plain_timestamps() -> None:
    zoned = pd.Series(pd.to_datetime(["2020-01-05 01:00", "2020-07-01 02:00"])).dt.tz_localize(
        "Europe/Berlin"
    )
    assert moments_of(zoned).tolist() == [pd.Timestamp("2020-01-05"), pd.Timestamp("2020-07-01")]
    mixed = pd.Series([f"2020-0{1 + i}-01T00:00:00+0{1 + i % 2}:00" for i in range(9)])
    moments = as_moments(mixed)
    assert moments is not None
    assert np.isfinite(date_steps(moments)[0]).all()


def test_both_tables_are_read_with_the_day_first() -> None:
    days = pd.date_range("2020-01-01", periods=40, freq="D")
    frame = pd.DataFrame({"id": range(40), "when": days.strftime("%d/%m/%Y"), "y": np.arange(40.0)})
    train, test = expand_dates(frame[:31], frame[31:].drop(columns="y"), task_with())
    # The test days, 1 to 9 February, do not show by themselves that the day stands first.
    assert np.concatenate([train["when_days"], test["when_days"]]).tolist() == list(range(40))


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%d-%b-%Y", "%Y-%m-%dT00:00:00+01:00"])
def test_the_latest_days_are_held_out(form: str) -> None:
    days = pd.date_range("2020-01-01", periods=60, freq="D")
    frame = pd.DataFrame({"when": days.strftime(form), "y": np.arange(60.0)})
    frame.loc[3, "when"] = frame.loc[3, "when"].replace("+01", "+02")
    [(_, held, actual)] = time_folds(frame.sample(frac=1, random_state=0), task_with())
    assert sorted(actual.reshape(-1)) == list(range(48, 60))
    assert "y" not in held


@pytest.mark.parametrize("form", ["%b-%y", "zones"])
def test_a_composed_script_forecasts_several_series_whatever_the_spelling(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    months = pd.date_range("2012-01-01", periods=96, freq="MS")
    zones = [f"{d:%Y-%m-%d}T12:00:00+0{1 + (3 < d.month < 11)}:00" for d in months]
    spelled = zones if form == "zones" else months.strftime(form)
    season = np.arange(96) * 0.3 + 6 * np.sin(np.arange(96) * np.pi / 6)
    parts = [
        pd.DataFrame({"shop": s, "when": spelled, "y": k * season})
        for k, s in enumerate(["north", "south", "west"], 1)
    ]
    frame = pd.concat(parts, ignore_index=True)
    frame.insert(0, "id", np.random.default_rng(0).permutation(len(frame)))
    late = np.tile(np.arange(96) >= 84, 3)
    asked = frame[late]
    tables = {
        "train.csv": frame[~late],
        "test.csv": asked.drop(columns="y"),
        "sample_submission.csv": asked[["id"]].assign(y=0.0),
    }
    files = {name: table.to_csv(index=False).encode() for name, table in tables.items()}
    brief = make_brief(files, problem="forecast", split=SplitRule("time", "when"))
    assert layout_of(brief) == "series"
    script = compose(brief, Limits(), 0, candidates(brief, "member")[:1])
    found = run(render(script), files, tmp_path, monkeypatch)
    wrong = found.merge(asked, on="id", suffixes=("", "_true")).eval("y - y_true")
    assert np.sqrt((wrong**2).mean()) < 0.1 * asked["y"].std()
