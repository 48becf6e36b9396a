"""What a comparison shows in the terminal, in Markdown and on the page, and what stands at the top."""

from __future__ import annotations

import html
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from madesweeps import configured, make_sweep
from rich.console import Console

from runners.comparing import wording
from runners.comparing.comparison import Comparison, compare
from runners.comparing.machine import this_machine
from runners.comparing.markdown import comparison_markdown
from runners.comparing.page import comparison_page
from runners.comparing.reading import read_sweeps
from runners.comparing.table import print_comparison

GOOD = {"up": [0.9, 0.85, 0.7, 0.9, 0.2], "down": [1.0, 1.5, 3.0, 4.0, 5.0]}
BAD = {"up": [0.5, None, 0.6, 0.5, 0.9], "down": [3.0, 2.5, None, 4.0, 4.0]}


def of(*folders: Path) -> Comparison:
    return compare(read_sweeps([str(folder) for folder in folders], Path("nowhere")))


def terminal(comparison: Comparison) -> str:
    screen = io.StringIO()
    print_comparison(Console(file=screen, width=200), comparison)
    return screen.getvalue()


def markdown(comparison: Comparison) -> str:
    return comparison_markdown(comparison, "compare", this_machine())


def page(comparison: Comparison) -> str:
    return html.unescape(comparison_page(comparison, "compare", this_machine()))


FORMS = {"terminal": (terminal, "success@1"), "markdown": (markdown, "| sweep |"), "page": (page, "<svg")}
forms = pytest.mark.parametrize(("shown", "first"), FORMS.values(), ids=FORMS)
Shown = Callable[[Comparison], str]


def other_budget(runs: Path) -> Path:
    conf = configured(runs, "b", "aide", 5)
    conf.budget.cpu_seconds = 60.0
    return make_sweep(runs, "b", BAD, conf=conf)


def other_tasks(runs: Path) -> Path:
    return make_sweep(runs, "b", {"down": BAD["down"]}, agent="aide")


def other_attempts(runs: Path) -> Path:
    return make_sweep(runs, "b", {task: scores[:2] for task, scores in BAD.items()}, agent="aide")


def other_validation(runs: Path) -> Path:
    folder = make_sweep(runs, "b", BAD, agent="aide")
    results = json.loads((folder / "results.json").read_text())
    (up,) = [task for task in results["per_task"] if task["task"] == "up"]
    up["validation"] = ["printed"]
    (folder / "results.json").write_text(json.dumps(results))
    return folder


@forms
@pytest.mark.parametrize(
    ("other", "words"),
    [
        (other_budget, "budget.cpu_seconds: mle_star 3600, aide 60"),
        (other_tasks, "tasks: mle_star 2 (up left out), aide 1"),
        (other_attempts, "attempts: mle_star 5, aide 2; of every sweep the first 2 of a task are compared"),
        (other_validation, "validation: mle_star harness, aide harness for down; printed for up"),
    ],
)
def test_unfair_conditions_stand_before_the_first_table(
    other: Callable[[Path], Path], words: str, shown: Shown, first: str, tmp_path: Path
) -> None:
    comparison = of(make_sweep(tmp_path, "a", GOOD), other(tmp_path))
    assert words in comparison.warnings
    text = shown(comparison)
    said, place = text.lower().index("not the same conditions"), text.index(words)
    assert said < place < text.index(first)


@forms
def test_what_the_offline_model_shows_stands_before_the_first_table(
    shown: Shown, first: str, tmp_path: Path
) -> None:
    comparison = of(make_sweep(tmp_path, "a", GOOD), make_sweep(tmp_path, "b", BAD, agent="automl"))
    text = shown(comparison)
    assert text.index("Under the offline model (mle_star) this shows") < text.index(first)
    assert "docs/agents.md" in text
    assert "b, none, fast" in text


@forms
def test_nothing_is_said_of_an_offline_model_that_nobody_asked(
    shown: Shown, first: str, tmp_path: Path
) -> None:
    folders = []
    for name, agent in (("a", "mle_star"), ("b", "aide")):
        conf = configured(tmp_path, name, agent, 5)
        conf.model.kind, conf.model.name = "openai", "gpt"
        conf.model.prices = {"gpt": {"input": 0.0, "output": 0.0}}
        folders.append(make_sweep(tmp_path, name, GOOD, conf=conf))
    text = shown(of(*folders))
    assert "offline" not in text
    assert "a, gpt, fast" in text


@forms
def test_five_attempts_show_success_at_1_to_5_with_intervals(
    shown: Shown, first: str, tmp_path: Path
) -> None:
    comparison = of(make_sweep(tmp_path, "a", GOOD), make_sweep(tmp_path, "b", BAD, agent="aide"))
    text = shown(comparison)
    assert [rate.k for rate in comparison.sweeps[0].rates] == [1, 2, 3, 4, 5]
    assert len({rate.value for rate in comparison.sweeps[0].rates}) > 2
    for sweep in comparison.sweeps:
        for rate in sweep.rates:
            assert f"success@{rate.k}" in text
            assert wording.percent(rate.value) in text
            assert wording.spread(rate) in text
