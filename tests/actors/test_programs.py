"""Which texts are one program, and that an attempt runs it once."""

from __future__ import annotations

import json

import pytest
from doubles import FakeExecutor, cards, data, fence, script
from scriptedstar import answers, by_card, run, stage1

from actors.contracts import AgentSettings
from actors.models.scripted import ScriptedModel
from actors.programs import essence
from actors.trial import Trial
from runners.report.attempt import attempt_report
from runners.report.story import tell
from scratchpad.records import Entry, Kind

PROGRAM = '''"""A title."""
import json
import numpy as np

STEPS = 3


def used(x):
    return helper(x) + STEPS


def helper(x):
    return np.abs(x)  # a comment


print(used(-1), json.dumps({}))
'''
IDLE = "def idle(x):\n    return x\n\n\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""A title."""', '"""Another title."""'),
        ("  # a comment", ""),
        ("def used", f"{IDLE}def used"),
        ("import json\nimport numpy as np", "import numpy as np, json"),
        ("helper(x) + STEPS", "(helper(x)\n            + STEPS)"),
    ],
)
def test_what_changes_nothing_leaves_the_program_the_same(old: str, new: str) -> None:
    assert old in PROGRAM
    assert essence(PROGRAM.replace(old, new)) == essence(PROGRAM)


def test_it_does_not_matter_where_a_function_is_defined() -> None:
    helper = "def helper(x):\n    return np.abs(x)  # a comment\n\n\n"
    moved = PROGRAM.replace(helper, "").replace("def used", f"{helper}def used")
    assert moved != PROGRAM
    assert essence(moved) == essence(PROGRAM)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("STEPS = 3", "STEPS = 4"),
        ("np.abs", "np.sign"),
        ("import numpy as np", "import math as np"),
        ("print(used(-1)", "print(used(-2)"),
        ("STEPS = 3", "STEPS = 3\nnp.random.seed(0)"),
    ],
)
def test_what_can_matter_makes_another_program(old: str, new: str) -> None:
    assert old in PROGRAM
    assert essence(PROGRAM.replace(old, new)) != essence(PROGRAM)


@pytest.mark.parametrize(
    "look",
    [
        "print(open(__file__).read())",
        "print(sorted(globals()))",
        "eval('idle(1)')",
        "import sys\nsys.modules['__main__']",
        "from inspect import getsource\nprint(getsource(used))",
        "from sys import modules as m\nprint(m)",
        "def used(x):\n    return 0\n",
        "print(",
    ],
)
def test_of_a_program_that_may_look_at_itself_every_letter_counts(look: str) -> None:
    assert essence(f"{PROGRAM}{look}\n") != essence(f"{PROGRAM}{IDLE}{look}\n")


@pytest.mark.parametrize(
    "odd",
    [
        "x = 'a\u2028b\x0cc'\nprint(x)",
        "x = '''a\nb'''; print(x)",
        "x = '\ud800'",
        "x = " + "-" * 5000 + "1",
        "x = 1\r\nprint(x)\rprint(2)",
        "\0",
        "",
    ],
)
def test_odd_texts_are_told_apart(odd: str) -> None:
    assert essence(odd) == essence(odd)
    assert essence(odd) != essence(f"{odd}\nprint(1)")


def once_and_again(folds: int, again: str) -> tuple[FakeExecutor, list[Entry]]:
    """An attempt that merges two candidates into `again`."""
    executor = FakeExecutor()
    model = ScriptedModel(
        answers(
            retriever=[cards("a", "b")],
            initialiser=[by_card({"a": 0.5, "b": 0.4})],
            merger=[fence(again)],
            debugger=["no"],
        )
    )
    _, entries = run(model, stage1(models=2), executor, task=data(folds=folds))
    return executor, entries


def test_an_equal_program_is_not_run_twice_on_the_same_rows() -> None:
    _, entries = once_and_again(2, script(0.3))
    first = next(e for e in entries if e.kind is Kind.EVALUATION and e.score == 0.5)
    executor, entries = once_and_again(2, f"# the same once more\n{first.content}")
    runs = [e for e in entries if e.kind is Kind.EXECUTION]
    spared = [e for e in runs if not e.was_run]
    assert len(executor.runs) == len(runs) - 2
    assert [Trial.loads(e.content).starts for e in spared] == [0, 0]
    by_key = {e.key: e for e in entries}
    for entry in spared:
        (origin,) = (by_key[key] for key in entry.parents)
        assert origin.was_run
        assert origin.score == entry.score
        assert entry.metrics["cpu_seconds"] == 0
        assert origin.metrics["cpu_seconds"] > 0
    merge = next(e for e in entries if e.kind is Kind.EVALUATION and e.title == "merge")
    assert merge.score == 0.5
    assert "# the same once more" in merge.content
    (submission,) = (e for e in entries if e.kind is Kind.SUBMISSION)
    assert "# the same once more" in submission.content  # a tie is accepted
    report = attempt_report(tell(entries))
    assert report.count("the same program as an earlier one, not run anew") == 1
    (end,) = (e for e in entries if e.kind is Kind.ENDING)
    assert end.metrics["executions"] == len(executor.runs)
    assert json.loads(end.content)["ending"] == "finished"


def test_a_program_that_failed_is_run_again() -> None:
    failing = script(0.5, crash=True)
    model = ScriptedModel(answers(retriever=[cards("a", "b")], initialiser=[fence(failing)], debugger=["no"]))
    executor = FakeExecutor()
    run(model, AgentSettings(models=2, outer_steps=0, ensemble_rounds=0), executor)
    assert sum(r.script == failing for r in executor.runs) == 2
