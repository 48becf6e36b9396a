"""MLE-STAR's three algorithms step by step, against a scripted model."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from doubles import BRIEF, cards, data, fence, script
from scriptedstar import BLOCK, LastScore, answers, by_card, replaced, run, stage1, winner

from actors.contracts import (
    AgentSettings,
    Ending,
)
from actors.models.scripted import ScriptedModel
from scratchpad.records import Kind


def test_merging_goes_from_the_best_and_stops_at_the_first_that_does_not_improve() -> None:
    merges = [fence(script(0.6, "# ab")), fence(script(0.59, "# abc")), fence(script(0.9, "# never"))]
    names = ("a", "b", "c", "d")
    scores = by_card({"a": 0.3, "b": 0.5, "c": 0.2, "d": 0.4})
    model = ScriptedModel(answers(retriever=[cards(*names)], initialiser=[scores], merger=merges))
    end, entries = run(model, stage1(models=4))
    asked = model.asked("merger")
    assert len(asked) == 2
    assert "# card b" in asked[0].split("## Other script")[0]
    assert "# card d" in asked[0].split("## Other script")[1]
    assert "# ab" in asked[1].split("## Other script")[0]
    assert "# card a" in asked[1].split("## Other script")[1]
    assert winner(entries) == 0.6
    assert end.ending is Ending.FINISHED


def test_a_merge_that_ties_is_accepted() -> None:
    model = ScriptedModel(answers(merger=[fence(script(0.5, "# tie")), fence(script(0.4, "# worse"))]))
    _, entries = run(model, stage1())
    submitted = next(e for e in entries if e.kind is Kind.SUBMISSION)
    assert "# tie" in submitted.content


def test_the_last_inner_plan_counts_and_the_coder_starts_from_the_original_block() -> None:
    model = ScriptedModel(answers(coder=replaced(0.2, 0.3, 0.95), debugger=["no"]))
    settings = AgentSettings(outer_steps=1, inner_steps=3, ensemble_rounds=0)
    _, entries = run(model, settings, LastScore())
    assert winner(entries) == 0.95
    for prompt in model.asked("coder"):
        assert f"## Block\n\n```python\n{BLOCK}\n```" in prompt
        assert "model = 'new'" not in prompt


def test_planners_see_every_earlier_plan_and_score_failures_included() -> None:
    model = ScriptedModel(answers(coder=replaced(0.2, None, 0.3), debugger=["no"]))
    settings = AgentSettings(outer_steps=1, inner_steps=3, ensemble_rounds=0)
    run(model, settings, LastScore())
    first, second = model.asked("planner")
    assert "plan: plan 0\n  score: 0.2" in first
    assert "plan: plan 0\n  score: 0.2" in second
    assert "plan: plan 1\n  score: failed" in second


def test_a_tied_refinement_is_accepted_and_a_worse_one_is_not() -> None:
    settings = AgentSettings(outer_steps=1, inner_steps=1, ensemble_rounds=0)
    for score, kept in ((0.5, True), (0.49, False)):
        model = ScriptedModel(answers(coder=replaced(score)))
        _, entries = run(model, settings, LastScore())
        submitted = next(e for e in entries if e.kind is Kind.SUBMISSION)
        assert ("model = 'new'" in submitted.content) is kept


def test_a_block_is_not_refined_twice() -> None:
    model = ScriptedModel(answers(coder=replaced(0.1)))
    settings = AgentSettings(outer_steps=2, inner_steps=1, ensemble_rounds=0)
    _, entries = run(model, settings, LastScore())
    assert len(model.asked("coder")) == 1
    assert "refined before" in model.asked("extractor")[-1]
    assert any("refined before" in (e.error or "") for e in entries)


def test_the_next_outer_step_starts_from_the_refined_script() -> None:
    picks = [json.dumps({"block": b, "plan": "p"}) for b in (BLOCK, "model = 'new'\nSCORE = 0.6")]
    model = ScriptedModel(
        answers(extractor=picks, coder=[*replaced(0.6), fence("model = 'newer'\nSCORE = 0.7\n")])
    )
    settings = AgentSettings(outer_steps=2, inner_steps=1, ensemble_rounds=0)
    _, entries = run(model, settings, LastScore())
    assert winner(entries) == 0.7
    assert "### Ablation 1" in model.asked("ablator")[1]


def test_ensembling_makes_r_rounds_and_a_better_final_is_kept() -> None:
    model = ScriptedModel(answers())
    _, entries = run(model, AgentSettings(outer_steps=0, ensemble_rounds=3, solutions=2))
    asked = model.asked("ensemble_planner")
    assert len(asked) == 3
    assert "none yet" in asked[0]
    assert "plan: mix A\n  score: 0.2" in asked[2]
    assert "plan: mix B\n  score: 0.2" in asked[2]
    assert winner(entries) == 0.5
    better = ScriptedModel(answers(ensembler=[fence(script(0.2)), fence(script(0.8)), fence(script(0.7))]))
    _, entries = run(better, AgentSettings(outer_steps=0, ensemble_rounds=3))
    assert winner(entries) == 0.8


def test_an_ensemble_that_ties_is_accepted_and_one_that_fails_is_told_to_the_planner() -> None:
    tie = ScriptedModel(answers(ensembler=[fence(script(0.5, "# tie"))]))
    _, entries = run(tie, AgentSettings(outer_steps=0, ensemble_rounds=1))
    assert "# tie" in next(e for e in entries if e.kind is Kind.SUBMISSION).content
    fails = fence(script(0.9, crash=True))
    model = ScriptedModel(answers(ensembler=[fails, "no code"], debugger=["no"]))
    run(model, AgentSettings(outer_steps=0, ensemble_rounds=3))
    assert "plan: mix A\n  score: failed" in model.asked("ensemble_planner")[1]
    assert "plan: mix B\n  score: failed" in model.asked("ensemble_planner")[2]


def test_where_less_is_better_the_least_score_wins() -> None:
    scores = by_card({"a": 0.3, "b": 0.5, "c": 0.4})
    merges = [fence(script(0.25, BLOCK, "# better")), fence(script(0.26, "# worse"))]
    model = ScriptedModel(answers(initialiser=[scores], merger=merges, coder=replaced(0.25, 0.24)))
    settings = AgentSettings(outer_steps=1, inner_steps=2, ensemble_rounds=0)
    loss = data(replace(BRIEF, metric="rmse", direction="minimize"))
    _, entries = run(model, settings, LastScore(), task=loss)
    assert "# card a" in model.asked("merger")[0].split("## Other script")[0]
    assert "base: 0.3, other: 0.4" in model.asked("merger")[0]
    assert winner(entries) == 0.24


def test_a_script_that_fails_on_any_fold_has_no_score() -> None:
    uneven = by_card({"a": "0.9/bad/0.9", "b": "0.1/0.2/0.3", "c": "0.1/0.1/0.1"})
    model = ScriptedModel(answers(initialiser=[uneven], merger=[fence(script(0.0))], debugger=["no"]))
    _, entries = run(model, stage1(), task=data(folds=3))
    assert winner(entries) == pytest.approx(0.2)
    failed = next(e for e in entries if e.kind is Kind.EVALUATION and e.error)
    assert failed.score is None
    assert "row 3 has no prediction" in (failed.error or "")


def test_planners_are_told_what_the_spread_of_the_folds_explains() -> None:
    clear, chance, worse = "0.6/0.8", "0.9/0.5", "0.4/0.6"
    model = ScriptedModel(
        answers(retriever=[cards("a")], initialiser=[fence(script("0.5/0.7", BLOCK))])
        | {"coder": replaced(clear, chance, worse, "0.1/0.1")}
    )
    settings = AgentSettings(models=1, outer_steps=1, inner_steps=4, ensemble_rounds=0)
    run(model, settings, LastScore(), task=data(folds=2))
    last = model.asked("planner")[-1]
    assert "## Score of the script\n\n0.6" in last
    told = re.findall(r"plan: (.*)\n  score: .*\n  against_the_script: (.*)", last)
    assert told == [("plan 0", "better"), ("plan 1", "within the spread"), ("plan 2", "worse")]


def test_a_crash_never_beats_a_negative_score() -> None:
    scores = by_card({"a": -2.0, "b": -1.0, "c": -3.0})

    def first_crashes(request: Any) -> str:
        text = scores(request)
        return text.replace("# card a", "# card a\nCRASH = True") if "# card a" in text else text

    model = ScriptedModel(
        answers(initialiser=[first_crashes], debugger=["no code"], merger=[fence(script(-9))])
    )
    _, entries = run(model, stage1())
    assert winner(entries) == -1.0
    failed = [e for e in entries if e.kind is Kind.EVALUATION and e.error]
    assert failed
    assert all(e.score is None for e in failed)
