"""Whatever a prompt leaves out or cuts, it says so; and the scores that it shows."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
import yaml
from roleinputs import INPUTS

from actors.agents.closing import DIGEST_FIRST, DIGEST_LAST, attempt_digest
from actors.contracts import Evaluation, ExitStatus
from actors.roles.base import Tried, cut, latest_section, tried_section
from actors.roles.registry import ROLES
from actors.roles.shell_operator import Turn
from actors.trial import FAILURE_SHOWN, PUBLIC, Trial
from scratchpad.records import Entry, Kind


def prompt(role: str, **changes: Any) -> str:
    return ROLES[role].messages(replace(INPUTS[role], **changes))[-1].content


def section(text: str, title: str) -> str:
    found = re.search(rf"^## {title}\n\n(.*?)(?=\n\n## |\Z)", text, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def numbered(count: int) -> str:
    """A text whose parts can be told apart."""
    return "".join(f"{n:09d}\n" for n in range(count // 10))


def plans(text: str) -> Any:
    return yaml.safe_load(text.strip("`").removeprefix("yaml\n"))


def test_a_text_within_its_limit_stays_whole() -> None:
    assert cut("x" * 100, 100, "the text") == "x" * 100


def test_a_longer_text_keeps_both_ends_and_says_how_much_is_missing() -> None:
    text = numbered(1_000)
    assert cut(text, 100, "the text") == (
        f"{text[:50]}\n[... 900 characters of the text left out ...]\n{text[-50:]}"
    )


def test_thirty_plans_are_shown_and_of_more_the_latest() -> None:
    tried = [Tried(f"plan {n}", float(n)) for n in range(33)]
    assert "left out" not in tried_section(tried[:30])
    shown = tried_section(tried)
    assert shown.startswith("```yaml\n# the 3 oldest plans are left out\n- plan: plan 3\n")
    assert [row["plan"] for row in plans(shown)] == [f"plan {n}" for n in range(3, 33)]


def test_a_plan_is_cut_at_two_thousand_characters_and_says_so() -> None:
    assert plans(tried_section([Tried("x" * 2_000, 1.0)]))[0]["plan"] == "x" * 2_000
    long = plans(tried_section([Tried("x" * 2_500, 1.0)]))[0]["plan"]
    assert "[... 500 characters of the plan left out ...]" in long
    assert len(long) < 2_100


def test_a_plan_stands_in_the_prompt_as_it_was_written() -> None:
    assert "plan: Prüfe die Größe, 再試行 ≥ 3" in tried_section([Tried("Prüfe die Größe, 再試行 ≥ 3", 1.0)])


def test_outcomes_of_plans() -> None:
    tried = (
        Tried("a", 0.5, standing="better"),
        Tried("b", None),
        Tried("c", None, pending=True),
    )
    rows = [
        {"plan": "a", "score": 0.5, "against_the_script": "better"},
        {"plan": "b", "score": "failed"},
        {"plan": "c", "score": "pending"},
    ]
    for role in ("planner", "ensemble_planner", "aide_drafter", "aide_improver"):
        assert plans(section(prompt(role, tried=tried), "Tried")) == rows
        assert section(prompt(role, tried=()), "Tried") == "none yet"


def test_ten_bodies_are_shown_and_of_more_the_latest_under_their_numbers() -> None:
    bodies = [f"body {n}" for n in range(1, 13)]
    assert "left out" not in latest_section(bodies[:10], "Part")
    shown = latest_section(bodies, "Part")
    assert shown.startswith("The 2 oldest are left out.\n\n### Part 3\nbody 3\n\n")
    assert "body 2\n" not in shown
    assert shown.endswith("### Part 12\nbody 12")


@pytest.mark.parametrize(
    ("role", "field", "title"),
    [
        ("ablator", "earlier", "Earlier ablations"),
        ("extractor", "refined", "Blocks already refined"),
        ("debugger", "earlier", "Earlier failures"),
    ],
)
def test_roles_say_how_many_earlier_things_they_do_not_see(role: str, field: str, title: str) -> None:
    bodies = tuple(f"body {n} of all" for n in range(1, 15))
    shown = section(prompt(role, **{field: bodies}), title)
    assert shown.startswith("The 4 oldest are left out.\n")
    assert [n for n in range(1, 15) if f"body {n} of" in shown] == list(range(5, 15))
    assert "left out" not in section(prompt(role, **{field: bodies[:10]}), title)


def test_a_script_shows_forty_steps_of_how_it_came_about_and_each_is_cut() -> None:
    steps = ("x" * 3_000, *(f"step {n} of all" for n in range(1, 45)))
    shown = section(prompt("data_usage_checker", lineage=steps), "How it came about")
    assert shown.startswith("The 5 oldest are left out.\n\n### Step 6\nstep 5 of all")
    whole = section(prompt("data_usage_checker", lineage=steps[:40]), "How it came about")
    assert "left out" not in whole.replace("[... 1000 characters of the step left out ...]", "")
    assert whole.endswith("### Step 40\nstep 39 of all")


def test_a_long_summary_of_an_ablation_is_cut_and_says_so() -> None:
    assert "[... 1000 characters of the summary left out ...]" in prompt("ablator", earlier=("x" * 5_000,))


def test_an_ablator_or_extractor_without_a_past_sees_none() -> None:
    assert section(prompt("ablator"), "Earlier ablations") == "none"
    assert section(prompt("extractor"), "Blocks already refined") == "none"


@pytest.mark.parametrize(
    ("role", "field"), [("summariser", "output"), ("debugger", "failure"), ("improver", "failure")]
)
def test_output_is_cut_at_twelve_thousand_characters_and_says_so(role: str, field: str) -> None:
    text = numbered(15_000)
    shown = prompt(role, **{field: text})
    assert "[... 3000 characters of the output left out ...]" in shown
    assert text[:6_000] in shown
    assert text[-6_000:].strip() in shown
    assert "left out" not in prompt(role, **{field: text[:12_000]})


def test_earlier_failures_have_a_section_only_when_there_are_some() -> None:
    assert "Earlier failures" not in prompt("debugger")
    assert "### Failure 1\nKeyError: 'x'" in section(
        prompt("debugger", earlier=("KeyError: 'x'",)), "Earlier failures"
    )


def trial(**more: Any) -> Trial:
    base = Trial(ExitStatus.FAILED, 1, "", "", "", "none", PUBLIC, None, None, 1.0, 1.0, 1)
    return replace(base, **more)


def test_a_failure_shows_both_ends_of_stdout_and_stderr_and_fits_a_debuggers_prompt() -> None:
    out, err = numbered(20_000), numbered(30_000).replace("0", "e")
    failure = trial(stdout=out, stderr=err, detail="d" * 400, fault="f" * 400).failure
    assert failure is not None
    half = FAILURE_SHOWN // 2
    assert (
        f"--- stdout\n{out[:half]}\n[... 15000 characters of stdout left out ...]\n{out[-half:]}\n"
        f"--- stderr\n{err[:half]}\n[... 25000 characters of stderr left out ...]\n{err[-half:]}"
    ) in failure
    for role in ("debugger", "improver"):
        assert failure.strip() in prompt(role, failure=failure)


def test_a_failure_says_how_the_run_ended_and_a_sound_trial_has_none() -> None:
    short = trial(stdout="o", stderr="e").failure
    assert short == "status: failed\nexit code: 1\n--- stdout\no\n--- stderr\ne"
    refused = trial(status=ExitStatus.OK, exit_code=0, fault="no column y").failure
    assert refused is not None
    assert refused.startswith("status: ok\nsubmission refused: no column y\n")
    limited = trial(status=ExitStatus.WALL, exit_code=None, detail="10 s").failure
    assert limited is not None
    assert limited.startswith("status: wall_limit (10 s)\n--- stdout")
    assert trial(status=ExitStatus.OK, exit_code=0).failure is None


def test_old_observations_of_a_shell_are_counted_and_long_ones_cut() -> None:
    turns = tuple(Turn(f"thought {n}", f"command {n}", f"line {n}\n" * 4 + "end") for n in range(1, 5))
    turns = (*turns[:3], replace(turns[3], observation="x" * 10_500))
    shown = section(prompt("shell_operator", turns=turns, whole=2), "History")
    old, latest = shown.split("### Turn 3")
    assert old.count("Old observation: 5 lines left out.") == 2
    assert "line 1" not in old
    assert all(f"thought {n}\n\n```\ncommand {n}\n```" in shown for n in range(1, 5))
    assert "line 3\n" in latest
    assert "[... 500 characters of the observation left out ...]" in latest
    assert "nothing yet" in section(prompt("shell_operator"), "History")


def evaluated(count: int) -> list[Entry]:
    return [
        Entry("s", "t", Kind.EVALUATION, 0, key=f"k{n}", path=str(n), title=f"step {n}", score=float(n))
        for n in range(count)
    ]


def digest(count: int) -> Any:
    return yaml.safe_load(attempt_digest(evaluated(count), Evaluation("", 1.0, key="k1")))


def test_a_digest_holds_all_steps_while_they_are_few() -> None:
    shown = digest(DIGEST_FIRST + DIGEST_LAST)
    assert [step["score"] for step in shown["steps"]] == list(range(120))
    assert "steps_left_out" not in shown
    assert shown["winner"]["step"] == "step 1"


def test_a_digest_of_many_steps_says_how_many_are_left_out_and_where() -> None:
    shown = digest(130)
    assert [step["score"] for step in shown["steps"]] == [*range(40), *range(50, 130)]
    assert shown["steps_left_out"] == "10, after the first 40"


@pytest.mark.parametrize(("score", "shown"), [(0.5, "0.5"), (1e-05, "1e-05"), (None, "failed")])
def test_the_score_of_the_script_is_shown(score: float | None, shown: str) -> None:
    for role in ("planner", "aide_improver"):
        assert section(prompt(role, score=score), "Score of the script") == shown
    assert (
        section(prompt("merger", base_score=score, other_score=0.25), "Scores")
        == f"base: {shown}, other: 0.25"
    )
    assert (
        section(prompt("merger", base_score=0.25, other_score=score), "Scores")
        == f"base: 0.25, other: {shown}"
    )


@pytest.mark.parametrize("role", ["ensemble_planner", "ensembler"])
def test_the_scripts_to_combine_are_numbered_with_their_scores(role: str) -> None:
    shown = section(prompt(role, scripts=(("x = 1\n", 0.5), ("x = 2\n", None))), "Scripts")
    first, second = ("```python\nx = 1\n```", "```python\nx = 2\n```")
    assert shown == f"### Script 1, score 0.5\n\n{first}\n\n### Script 2, score failed\n\n{second}"
