"""Diffs as models write them, and programs of several files."""

from __future__ import annotations

import pytest

from actors.errors import AnswerError
from actors.roles.diffs import apply_diffs, read_diffs
from actors.roles.program import read_files, render_files

FILES = {"a.py": "one\ntwo\nthree\ntwo\nfour\n", "b.py": "x\n"}


def diff(body: str, old: str = "a/a.py", new: str = "b/a.py") -> str:
    return f"Why.\n\n```diff\n--- {old}\n+++ {new}\n{body}\n```"


def after(text: str) -> dict[str, str]:
    return apply_diffs(FILES, read_diffs(text))


def test_a_hunk_is_found_by_its_text_whatever_its_numbers() -> None:
    assert after(diff("@@ -90,2 +90,2 @@\n one\n-two\n+TWO"))["a.py"] == "one\nTWO\nthree\ntwo\nfour\n"
    assert after(diff("@@\n three\n-two"))["a.py"] == "one\ntwo\nthree\nfour\n"


def test_equal_places_are_told_apart_by_the_number_or_asked_for() -> None:
    assert after(diff("@@ -4,1 +4,1 @@\n-two\n+TWO"))["a.py"] == "one\ntwo\nthree\nTWO\nfour\n"
    with pytest.raises(AnswerError, match="fits at 2 places"):
        after(diff("@@ ... @@\n-two\n+TWO"))


def test_blanks_at_line_ends_do_not_matter() -> None:
    assert after(diff("@@ -1 +1 @@\n-one  \n+ONE"))["a.py"].startswith("ONE\n")


def test_several_hunks_and_files_apply_in_order() -> None:
    both = (
        diff("@@ -1 +1 @@\n-one\n+ONE\n@@ -5 +5 @@\n-four\n+FOUR\n")
        + "\n\n"
        + diff("@@ -1 +1 @@\n-x\n+y", "a/b.py", "b/b.py")
    )
    assert after(both) == {"a.py": "ONE\ntwo\nthree\ntwo\nFOUR\n", "b.py": "y\n"}


def test_files_come_go_and_are_renamed() -> None:
    assert after(diff("@@ -0,0 +1 @@\n+new", "/dev/null", "b/c.py"))["c.py"] == "new\n"
    assert list(after(diff("@@ -1 +0,0 @@\n-x", "a/b.py", "/dev/null"))) == ["a.py"]
    assert after(diff("@@ -1 +1 @@\n-x\n+y", "a/b.py", "b/c.py"))["c.py"] == "y\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("no diff at all", "no ```diff block"),
        (diff("@@ -1 +1 @@\n-unknown\n+y"), "hunk 1 of a.py does not apply.*'unknown'"),
        (diff("@@ -1 +1 @@\n-x\n+y", "a/none.py", "b/none.py"), "there is no file none.py"),
        (diff("@@ -0,0 +1 @@\n+x", "/dev/null", "b/b.py"), "b.py exists"),
        (diff("@@ -1 +1 @@\n-one\n*two"), "must start with"),
        (diff("nothing"), "has no hunk"),
        (diff("@@ -1 +1 @@\n-x", "/dev/null", "/dev/null"), "names no file"),
    ],
)
def test_what_does_not_apply_is_told_why(text: str, complaint: str) -> None:
    with pytest.raises(AnswerError, match=complaint):
        after(text)


def test_files_survive_their_spelling() -> None:
    files = (("lib/a.py", "x = 1\n"), ("notes.md", "text\n"))
    assert read_files(f"Words.\n\n{render_files(files)}") == files


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("../a.py", "x", "no plain file name"),
        ("/a.py", "x", "no plain file name"),
        (".hidden", "x", "no plain file name"),
        ("input/a.csv", "x", "taken by the system"),
        ("submission.csv", "x", "taken by the system"),
        ("a.py", "def", "a.py does not compile: line 1"),
    ],
)
def test_files_that_cannot_be_are_told_why(name: str, text: str, complaint: str) -> None:
    with pytest.raises(AnswerError, match=complaint):
        read_files(f"### {name}\n\n```\n{text}\n```")


def test_one_name_twice_and_no_file_are_refused() -> None:
    with pytest.raises(AnswerError, match="more than once"):
        read_files(render_files([("a.py", "x\n"), ("a.py", "y\n")]))
    with pytest.raises(AnswerError, match="no file"):
        read_files("nothing")
