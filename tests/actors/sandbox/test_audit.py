"""The audit hook stays for the life of a process, so that each case has its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import sys
from actors.sandbox.inside import audit
from actors.sandbox.inside.hiding import Hiding
audit.watch(Hiding({hidden!r}, {needed!r}), lambda path: print("told", path, file=sys.stderr))
{action}
print("done")
"""


def outcome(folder: Path, action: str, needed: tuple[str, ...] = ()) -> tuple[str, str]:
    (folder / "hidden").mkdir()
    (folder / "hidden/answers.csv").write_text("42")
    (folder / "hidden/work").mkdir()
    (folder / "hidden/work/own.txt").write_text("own")
    (folder / "link").symlink_to("hidden")
    code = CODE.format(hidden=[str(folder / "hidden")], needed=list(needed), action=action)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.stdout, done.stderr


@pytest.mark.parametrize(
    "action",
    [
        "print(open('hidden/answers.csv').read())",
        "print(open(b'link/answers.csv').read())",
        "import os; os.open('hidden/../hidden/answers.csv', os.O_RDONLY)",
        "import os; os.link('hidden/answers.csv', 'mine'); print(open('mine').read())",
        "import shutil; shutil.copy('hidden/answers.csv', 'mine'); print(open('mine').read())",
        "import os, subprocess; print(subprocess.check_output(['cat', os.getcwd() + '/hidden/answers.csv']))",
        "import numpy; numpy.loadtxt('link/answers.csv')",
    ],
)
def test_a_hidden_path_is_refused_and_told(tmp_path: Path, action: str) -> None:
    stdout, stderr = outcome(tmp_path, action)
    assert "42" not in stdout
    assert "done" not in stdout
    assert "told" in stderr
    assert "PermissionError" in stderr


@pytest.mark.parametrize(
    "action", ["open('free', 'w').close()", "open(0)", "import subprocess; subprocess.run('true')"]
)
def test_the_rest_is_free(tmp_path: Path, action: str) -> None:
    assert outcome(tmp_path, action) == ("done\n", "")


def test_a_needed_folder_inside_a_hidden_one_stays_open(tmp_path: Path) -> None:
    needed = (str(tmp_path / "hidden/work"),)
    stdout, stderr = outcome(tmp_path, "print(open('hidden/work/own.txt').read())", needed)
    assert stdout == "own\ndone\n", stderr
