"""What each role reads out of its answers, and what it says of answers that cannot be read."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from roleinputs import BLOCK, INPUTS, SCRIPT

from actors.errors import AnswerError
from actors.roles import data_usage_checker, extractor
from actors.roles.aide_drafter import Proposal
from actors.roles.automl_gpt_planner import Configuration, LogLine, Plan
from actors.roles.data_profiler import DataNotes
from actors.roles.diffs import FileDiff, Hunk
from actors.roles.extractor import Target
from actors.roles.leakage_checker import Verdict
from actors.roles.registry import ROLES
from actors.roles.retriever import ModelCard
from actors.roles.shell_operator import Action

PROSE = ("summariser", "planner", "ensemble_planner", "reporter")
PROPOSALS = ("aide_drafter", "aide_improver")
PROGRAMS = (  # roles whose answer holds one whole program
    *("initialiser", "merger", "data_usage_checker", "ablator", "ensembler", "debugger", "submitter"),
    *("automl_gpt_writer", "entry_writer", *PROPOSALS),
)
JSONS = ("data_profiler", "retriever", "leakage_checker", "extractor", "automl_gpt_planner")


def block(body: str, language: str = "python") -> str:
    return f"```{language}\n{body}\n```"


def said(**value: Any) -> str:
    return block(json.dumps(value), "json")


def cards(*rows: Any) -> str:
    return block(json.dumps(rows), "json")


def card(name: str) -> dict[str, str]:
    return {"name": name, "why": "w", "code": "c"}


LINE = {"epoch": 1, "train": 0.5, "validation": 0.25}
SETTING = {"name": "depth", "value": 3}


def configured(*rows: Any, **more: Any) -> str:
    return said(**{"processing": "p", "model": "m", "why": "w", "configurations": list(rows)} | more)


def configuration(settings: Any = (SETTING,), log: Any = (LINE,)) -> dict[str, Any]:
    return {"settings": settings, "predicted_log": log}


def diff(body: str, old: str = "a/lib.py", new: str = "b/lib.py", language: str = "diff") -> str:
    return block(f"--- {old}\n+++ {new}\n{body}", language)


def act(*lines: str) -> str:
    return "Think.\n\n" + block("\n".join(lines), "")


LEAK = {"leaky": True, "why": "w", "block": BLOCK, "repaired": "    model = 'new'"}
CONFIGURATION = Configuration((("depth", "3"),), (LogLine(1, 0.5, 0.25),))
MENDED = (FileDiff("lib.py", "lib.py", (Hunk(1, ("STATE = 1",), ("STATE = 2",)),)),)

READ: list[tuple[str, str, Any]] = [
    *((role, f" {role} says it.\n", f"{role} says it.") for role in PROSE),
    *((r, f"Here.\n{block('x = 1')}\nDone.", "x = 1\n") for r in PROGRAMS if r not in PROPOSALS),
    *((r, block("x = 1", "Python"), "x = 1\n") for r in PROGRAMS if r not in PROPOSALS),
    *((r, f"Do\nthis.\n{block('x = 1')}", Proposal("Do this.", "x = 1\n")) for r in PROPOSALS),
    ("initialiser", f"{block('pip install x', 'bash')}\n{block('x = 1', 'py')}", "x = 1\n"),
    ("data_usage_checker", data_usage_checker.ALL_USED, None),
    ("data_usage_checker", "Yes: **all the provided information is used**", None),
    ("data_usage_checker", f"{data_usage_checker.ALL_USED}\n{block('x = 1')}", "x = 1\n"),
    ("reporter", "It scored 0.75.", "It scored 0.75."),
    ("data_profiler", said(traps=["a"], advice=[]), DataNotes(("a",), ())),
    ("data_profiler", '{"traps": [], "advice": []}', DataNotes((), ())),
    ("data_profiler", block('{"traps": ["a\nb"], "advice": []}', "JSON"), DataNotes(("a\nb",), ())),
    ("retriever", cards(card("a"), card("b")), (ModelCard("a", "w", "c"), ModelCard("b", "w", "c"))),
    ("retriever", said(models=[card("a")]), (ModelCard("a", "w", "c"),)),
    ("leakage_checker", said(**LEAK), Verdict(True, "w", BLOCK, "    model = 'new'")),
    ("leakage_checker", said(leaky=False), Verdict(False, "", "", "")),
    (
        "leakage_checker",
        block('{"leaky": true, "block": "rows = 1\nrows = 1", "repaired": "rows = 2"}', "JSON"),
        Verdict(True, "", "rows = 1\nrows = 1", "rows = 2"),
    ),
    ("extractor", said(block=BLOCK, plan="p"), Target(BLOCK, "p")),
    (
        "extractor",
        block('{"block": "rows = 1\nrows = 1", "plan": "p"}', "JSON"),
        Target("rows = 1\nrows = 1", "p"),
    ),
    ("coder", block("    model = 'new'"), "    model = 'new'\n"),
    ("coder", block("    model = 'new'", "Python"), "    model = 'new'\n"),
    ("automl_gpt_planner", configured(configuration()), Plan("p", "m", "w", (CONFIGURATION,))),
    ("file_writer", f"Assumptions: none.\n\n### lib.py\n\n{block('x = 1')}", (("lib.py", "x = 1\n"),)),
    ("improver", diff("@@ -1 +1 @@\n-STATE = 1\n+STATE = 2"), MENDED),
    ("improver", diff("@@ -1 +1 @@\n-STATE = 1\n+STATE = 2", language="Diff"), MENDED),
    ("shell_operator", act("ls -l"), Action("Think.", "ls -l")),
    (
        "shell_operator",
        act("edit 1:1", "x = 1", "end_of_edit"),
        Action("Think.", "edit 1:1\nx = 1\nend_of_edit"),
    ),
    ("shell_operator", act("search_dir 'two words' input"), Action("Think.", "search_dir 'two words' input")),
    (
        "shell_operator",
        act("for f in *; do", "  wc $f", "done"),
        Action("Think.", "for f in *; do\n  wc $f\ndone"),
    ),
]

DEEP = "x = " + "-" * 100_000 + "1"
REFUSED: list[tuple[str, str, str]] = [
    *((role, " \n", "the answer is empty") for role in PROSE),
    *((role, "no program", "holds no ```python block") for role in (*PROGRAMS, "coder")),
    *(
        (role, f"p\n{block('x = 1')}\n{block('y = 1')}", "holds 2 code blocks")
        for role in (*PROGRAMS, "coder")
    ),
    *((role, f"p\n{block('x =')}", "does not compile: line 1: invalid syntax") for role in PROGRAMS),
    *((role, "p\n```python\nx = 1\n", "holds no ```python block") for role in PROGRAMS),
    ("initialiser", block("x = '\0'"), "does not compile: source code string cannot contain null bytes"),
    ("initialiser", block("x = '\ud800'"), "does not compile: .* surrogates not allowed"),
    ("initialiser", block(DEEP), "does not compile: it is nested too deeply"),
    ("initialiser", block("x = " + "+".join("1" * 20_000)), "does not compile: maximum recursion depth"),
    *((role, block("x = 1"), "the answer has no plan") for role in PROPOSALS),
    ("data_usage_checker", "Not all the provided information is used.", "holds no ```python block"),
    ("reporter", "It scored 0.81.", r"the digest has no 0\.81"),
    *((role, "no JSON", "is not valid JSON: Expecting value") for role in JSONS),
    *((role, block("{", "json"), "is not valid JSON") for role in JSONS),
    *((role, "[" * 200_000, "is not valid JSON: maximum recursion depth") for role in JSONS),
    *((role, f"{said(a=1)}\n{said(a=2)}", "holds 2 ```json blocks") for role in JSONS),
    *(("data_profiler", text, r'expected {"traps": \[strings\]') for text in (cards(), said(traps=[]))),
    ("data_profiler", said(traps=[1], advice=[]), r'expected {"traps": \[strings\]'),
    *(("retriever", text, "expected a non-empty list of model cards") for text in (cards(), said(cards=[]))),
    ("retriever", cards(card("a"), {"name": "b"}), "model card 2 must hold"),
    ("retriever", cards("a"), "model card 1 must hold"),
    ("retriever", cards(card("a"), card("a")), "two model cards have the same name"),
    ("leakage_checker", cards(), '"leaky" true or false'),
    ("leakage_checker", said(leaky="yes"), '"leaky" true or false'),
    ("leakage_checker", said(**LEAK | {"why": None}), "must be strings"),
    ("leakage_checker", said(leaky=True), 'a leaky script needs "block"'),
    ("leakage_checker", said(**LEAK | {"block": "model = 'other'"}), "not an exact substring"),
    ("leakage_checker", said(**LEAK | {"block": "rows = 1"}), "stands in the script 2 times"),
    ("leakage_checker", said(**LEAK | {"repaired": ""}), "the repaired script does not compile: line 4"),
    (
        "leakage_checker",
        said(**LEAK | {"repaired": "    '\ud800'"}),
        "repaired script does not compile: .*surr",
    ),
    *(
        ("extractor", text, 'expected {"block"')
        for text in (cards(), said(block="x"), said(block=" ", plan="p"))
    ),
    ("extractor", said(block="model  = 'old'", plan="p"), "not an exact substring"),
    ("extractor", said(block="rows = 1", plan="p"), "stands in the script 2 times"),
    (
        "coder",
        block("model = 'new'"),
        "with this block the script does not compile: line 3: expected an indented",
    ),
    ("automl_gpt_planner", cards(), 'strings "processing", "model" and "why"'),
    ("automl_gpt_planner", configured(configuration(), why=" "), 'strings "processing", "model" and "why"'),
    ("automl_gpt_planner", configured(), '"configurations" must be a non-empty list'),
    ("automl_gpt_planner", configured("x"), 'configuration 1 must hold the lists "settings"'),
    ("automl_gpt_planner", configured(configuration({"depth": 3})), 'must hold the lists "settings"'),
    ("automl_gpt_planner", configured(configuration([{"depth": 3}])), "configuration 1: each setting is"),
    ("automl_gpt_planner", configured(configuration(log=[])), '"predicted_log" must be a non-empty list'),
    *(
        (
            "automl_gpt_planner",
            configured(configuration(log=[LINE | {"train": bad}])),
            "each line of the log holds",
        )
        for bad in ("0.5", True, None, float("nan"), float("-inf"), 10**400)
    ),
    ("automl_gpt_planner", configured(configuration(), configuration()), "have the same settings"),
    (
        "automl_gpt_planner",
        configured(configuration(), configuration([])),
        "2 configurations; give exactly 1",
    ),
    ("file_writer", "no file", "the answer holds no file"),
    ("file_writer", f"### a.py\n{block('x')}\n### a.py\n{block('y')}", "holds a.py more than once"),
    ("file_writer", f"### a.py\n{block('x =')}", "a.py does not compile: line 1"),
    ("file_writer", f"### ../a.py\n{block('x')}", "is no plain file name"),
    ("file_writer", f"### submission.csv\n{block('x')}", "is taken by the system"),
    ("file_writer", f"### solution.py\n{block('x')}", "solution.py is the entry point"),
    ("file_writer", f"### a.txt\n{block('x')}", "none of the files is a Python module"),
    ("improver", "no diff", "holds no ```diff block"),
    ("improver", diff("-STATE = 1"), "has no hunk"),
    ("improver", diff("@@ -1 +1 @@\n*STATE = 1"), "must start with a blank, - or \\+"),
    ("improver", diff("@@ -1 +1 @@\n-STATE = 9"), "hunk 1 of lib.py does not apply"),
    ("improver", diff("@@ -1 +1 @@\n STATE = 1"), "the diffs change nothing"),
    ("improver", diff("@@ -1 +1 @@\n-STATE = 1\n+STATE ="), "lib.py does not compile: line 1"),
    (
        "improver",
        diff("", "a/solution.py", "/dev/null"),
        "solution.py is the entry point and cannot be removed",
    ),
    (
        "improver",
        diff("@@ -1 +1 @@\n x", "a/none.py", "b/none.py"),
        "there is no file none.py; the files are lib.py",
    ),
    ("improver", diff("@@ -0,0 +1 @@\n+x", "/dev/null"), "lib.py exists; give its lines"),
    (
        "improver",
        diff("@@ -1 +1 @@\n STATE = 1", new="b/solution.py"),
        "solution.py exists; lib.py cannot take",
    ),
    ("shell_operator", "ls", "holds 0 code blocks"),
    ("shell_operator", act("ls") + "\n" + act("ls"), "holds 2 code blocks"),
    ("shell_operator", act(" "), "the code block is empty"),
    ("shell_operator", act("vim solution.py"), "vim waits for keys"),
    ("shell_operator", act("open"), r"usage: open PATH \[LINE\]"),
    ("shell_operator", act("open 'a"), "No closing quotation"),
    ("shell_operator", act("submit now"), "usage: submit"),
    ("shell_operator", act("submit", "ls"), "submit stands alone"),
    ("shell_operator", act("edit 0:1", "x", "end_of_edit"), "usage: edit FIRST:LAST"),
    ("shell_operator", act("edit 1:1", "x"), "then a line end_of_edit"),
]


def test_every_role_reads_an_answer_and_refuses_one() -> None:
    assert {role for role, *_ in READ} == set(ROLES)
    assert {role for role, *_ in REFUSED} == set(ROLES)
    assert set(INPUTS) == set(ROLES)


def named(rows: list[tuple[str, str, Any]]) -> list[Any]:
    """The rows with the role in their ids; answers are too long for one."""
    return [pytest.param(*row, id=f"{row[0]}-{number}") for number, row in enumerate(rows)]


@pytest.mark.parametrize(("role", "answer", "result"), named(READ))
def test_a_sound_answer_becomes_its_typed_result(role: str, answer: str, result: Any) -> None:
    assert ROLES[role].read(INPUTS[role], answer) == result


@pytest.mark.parametrize(("role", "answer", "complaint"), named(REFUSED))
def test_a_bad_answer_is_told_what_is_wrong(role: str, answer: str, complaint: str) -> None:
    with pytest.raises(AnswerError, match=complaint) as caught:
        ROLES[role].read(INPUTS[role], answer)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("refined", [BLOCK, f"{BLOCK}  \n", f"\n{BLOCK.strip()}\n\n"])
def test_a_block_is_not_refined_twice_whatever_blanks_surround_it(refined: str) -> None:
    inputs = extractor.Inputs("b", SCRIPT, "summary", ("other", refined))
    with pytest.raises(AnswerError, match="refined before; pick another one"):
        extractor.ROLE.read(inputs, said(block=f"{BLOCK}\n", plan="p"))


@pytest.mark.parametrize("role", JSONS)
def test_an_answer_with_raw_line_breaks_reads_like_one_with_escaped_ones(role: str) -> None:
    answer = next(answer for name, answer, _ in READ if name == role)
    raw = re.sub(r'"(w|p|a)"', '"\\1\n\tmore"', answer)
    assert raw != answer
    escaped = re.sub(r'"(w|p|a)"', r'"\1\\n\\tmore"', answer)
    assert ROLES[role].read(INPUTS[role], raw) == ROLES[role].read(INPUTS[role], escaped)
