"""Texts, and panels whose rows have a past."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from madeup import made_task, made_up, run

from actors.contracts import Limits, SplitRule
from actors.models.offline.catalogue.panel_features import own_history, own_past, panel_keys
from actors.models.offline.catalogue.panel_past import (
    has_panel,
    load_past,
    past_boosting,
    past_linear,
    past_trees,
    split_last_rows,
    split_last_times,
)
from actors.models.offline.catalogue.task import Frame, class_codes
from actors.models.offline.catalogue.text import (
    load_texts,
    text_bayes,
    text_boosting,
    text_logistic,
    text_ridge,
    text_svc,
)
from actors.models.offline.catalogue.text_matrix import text_columns
from actors.models.offline.composing import candidates, compose
from actors.models.offline.script import render
from runners.tasks.facts import profile_files

task_with = partial(made_task, target=("cost",), split="group", split_column="person", train_only=("visits",))


def panel() -> tuple[Frame, Frame, np.ndarray]:
    rng = np.random.default_rng(0)
    person, year = np.repeat(np.arange(300), 4), np.tile(np.arange(1, 5), 300)
    level = rng.normal(size=300)[person]
    frame = pd.DataFrame({"person": person + 7000, "family": person // 2 + 100, "year": year})
    frame["age"] = rng.integers(20, 60, len(frame))
    frame["cost"] = level + rng.normal(0, 0.5, len(frame))
    frame["visits"] = np.round(np.exp(level / 2) + rng.random(len(frame)))
    frame = frame.sample(frac=1, random_state=0, ignore_index=True)
    frame["id"] = np.arange(len(frame))
    asked = (frame["year"] == 4) & (frame["person"] % 2 == 0)
    test = frame[asked]
    return frame[~asked], test.drop(columns=["cost", "visits"]), test["cost"].to_numpy()


def test_past_is_that_of_earlier_rows_alone() -> None:
    train, test, _ = panel()
    task = task_with()
    assert panel_keys(train, test, task) == (("person",), "year")
    seen, asked = own_past(train, test, task)
    row = seen[(seen["person"] == 7001) & (seen["year"] == 3)].iloc[0]
    own = train[train["person"] == 7001].set_index("year")
    assert row["past_cost_last"] == pytest.approx(own.loc[2, "cost"])
    assert row["past_cost_mean"] == pytest.approx(own.loc[[1, 2], "cost"].mean())
    assert row["past_visits_most"] == own.loc[[1, 2], "visits"].max()
    assert row["past_rows"] == 2
    assert seen.loc[seen["year"] == 1, "past_cost_last"].isna().all()
    later = asked[asked["person"] == 7002].iloc[0]
    assert later["past_cost_last"] == pytest.approx(
        train[(train["person"] == 7002) & (train["year"] == 3)]["cost"].iloc[0]
    )


def test_mates_leave_the_entity_itself_out() -> None:
    train, test, _ = panel()
    seen, _ = own_past(train, test, task_with())
    row = seen[(seen["person"] == 7003) & (seen["year"] == 2)].iloc[0]
    mate = train[(train["family"] == row["family"]) & (train["person"] != 7003)]
    assert row["past_cost_mates_now"] == pytest.approx(mate[mate["year"] == 2]["cost"].iloc[0])
    assert row["past_cost_mates_ever"] == pytest.approx(mate["cost"].mean())


def test_a_changed_own_target_does_not_move_the_own_row() -> None:
    train, test, _ = panel()
    task = task_with()
    at = train.index[(train["person"] == 7005) & (train["year"] == 4)][0]
    changed = train.copy()
    changed.loc[at, "cost"] = 999.0
    columns = [c for c in own_past(train, test, task)[0].columns if c.startswith("past_")]
    before, after = (own_past(t, test, task)[0].loc[at, columns] for t in (train, changed))
    assert np.allclose(before.astype(float), after.astype(float), equal_nan=True)


def test_longer_gaps_of_the_test_rows_are_kept_in_training() -> None:
    train, test, _ = panel()
    train = train[~(train["person"].isin(test["person"]) & (train["year"] == 3))]
    seen, _ = own_past(train, test, task_with())
    row = seen[(seen["person"] == 7001) & (seen["year"] == 3)].iloc[0]
    assert row["past_rows"] == 1  # year 1 alone: test rows see nothing of the year before


@pytest.mark.parametrize("member", [past_boosting, past_trees, past_linear])
def test_past_members_beat_the_mean(member: object) -> None:
    train, test, wanted = panel()
    task = task_with()
    found = member(*own_past(train, test, task), task)[:, 0]  # type: ignore[operator]
    assert np.sqrt(np.mean((found - wanted) ** 2)) < 0.75 * wanted.std()


def test_last_rows_are_held_without_what_only_training_knows() -> None:
    train, _, _ = panel()
    [(fit, held, actual)] = split_last_rows(train, task_with())
    assert {"cost", "visits"}.isdisjoint(held.columns)
    assert len(actual) == len(held)
    last = train.groupby("person")["year"].max()
    assert (held["year"] == held["person"].map(last)).all()
    assert set(held["person"]) <= set(fit["person"])


def test_tables_without_a_past_pass_unchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train, test, _ = panel()
    (tmp_path / "input").mkdir()
    monkeypatch.chdir(tmp_path)
    train.to_csv("input/train.csv", index=False)
    test.assign(person=test["person"] + 10_000).to_csv("input/test.csv", index=False)
    new_train, new_test = own_past(*load_past(task_with()), task_with())
    assert list(new_train.columns) == list(train.columns)
    assert "past_rows" not in new_test


def yearly_panel() -> tuple[Frame, Frame, np.ndarray]:
    """Levels that walk, and inputs that move them: the next two years of each country are asked."""
    rng = np.random.default_rng(0)
    country, year = np.repeat(np.arange(30), 16), np.tile(np.arange(2000, 2016), 30)
    frame = pd.DataFrame(
        {"id": rng.permutation(480), "country": [f"C{c:02d}" for c in country], "year": year}
    )
    for name in ("a", "b", "c", "d"):
        frame[name] = rng.normal(size=480).round(3)
    walk = rng.normal(0, 2, 30)[:, None] + np.cumsum(rng.normal(0, 0.8, (30, 16)), axis=1)
    frame["cost"] = walk.reshape(-1) + frame["a"] - 0.5 * frame["b"] + rng.normal(0, 0.2, 480)
    late = frame["year"] >= 2014
    return frame[~late], frame[late].drop(columns="cost"), frame[late]["cost"].to_numpy()


def parted(frame: Frame) -> Frame:
    """The country's number as two columns that name it together."""
    number = frame["country"].str[1:].astype(int)
    return frame.assign(region="R" + (number // 6).astype(str), sector=number % 6)


def test_history_is_as_old_as_that_of_the_test_rows() -> None:
    train, test, _ = yearly_panel()
    train = train[train["year"] <= 2012]  # a year lies between: nothing of the last two is known
    seen, asked = own_history(train, test, task_with(split="time", split_column="year"))
    row = seen[(seen["country"] == "C03") & (seen["year"] == 2010)].iloc[0]
    own = train[train["country"] == "C03"].set_index("year")
    assert row["past_age"] in (2, 3)
    assert row["past_cost_last"] == pytest.approx(own.loc[2010 - row["past_age"], "cost"])
    assert row["past_a_last"] == pytest.approx(own.loc[2010 - row["past_age"], "a"])
    later = asked[(asked["country"] == "C03") & (asked["year"] == 2015)].iloc[0]
    assert (later["past_age"], later["past_cost_last"]) == (3, own.loc[2012, "cost"])
    assert seen.notna().all(axis=None)


def test_the_latest_times_are_held_whole() -> None:
    train, _, _ = yearly_panel()
    task = task_with(split="time", split_column="year")
    [(fit, held, actual)] = split_last_times(train.sample(frac=1, random_state=1), task)
    assert sorted(held["year"].unique()) == [2012, 2013]
    assert fit["year"].max() == 2011
    assert len(held) == len(actual) == 60
    assert "cost" not in held


@pytest.mark.parametrize("keys", [["country"], ["region", "sector"]])
def test_a_panel_split_by_time_beats_the_last_value(
    keys: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, test, wanted = (parted(t) if isinstance(t, Frame) else t for t in yearly_panel())
    train, test = (
        t.drop(columns=["country"] if len(keys) > 1 else ["region", "sector"]) for t in (train, test)
    )
    assert panel_keys(train, test, task_with(split="time", split_column="year")) == (tuple(keys), "year")
    sample = test[["id"]].assign(cost=0.0)
    tables = {"train.csv": train, "test.csv": test, "sample_submission.csv": sample}
    files = {name: table.to_csv(index=False).encode() for name, table in tables.items()}
    made, _ = made_up("regression")
    brief = replace(
        made, target=("cost",), split=SplitRule("time", "year"), files=profile_files(files), classes=()
    )
    assert has_panel(brief)
    assert not has_panel(replace(brief, split=SplitRule("random")))
    assert not has_panel(made)
    script = compose(brief, Limits(), 0, candidates(brief, "member")[:1])
    found = run(render(script), files, tmp_path, monkeypatch)["cost"].to_numpy()
    last = test.join(train.groupby(keys)["cost"].last(), on=keys)["cost"].to_numpy()
    assert np.sqrt(np.mean((found - wanted) ** 2)) < 0.85 * np.sqrt(np.mean((last - wanted) ** 2))


TOPICS = {
    "pay": "invoice bill payment card charged refund money price",
    "log": "password login account email locked reset sign access",
    "ship": "parcel delivery courier late address package tracking arrived",
}


def letters(count: int, seed: int) -> Frame:
    rng = np.random.default_rng(seed)
    kinds = rng.choice(list(TOPICS), count)
    filler = [
        "the",
        "my",
        "a",
        "please",
        "today",
        "again",
        "hello",
        "thanks",
        "with",
        "from",
        "and",
        "we",
        "you",
        "about",
    ]
    texts = [
        " ".join(rng.permutation([*rng.choice(TOPICS[k].split(), 3), *rng.choice(filler, 8)])) for k in kinds
    ]
    frame = pd.DataFrame({"id": np.arange(count) + seed * 10_000, "text": texts, "label": kinds})
    frame["hour"] = rng.integers(0, 24, count)
    frame["score"] = frame["label"].map({"pay": 1.0, "log": 2.0, "ship": 4.0}) + frame["hour"] / 12
    frame.loc[3, "text"] = None
    return frame


CLASSES = {"kind": "classes", "problem": "multiclass", "target": ("label",), "prediction": "label"}


@pytest.mark.parametrize("metric", ["accuracy", "log_loss"])
@pytest.mark.parametrize("member", [text_svc, text_logistic, text_bayes, text_boosting])
def test_texts_are_told_apart(member: object, metric: str) -> None:
    train, test = letters(200, 1), letters(100, 2)
    task = task_with(**CLASSES, metric=metric, classes=("log", "pay", "ship"), split="stratified")
    assert text_columns(train, test, task) == ["text"]
    asked = test.drop(columns=["label", "score"])
    chances = member(train.drop(columns="score"), asked, task)  # type: ignore[operator]
    codes = class_codes(test["label"].tolist(), task).astype(int)
    assert np.allclose(chances.sum(axis=1), 1)
    assert (chances.argmax(axis=1) == codes).mean() > 0.9
    if metric == "log_loss" and member is text_svc:
        assert -np.log(chances[np.arange(100), codes]).mean() < 0.4


@pytest.mark.parametrize("member", [text_ridge, text_boosting])
def test_numbers_are_read_off_texts_and_columns(member: object) -> None:
    train, test = letters(300, 1), letters(100, 2)
    task = task_with(target=("score",), split="random", split_column="")
    asked = test.drop(columns=["label", "score"])
    found = member(train.drop(columns="label"), asked, task)  # type: ignore[operator]
    assert np.sqrt(np.mean((found[:, 0] - test["score"]) ** 2)) < 0.6 * test["score"].std()


@pytest.mark.parametrize("member", [text_ridge, text_boosting])
def test_relative_errors_of_numbers_are_fitted_on_logarithms(member: object) -> None:
    train, test = letters(300, 1), letters(100, 2)
    asked, wanted = test.drop(columns=["label", "score"]), 2.0 * test["score"]
    known = train.drop(columns="label").assign(score=np.exp(2.0 * train["score"]))

    def error(metric: str) -> float:
        task = task_with(target=("score",), split="random", split_column="", metric=metric)
        found = member(known, asked, task)[:, 0]  # type: ignore[operator]
        return float(np.sqrt(np.mean((np.log1p(np.maximum(found, 0)) - np.log1p(np.exp(wanted))) ** 2)))

    assert error("rmsle") < 0.8 * error("rmse")


def test_trees_learn_of_rare_words_from_a_ridge() -> None:
    rng = np.random.default_rng(0)
    words = np.array([f"{a}{b}{c}" for a in "bdkt" for b in "aeiou" for c in ("ns", "rm", "lp", "st", "x")])
    worth = rng.normal(size=len(words))
    drawn = rng.integers(0, len(words), (700, 20))
    frame = pd.DataFrame({"id": range(700), "text": [" ".join(words[row]) for row in drawn]})
    frame["kind"] = rng.choice(["a", "b"], 700)
    frame["score"] = worth[drawn].sum(axis=1) + 6.0 * (frame["kind"] == "a")
    task = task_with(target=("score",), split="random", split_column="")
    found = text_boosting(frame[:500], frame[500:].drop(columns="score"), task, components=10)
    wanted = frame["score"].to_numpy()[500:]
    assert np.sqrt(np.mean((found[:, 0] - wanted) ** 2)) < 0.6 * wanted.std()


def test_texts_keep_their_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "input").mkdir()
    monkeypatch.chdir(tmp_path)
    letters(30, 1).to_json("input/train.jsonl", orient="records", lines=True)
    letters(10, 2).drop(columns="label").to_json("input/test.jsonl", orient="records", lines=True)
    train, test = load_texts(task_with(train="train.jsonl", test="test.jsonl"))
    assert train["text"].str.len().mean() > 30
    assert len(test) == 10
