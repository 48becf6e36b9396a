"""What the offline leakage checker reads off programs; nothing here is executed."""

from __future__ import annotations

import ast
import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from doubles import BRIEF
from taskfolders import KINDS, write_task

from actors.briefing import render_brief
from actors.contracts import ColumnFacts, FileFacts, Limits, SplitRule, TaskBrief
from actors.models.offline.answers.leakage import find_leaks, leakage_checker
from actors.models.offline.composing import candidates, compose
from actors.models.offline.conversation import read_question
from actors.models.offline.script import render
from actors.models.offline.syntax import Source
from actors.roles import leakage_checker as role
from runners.referee import Referee
from runners.tasks.registry import folder_tasks

SCRIPTS = Path(__file__).parent / "scripts"
NAMES = ("id", "a", "b", "town", "who", "day", "y")
TABLES = tuple(
    FileFacts(f"{part}.csv", "csv", 1, 9, tuple(ColumnFacts(n, "real") for n in names))
    for part, names in (("train", NAMES), ("test", NAMES[:-1]))
)
RANDOM = replace(BRIEF, files=TABLES)
GROUP = replace(RANDOM, split=SplitRule("group", "who"))
TIME = replace(RANDOM, problem="forecast", split=SplitRule("time", "day"))
HEAD = """import numpy as np
import pandas as pd
train = pd.read_csv("input/train.csv")
test = pd.read_csv("input/test.csv")
"""
TAIL = 'print(f"Final Validation Performance: {score}")\n'


def verdict(script: str, brief: TaskBrief, evidence: str = "") -> role.Verdict:
    inputs = role.Inputs(render_brief(brief, Limits(), {}), script, evidence)
    found = role.ROLE.read(inputs, leakage_checker(read_question(role.ROLE.messages(inputs), 0)))
    assert isinstance(found, role.Verdict)
    return found


LEAKY = {
    "scaler on both tables": (
        RANDOM,
        'both = pd.concat([train[["a"]], test[["a"]]])\n'
        "scaler = StandardScaler().fit(both)\n"
        'X, y = scaler.transform(train[["a"]]), train["y"]\n'
        "X_fit, X_held, y_fit, y_held = train_test_split(X, y)\n"
        "model = Ridge().fit(X_fit, y_fit)\nscore = r2_score(y_held, model.predict(X_held))\n",
    ),
    "encoding by transform": (
        RANDOM,
        'train["t"] = train.groupby(["town", "who"])["y"].transform("mean")\n'
        'score = cross_val_score(Ridge(), train[["a", "t"]], train["y"], cv=5).mean()\n',
    ),
    "own score": (
        RANDOM,
        'X = train[["a"]]\nmodel = Ridge().fit(X, train["y"])\nscore = model.score(X, train["y"])\n',
    ),
    "smote": (
        RANDOM,
        'X, y = train[["a"]], train["y"]\nX, y = SMOTE().fit_resample(X, y)\n'
        "score = cross_val_score(Ridge(), X, y, cv=5).mean()\n",
    ),
    "id in a list": (
        RANDOM,
        'features = [c for c in train.columns if c != "y"]\n'
        'score = cross_val_score(Ridge(), train[features], train["y"], cv=5).mean()\n',
    ),
    "groups ignored": (GROUP, 'score = cross_val_score(Ridge(), train[["a"]], train["y"], cv=5).mean()\n'),
    "time shuffled": (
        TIME,
        "fit, held = train_test_split(train, test_size=0.2, random_state=1)\n"
        'm = Ridge().fit(fit[["a"]], fit["y"])\n'
        'score = r2_score(held["y"], m.predict(held[["a"]]))\n',
    ),
    "centred window": (
        TIME,
        'train["w"] = train["y"].rolling(7, center=True).mean()\ntest["w"] = train["w"].iloc[-1]\n'
        'fit, held = train.iloc[:-50], train.iloc[-50:]\nm = Ridge().fit(fit[["w"]], fit["y"])\n'
        'score = r2_score(held["y"], m.predict(held[["w"]]))\n',
    ),
}

