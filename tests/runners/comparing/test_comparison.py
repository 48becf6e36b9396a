"""Comparisons of made-up sweeps: what separates, what does not, what is refused, what is told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from madesweeps import configured, make_sweep
from sweepentries import TASKS

from actors.errors import InputError
from runners.board import TaskLine
from runners.comparing.comparison import Comparison, compare
from runners.comparing.reading import read_sweeps

GOOD = {"up": [0.9, 0.85, 0.7], "down": [1.0, 1.5, 3.0]}
BAD = {"up": [0.5, None, 0.6], "down": [3.0, 2.5, None]}
MANY = tuple(TaskLine(f"t{n}", "rmse", "minimize", 2.0) for n in range(12))


def of(*folders: Path) -> Comparison:
    return compare(read_sweeps([str(folder) for folder in folders], Path("nowhere")))


def test_a_sweep_and_itself_cannot_be_separated(tmp_path: Path) -> None:
    folder = make_sweep(tmp_path, "a", GOOD)
    comparison = of(folder, folder)
    (pair,) = comparison.pairs
    assert pair.verdict == "cannot separate"
    assert {(f.effect, f.p, f.wins, f.losses, f.ties) for f in pair.findings} == {(0.0, 1.0, 0, 0, 2)}
    assert comparison.labels == ["a", "a (2)"]
    assert comparison.differences == ()


def test_two_tasks_never_separate_however_one_sided(tmp_path: Path) -> None:
    (pair,) = of(make_sweep(tmp_path, "a", GOOD), make_sweep(tmp_path, "b", BAD, agent="aide")).pairs
    assert pair.verdict == "cannot separate"
    attempt, best, success = pair.findings
    assert (attempt.question, best.question, success.question) == (
        "score of an attempt",
        "best score of 3",
        "success@3",
    )
    assert (best.wins, best.losses, best.effect) == (2, 0, 1.0)
    assert best.p == 0.5  # of four patterns of signs the two extreme ones
    assert (success.effect, success.p) == (1.0, 0.5)


def test_many_one_sided_tasks_separate_and_the_better_direction_wins(tmp_path: Path) -> None:
    good = make_sweep(tmp_path, "a", {t.id: [1.0, 1.1] for t in MANY}, tasks=MANY)
    bad = make_sweep(tmp_path, "b", {t.id: [3.0, 2.9] for t in MANY}, tasks=MANY, agent="aide")
    ahead = "; ".join(
        f"mle_star ahead in {what}" for what in ("score of an attempt", "best score of 2", "success@2")
    )
    (pair,), (turned,) = of(good, bad).pairs, of(bad, good).pairs
    assert pair.verdict == turned.verdict == ahead
    assert [f.effect for f in pair.findings] == [-f.effect for f in turned.findings] == [1.0, 1.0, 1.0]
    assert pair.findings[0].p_holm == pytest.approx(3 * 2 / 2**12)


def test_holm_spans_all_pairs(tmp_path: Path) -> None:
    folders = [
        make_sweep(tmp_path, f"s{n}", {t.id: [1.0 + n, 1.1 + n] for t in MANY}, tasks=MANY, agent=agent)
        for n, agent in enumerate(("mle_star", "aide", "swe_agent"))
    ]
    findings = [f for pair in of(*folders).pairs for f in pair.findings]
    assert len(findings) == 9
    assert min(f.p_holm for f in findings) == pytest.approx(9 * min(f.p for f in findings))


def test_cost_and_cpu_of_failures_count(tmp_path: Path) -> None:
    good, bad = of(make_sweep(tmp_path, "a", GOOD), make_sweep(tmp_path, "b", BAD, agent="aide")).sweeps
    assert (good.successes, good.solved) == (4, 2)  # six attempts of 4 CPU seconds and half a dollar
    assert good.cpu_seconds_per_success == pytest.approx(6 * 4.0 / 4)
    assert good.cost_per_success == pytest.approx(6 * 0.5 / 4)
    assert (bad.successes, bad.cpu_seconds_per_success, bad.cost_per_success) == (0, None, None)
    assert [rate.value for rate in bad.rates] == [0.0, 0.0, 0.0]


def test_only_shared_tasks_count_and_it_is_said(tmp_path: Path) -> None:
    part = make_sweep(tmp_path, "b", {"down": BAD["down"]}, agent="aide")
    comparison = of(make_sweep(tmp_path, "a", GOOD), part)
    assert comparison.tasks == ("down",)
    assert comparison.warnings == ["tasks: mle_star 2 (up left out), aide 1"]
    assert comparison.pairs[0].findings[0].interval is None


def test_other_tasks_of_the_same_number_are_told(tmp_path: Path) -> None:
    tasks = [*TASKS, replace(TASKS[0], id="third")]
    other = {"down": BAD["down"], "third": BAD["up"]}
    comparison = of(
        make_sweep(tmp_path, "a", GOOD), make_sweep(tmp_path, "b", other, tasks=tasks, agent="aide")
    )
    assert comparison.warnings == ["tasks: mle_star 2 (up left out), aide 2 (third left out)"]


def test_more_attempts_are_no_advantage(tmp_path: Path) -> None:
    five = make_sweep(tmp_path, "a", {"up": [0.5, 0.5, 0.99, 0.99], "down": [3.0, 3.0, 0.1, 0.1]})
    comparison = of(five, make_sweep(tmp_path, "b", {"up": [0.6, 0.6], "down": [2.5, 2.5]}, agent="aide"))
    assert comparison.attempts == 2
    assert comparison.sweeps[0].successes == 0
    assert comparison.pairs[0].findings[1].effect == -1.0
    assert comparison.warnings == [
        "attempts: mle_star 4, aide 2; of every sweep the first 2 of a task are compared"
    ]


def test_unfair_conditions_are_told_apart_from_what_is_compared(tmp_path: Path) -> None:
    conf = configured(tmp_path, "b", "mle_star", 3)
    conf.budget.cpu_seconds, conf.evaluation.small_folds = 60.0, 4
    conf.profile.models, conf.seed = 2, 1
    comparison = of(make_sweep(tmp_path, "a", GOOD), make_sweep(tmp_path, "b", BAD, conf=conf))
    assert comparison.warnings == ["budget.cpu_seconds: a 3600, b 60", "evaluation.small_folds: a 2, b 4"]
    assert comparison.notes == ["profile.models: a 3, b 2", "seed: a 0, b 1"]


def with_options(runs: Path, name: str, agent: str, **options: float) -> Path:
    conf = configured(runs, name, agent, 3)
    conf.agent.options = dict(options)
    return make_sweep(runs, name, GOOD, conf=conf)


def test_options_are_told_of_one_agent_and_not_between_agents(tmp_path: Path) -> None:
    few, many = (with_options(tmp_path, f"a{n}", "aide", steps=n, drafts=2) for n in (4, 9))
    other = with_options(tmp_path, "g", "gpt_engineer", improvements=3)
    assert of(few, other).differences == ()
    assert of(few, many).notes == ["agent.options.steps: a4 4, a9 9"]
    assert of(few, other, many).notes == ["agent.options.steps: a4 4, g null, a9 9"]


def test_other_settings_are_told_between_agents(tmp_path: Path) -> None:
    conf = configured(tmp_path, "g", "gpt_engineer", 3)
    conf.executor.wall_seconds, conf.seed, conf.agent.roles.debugger = 400.0, 5, False
    comparison = of(with_options(tmp_path, "a", "aide", steps=4), make_sweep(tmp_path, "g", GOOD, conf=conf))
    assert comparison.warnings == ["executor.wall_seconds: aide 120, gpt_engineer 400"]
    assert comparison.notes == [
        "agent.roles.debugger: aide true, gpt_engineer false",
        "seed: aide 0, gpt_engineer 5",
    ]


def test_an_agent_that_asks_no_role_has_no_model(tmp_path: Path) -> None:
    comparison = of(make_sweep(tmp_path, "a", GOOD), make_sweep(tmp_path, "b", BAD, agent="automl"))
    assert [(line.sweep.model, line.sweep.offline) for line in comparison.sweeps] == [
        ("offline", True),
        ("none", False),
    ]


def test_attempts_that_run_still_are_failures_and_it_is_said(tmp_path: Path) -> None:
    running = make_sweep(tmp_path, "b", {"up": [0.9], "down": [1.0]}, agent="aide", attempts=3)
    comparison = of(make_sweep(tmp_path, "a", GOOD), running)
    assert comparison.warnings == ["attempts still to end, which count as failures: mle_star 0, aide 4"]
    assert comparison.sweeps[1].rates[0].value == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"metric": "auc"}, "up: not the same task in both sweeps: metric is accuracy in a, auc in b"),
        ({"direction": "minimize"}, "direction is maximize in a, minimize in b"),
        ({"threshold": 0.7}, "threshold is 0.8 in a, 0.7 in b"),
        ({"note": "graded on a hold-out of the training rows"}, "up: not graded on the same rows"),
    ],
)
def test_another_task_of_the_same_name_is_refused(
    changed: dict[str, str], words: str, tmp_path: Path
) -> None:
    other = (replace(TASKS[0], **changed), TASKS[1])
    folders = [make_sweep(tmp_path, "a", GOOD), make_sweep(tmp_path, "b", GOOD, tasks=other)]
    with pytest.raises(InputError, match=words):
        of(*folders)


def test_no_shared_task_is_refused(tmp_path: Path) -> None:
    folders = [make_sweep(tmp_path, n, {t: GOOD[t]}) for n, t in (("a", "up"), ("b", "down"))]
    with pytest.raises(InputError, match="no task is in all of the sweeps: a has up; b has down"):
        of(*folders)


def test_a_call_without_a_price_makes_the_cost_unknown(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = make_sweep(tmp_path, "a", GOOD)
    table = pq.read_table(folder / "attempts.parquet")
    costs = pa.array([None, *table["cost"].to_pylist()[1:]], pa.float64())
    pq.write_table(
        table.set_column(table.column_names.index("cost"), "cost", costs), folder / "attempts.parquet"
    )
    assert of(folder, folder).sweeps[0].cost_per_success is None


def test_a_setting_that_one_version_does_not_know_is_a_difference(tmp_path: Path) -> None:
    folders = [make_sweep(tmp_path, n, GOOD) for n in ("a", "b")]
    text = (folders[1] / "config.yaml").read_text()
    (folders[1] / "config.yaml").write_text(text.replace("  cpu_seconds: 3600.0\n", ""))
    assert of(*folders).warnings == ["budget.cpu_seconds: a 3600, b null"]


def test_results_stay_whole_numbers_and_null(tmp_path: Path) -> None:
    results = json.loads((make_sweep(tmp_path, "a", BAD) / "results.json").read_text())
    assert results["per_task"][0]["scores"] == [0.5, None, 0.6]
