"""Texts that belong to each other: their likeness tells what the words of neither tell."""

from __future__ import annotations

import numpy as np
import pandas as pd
from madeup import made_task, made_up
from scipy.stats import spearmanr

from actors.models.offline.catalogue.task import Frame
from actors.models.offline.catalogue.text import text_ridge
from actors.models.offline.catalogue.text_pairs import has_two_texts, text_likeness


def pairs(rows: int = 400) -> Frame:
    """Two texts of twelve words, as many of them shared as the target says."""
    rng = np.random.default_rng(0)
    words = np.array([f"word{n}" for n in range(300)])
    frame = pd.DataFrame({"id": range(rows), "left": "", "right": None, "y": rng.integers(0, 13, rows)})
    left = [rng.choice(words, 12) for _ in range(rows)]
    right = [
        rng.permutation([*a[:k], *rng.choice(words, 12 - k)]) for a, k in zip(left, frame.y, strict=True)
    ]
    return frame.assign(left=[" ".join(a) for a in left], right=[" ".join(b) for b in right])


def test_likeness_is_learnt_where_no_word_says_anything() -> None:
    frame = pairs()
    train, test, wanted = frame[:280], frame[280:].drop(columns="y").reset_index(drop=True), frame["y"][280:]
    task = made_task(metric="spearman")
    blind = spearmanr(text_ridge(train, test, task)[:, 0], wanted).statistic
    wide = text_likeness(train, test, task)
    assert spearmanr(text_ridge(*wide, task)[:, 0], wanted).statistic > 0.9
    assert blind < 0.4
    assert list(wide[0]["y"]) == list(train["y"])


def test_gaps_and_single_texts_are_no_matter() -> None:
    frame = pairs(60)
    frame.loc[::3, "right"] = None
    train, test = frame[:40], frame[40:].drop(columns="y")
    seen, asked = text_likeness(train, test, made_task())
    assert np.isfinite(seen["left_right_words"]).all()
    assert len(asked) == 20
    alone, _ = text_likeness(train.drop(columns="right"), test.drop(columns="right"), made_task())
    assert list(alone.columns) == ["id", "y", "left"]
    assert not has_two_texts(made_up("regression")[0])