HONEST = {
    "pipeline": (
        RANDOM,
        "both = make_pipeline(StandardScaler(), Ridge())\n"
        'score = cross_val_score(both, train[["a"]], train["y"]).mean()\n',
    ),
    "scaler of the fit part": (
        RANDOM,
        'fit, held = train_test_split(train)\nscaler = StandardScaler().fit(fit[["a"]])\n'
        'model = Ridge().fit(scaler.transform(fit[["a"]]), fit["y"])\n'
        'score = r2_score(held["y"], model.predict(scaler.transform(held[["a"]])))\n'
        'scaler = StandardScaler().fit(train[["a"]])\nmodel.fit(scaler.transform(train[["a"]]), train["y"])\n'
        'p = model.predict(scaler.transform(test[["a"]]))\n',
    ),
    "encoding within folds": (
        RANDOM,
        "scores = []\n"
        "for a, b in KFold(5).split(train):\n    fit, held = train.iloc[a].copy(), train.iloc[b].copy()\n"
        '    means = fit.groupby("town")["y"].mean()\n    held["t"] = held["town"].map(means)\n'
        '    fit["t"] = fit.groupby("town")["y"].transform("mean")\n'
        '    m = Ridge().fit(fit[["t"]], fit["y"])\n'
        '    scores.append(r2_score(held["y"], m.predict(held[["t"]])))\n'
        "score = np.mean(scores)\n",
    ),
    "counts of a category": (
        RANDOM,
        'train["n"] = train.groupby("town")["a"].transform("count")\n'
        'score = cross_val_score(Ridge(), train[["n"]], train["y"], cv=5).mean()\n',
    ),
    "training score beside": (
        RANDOM,
        'X, y = train[["a"]], train["y"]\nX_fit, X_held, y_fit, y_held = train_test_split(X, y)\n'
        "m = Ridge().fit(X_fit, y_fit)\n"
        'print("train:", m.score(X_fit, y_fit))\nscore = m.score(X_held, y_held)\n',
    ),
    "groups kept": (
        GROUP,
        'X, y, who = train[["a"]], train["y"], train["who"]\n'
        "score = cross_val_score(Ridge(), X, y, cv=GroupKFold(5), groups=who).mean()\n",
    ),
    "label from the future": (
        TIME,
        'train["goal"] = train["y"].shift(-1)\ny = train["goal"]\nX = train[["a"]]\n'
        "m = Ridge().fit(X[:-50], y[:-50])\nscore = r2_score(y[-50:-1], m.predict(X[-50:-1]))\n",
    ),
    "known in advance": (
        TIME,
        'train["later"] = train["a"].shift(-1)\ntest["later"] = test["a"].shift(-1)\n'
        'm = Ridge().fit(train[["later"]][:-50], train["y"][:-50])\n'
        'score = r2_score(train["y"][-50:], m.predict(train[["later"]][-50:]))\n',
    ),
    "past lag": (
        TIME,
        'train["lag"] = train["y"].shift(60)\nm = Ridge().fit(train[["lag"]][60:-60], train["y"][60:-60])\n'
        'score = r2_score(train["y"][-60:], m.predict(train[["lag"]][-60:]))\n',
    ),
    "ids taken out": (
        RANDOM,
        'train = train.drop(columns=["id"])\nX = train.drop(columns=["y"])\n'
        'score = cross_val_score(Ridge(), X, train["y"], cv=5).mean()\n',
    ),
    "more data": (
        RANDOM,
        'more = pd.read_csv("input/more.csv")\ntrain = pd.concat([train, more])\n'
        'score = cross_val_score(Ridge(), train[["a"]], train["y"], cv=5).mean()\n',
    ),
    "score from a function": (RANDOM, "def measure():\n    return 0.5\nscore = measure()\n"),
}


@pytest.mark.parametrize("name", LEAKY)
def test_a_leak_is_read_and_the_repaired_program_is_clean(name: str) -> None:
    brief, body = LEAKY[name]
    found = verdict(HEAD + body + TAIL, brief)
    assert found.leaky
    assert found.why
    repaired = role.repair(HEAD + body + TAIL, found)
    assert not verdict(repaired, brief).leaky


@pytest.mark.parametrize("evidence", ["", "The script printed 0.99; it scored 0.5."])
@pytest.mark.parametrize("name", HONEST)
def test_honest_programs_are_left_alone(name: str, evidence: str) -> None:
    brief, body = HONEST[name]
    assert not verdict(HEAD + body + TAIL, brief, evidence).leaky


@pytest.mark.parametrize("kind", KINDS)
def test_programs_of_the_offline_engineer_are_never_called_leaky(kind: str, tmp_path: Path) -> None:
    write_task(kind, tmp_path)
    sources = folder_tasks(tmp_path)
    brief = asyncio.run(Referee(sources).data(sources[0].id)).brief
    members = candidates(brief, "member")
    assert members
    script = Source(render(compose(brief, Limits(), 0, members)))  # every function that it could use
    assert find_leaks(script, brief, harder=True) == []
    assert find_leaks(script, brief) == []


def test_what_is_no_program_has_no_verdict_against_it() -> None:
    assert not verdict("this is (no program", RANDOM).leaky


def test_evidence_makes_it_look_into_functions() -> None:
    body = (
        "def prepare(train):\n"
        '    train["lead"] = train["y"].shift(-1)\n'
        "    return train\n"
        'train = prepare(train)\nscore = cross_val_score(Ridge(), train[["lead"]], train["y"]).mean()\n'
    )
    assert not verdict(HEAD + body + TAIL, RANDOM).leaky
    assert verdict(HEAD + body + TAIL, RANDOM, "printed 1.0, measured 0.1").leaky


def test_the_block_is_the_one_that_was_meant() -> None:
    body = (
        'if False:\n    print(f"Final Validation Performance: {0.9}")\n'
        'score = cross_val_score(Ridge(), train[["a"]], train["y"]).mean()\n' + TAIL
    )
    found = verdict(HEAD + body, RANDOM)
    repaired = role.repair(HEAD + body, found)
    assert repaired.endswith(TAIL)
    assert "{0.9}" not in repaired


@pytest.mark.parametrize("path", sorted(SCRIPTS.glob("*.py")), ids=lambda p: p.stem)
def test_planted_scripts_are_programs(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))
