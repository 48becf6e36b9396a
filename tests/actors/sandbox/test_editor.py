"""The editor of a session: its window, its guard against broken Python, its searches."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.sandbox.inside.editor import WINDOW, Editor


class Desk:
    """An editor in a folder, and what it printed last."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.editor, self._capsys = folder, Editor(), capsys
        self.code = 0

    def __call__(self, command: str) -> str:
        assert self.editor.knows(command)
        self.code = self.editor.run(command, str(self.folder))
        return self._capsys.readouterr().out


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "long.txt").write_text("".join(f"line {n}\n" for n in range(1, 301)))
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "code.py").write_text("def f():\n    return 1\n")
    return Desk(tmp_path, capsys)


def shown(text: str) -> tuple[int, int]:
    numbers = [int(row.split(":")[0]) for row in text.splitlines() if row.split(":")[0].isdigit()]
    return numbers[0], numbers[-1]


def test_the_window_shows_a_part_and_says_what_is_around_it(desk: Desk) -> None:
    text = desk("open long.txt")
    assert text.startswith("[File: long.txt (300 lines)]\n1:line 1\n")
    assert shown(text) == (1, WINDOW)
    assert "(200 more lines below)" in text
    assert "above" not in text


def test_the_window_moves_and_stops_at_both_ends(desk: Desk) -> None:
    desk("open long.txt")
    assert shown(desk("goto 150")) == (100, 199)
    assert shown(desk("scroll_down")) == (200, 299)
    assert shown(desk("scroll_down"))[1] == 300
    assert shown(desk("scroll_up"))[0] > 100
    for _ in range(4):
        text = desk("scroll_up")
    assert shown(text) == (1, WINDOW)
    assert "(99 more lines above)" in desk("open long.txt 150")


def test_an_edit_replaces_its_lines_and_shows_the_result(desk: Desk) -> None:
    desk("open lib/code.py")
    text = desk("edit 2:2\n    x = 2\n    return x\nend_of_edit")
    assert desk.code == 0
    assert (desk.folder / "lib/code.py").read_text() == "def f():\n    x = 2\n    return x\n"
    assert "3:    return x" in text


def test_an_edit_that_breaks_python_is_refused_with_the_error_and_both_windows(desk: Desk) -> None:
    desk("open lib/code.py")
    text = desk("edit 2:2\n    return (\nend_of_edit")
    assert desk.code == 1
    assert (desk.folder / "lib/code.py").read_text() == "def f():\n    return 1\n"
    assert "NOT made" in text
    assert "line 2: '(' was never closed" in text
    assert "2:    return (" in text.split("This is the file as it is")[0]
    assert "2:    return 1" in text.split("This is the file as it is")[1]


def test_other_files_may_hold_anything(desk: Desk) -> None:
    desk("create notes.txt")
    desk("edit 1:1\nreturn (\nend_of_edit")
    assert (desk.folder / "notes.txt").read_text() == "return (\n"


def test_a_new_file_is_opened_empty_and_written_by_an_edit(desk: Desk) -> None:
    assert "(0 lines)" in desk("create new.py")
    desk("edit 1:1\nx = 1\n\nend_of_edit")
    assert (desk.folder / "new.py").read_text() == "x = 1\n\n"
    assert desk.editor.where == "new.py, line 1"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("goto 3", "no file is open"),
        ("open none.txt", "none.txt is no file"),
        ("open", "usage: open"),
        ("create lib/code.py", "exists"),
        ("open 'x", "No closing quotation"),
        ("scroll_up", "no file is open"),
    ],
)
def test_faults_are_told(desk: Desk, command: str, answer: str) -> None:
    assert answer in desk(command)
    assert desk.code == 1


def test_edits_outside_the_file_or_without_an_end_are_refused(desk: Desk) -> None:
    desk("open lib/code.py")
    assert "are not in the file, which has 2" in desk("edit 2:5\nx\nend_of_edit")
    assert "are not in the file" in desk("edit 2:1\nx\nend_of_edit")
    assert "usage" in desk("edit 1:1\nx")
    assert "no line number" in desk("goto 0")
    assert "has 2 lines" in desk("goto 3")


def test_searches_find_names_and_lines(desk: Desk) -> None:
    assert "1 files named *.py:\nlib/code.py" in desk("find_file *.py")
    assert "1 lines with 'return' in 1 files:\nlib/code.py: 1" in desk("search_dir return")
    assert "1 lines with 'line 42':\n42:line 42" in desk("search_file 'line 42' long.txt")


def test_paths_follow_the_shells_folder(desk: Desk) -> None:
    desk.folder = desk.folder / "lib"
    assert "[File: lib/code.py (2 lines)]" in desk("open code.py")
