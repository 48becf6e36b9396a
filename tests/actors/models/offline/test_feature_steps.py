"""Steps and members on columns that trip what expects ordinary ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from madeup import made_task

from actors.models.offline.catalogue.kernels import gaussian_process, kernel_linear, support_vectors
from actors.models.offline.catalogue.linear import elastic_net, interactions, splines
from actors.models.offline.catalogue.spectra import latent
from actors.models.offline.catalogue.tables_clean import mark_missing, split_codes
from actors.models.offline.catalogue.tables_encode import target_means, text_topics
from actors.models.offline.catalogue.task import Array, Frame
from actors.models.offline.catalogue.text import text_ridge


def split(frame: Frame, cut: int) -> tuple[Frame, Frame]:
    return frame.iloc[:cut].reset_index(drop=True), frame.iloc[cut:].drop(columns="y").reset_index(drop=True)


def test_a_flag_that_the_table_has_already_is_not_made_again() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"id": range(60), "income": rng.normal(size=60), "y": rng.normal(size=60)})
    frame.loc[::5, "income"] = np.nan
    frame["income_missing"] = rng.integers(0, 2, 60)
    train, test = mark_missing(*split(frame, 40), made_task())
    assert list(train.columns) == ["id", "y", "income", "income_missing"]
    assert list(test.columns) == ["id", "income", "income_missing"]


def test_target_means_of_fewer_groups_than_folds() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"id": range(200), "site": rng.integers(0, 4, 200), "y": rng.normal(size=200)})
    frame["town"] = [f"t{n}" for n in rng.integers(0, 30, 200)]
    train, test = target_means(*split(frame, 150), made_task(split="group", split_column="site"))
    assert {"town_mean0"} <= {*train.columns} & {*test.columns}


def sequences() -> Frame:
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("ACGT"), 60)) for _ in range(240)]
    return pd.DataFrame({"id": range(240), "dna": texts, "y": [float(t.count("GC")) for t in texts]})


def test_text_whose_words_never_recur_is_read_by_letters() -> None:
    train, test = split(sequences(), 180)
    actual = sequences()["y"].to_numpy()[180:]
    guess = text_ridge(train, test, made_task())[:, 0]
    assert np.corrcoef(guess, actual)[0, 1] > 0.7
    topics, _ = text_topics(train, test, made_task())
    assert sum(c.startswith("dna_part") for c in topics.columns) > 5


def test_codes_keep_their_sign_and_their_thousands() -> None:
    texts = [f"{n:,} kg" for n in range(10_950, 10_990)] + [f"-{n}.5 C" for n in range(40)]
    frame = pd.DataFrame({"id": range(80), "code": texts, "y": 1.0})
    train, _ = split_codes(*split(frame.sample(frac=1, random_state=0), 60), made_task())
    numbers = dict(zip(train["id"], train["code_number0"], strict=True))
    assert all(numbers[i] == 10_950 + i if i < 40 else numbers[i] == -(i - 40 + 0.5) for i in numbers)


@pytest.mark.parametrize(
    "member",
    [gaussian_process, kernel_linear, interactions, elastic_net, support_vectors, latent],
    ids=lambda m: m.__name__,
)
def test_relative_errors_are_fitted_on_logs(member: object) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(260, 4))
    y = np.exp(2 + x[:, 0] + 0.5 * x[:, 1] + 0.2 * rng.normal(size=260))
    frame = pd.DataFrame(x, columns=list("abcd")).assign(id=range(260), y=y)

    def error(metric: str) -> float:
        guess: Array = member(*split(frame, 200), made_task(metric=metric))  # type: ignore[operator]
        return float(np.sqrt(np.mean((np.log1p(np.clip(guess[:, 0], 0, None)) - np.log1p(y[200:])) ** 2)))

    assert error("rmsle") < 0.9 * error("rmse")


def test_a_few_numbers_that_never_recur_stay_numbers_and_no_column_is_no_failure() -> None:
    train, test = split(pd.DataFrame({"id": range(9), "a": np.arange(9.0), "y": np.arange(9.0)}), 6)
    assert np.abs(splines(train, test, made_task())[:, 0] - [6, 7, 8]).max() < 2.5
    names = [f"n{k}" for k in range(9)]
    train, test = split(pd.DataFrame({"id": range(9), "name": names, "y": np.arange(9.0)}), 6)
    assert splines(train, test, made_task())[:, 0] == pytest.approx(2.5)
