"""The offline engineer as GPT-Engineer and as SWE-Agent: real programs, diffs that apply, a real editor."""

from __future__ import annotations

import asyncio
import re
import runpy
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from madeup import made_up

from actors.briefing import render_brief
from actors.contracts import ChatRequest, Limits
from actors.models.offline.answers.gpt_engineer import modules, whole
from actors.models.offline.answers.swe_agent import Desk as Memory
from actors.models.offline.answers.swe_agent import edit_command, edited, read_desk, read_turns
from actors.models.offline.engineer import OfflineEngineer
from actors.models.offline.script import read_script, render
from actors.roles.improver import improved
from actors.roles.registry import ROLES
from actors.roles.shell_operator import Action, Inputs, Turn, render_history
from actors.sandbox.inside.editor import Editor

pytestmark = pytest.mark.slow

BRIEF, FILES = made_up("regression")
TEXT = render_brief(BRIEF, Limits(), {})


def ask(name: str, inputs: Any, seed: int = 5) -> Any:
    role = ROLES[name]
    reply = asyncio.run(OfflineEngineer().complete(ChatRequest(name, role.messages(inputs), seed)))
    return role.read(inputs, reply.text)


def inputs_of(name: str, **values: Any) -> Any:
    return import_module(f"actors.roles.{name}").Inputs(brief=TEXT, **values)


def program(seed: int = 5) -> dict[str, str]:
    files = ask("file_writer", inputs_of("file_writer"), seed)
    return {**dict(files), "solution.py": ask("entry_writer", inputs_of("entry_writer", files=files), seed)}


def test_a_program_of_several_files_is_the_catalogues_and_can_be_put_together_again() -> None:
    files = program()
    assert set(files) == {"parts.py", "pipeline.py", "solution.py"}
    script = whole(files)
    assert script is not None
    assert len(script.members) == 3
    assert modules(script) == files


def test_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "input").mkdir()
    for name, data in FILES.items():
        (tmp_path / "input" / name).write_bytes(data)
    for name, text in program().items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    runpy.run_path("solution.py", run_name="__main__")
    for name in ("parts", "pipeline"):
        sys.modules.pop(name)
    rows = (tmp_path / "submission.csv").read_text().splitlines()
    assert len(rows) == 41


def test_repairs_are_diffs_that_take_out_what_the_traceback_names() -> None:
    files = program()
    script = whole(files)
    assert script is not None
    failure = f'status: failed\nFile "parts.py", line 9, in {script.members[0]}\nValueError: NaN'
    inputs = inputs_of("improver", files=tuple(files.items()), failure=failure)
    after = whole(dict(improved(inputs.files, ask("improver", inputs))))
    assert after is not None
    assert script.members[0] not in after.members


def test_somebody_elses_program_is_replaced_by_one_that_works() -> None:
    inputs = inputs_of("improver", files=(("solution.py", "import nothing\n"),), failure="status: failed")
    after = dict(improved(inputs.files, ask("improver", inputs)))
    assert whole(after) is not None


class World:
    """A folder in which the engineer's commands happen; running prints what `scores` says."""

    def __init__(self, folder: Path, scores: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.scores, self._capsys = folder, scores, capsys
        self.editor = Editor()
        self.turns: list[Turn] = []
        self.ran: list[str] = []

    def turn(self, left: int = 40, seed: int = 5) -> Action:
        action: Action = ask("shell_operator", Inputs(TEXT, tuple(self.turns), 5, left, 60.0), seed)
        if action.command != "submit":
            observation = self._do(action.command)
            self.turns.append(Turn(action.thought, action.command, observation))
        return action

    def play(self, most: int = 60) -> None:
        for _ in range(most):
            if self.turn().command == "submit":
                return
        raise AssertionError("it does not come to an end")

    def text(self, name: str = "solution.py") -> str:
        return (self.folder / name).read_text()

    def _do(self, command: str) -> str:
        if self.editor.knows(command):
            code = self.editor.run(command, str(self.folder))
            return self._capsys.readouterr().out + (f"[exit code {code}]" if code else "")
        if command.startswith("python"):
            self.ran.append(self.text())
            return self.scores[min(len(self.ran), len(self.scores)) - 1]
        copied = re.fullmatch(r"cp (\S+) (\S+)", command)
        if copied:
            (self.folder / copied[2]).write_text(self.text(copied[1]))
        return "(no output)\n[open file: none; folder: .]"


def printed(score: float) -> str:
    return f"Final Validation Performance: {score}\n[open file: solution.py, line 1; folder: .]"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> World:
    monkeypatch.chdir(tmp_path)
    return World(tmp_path, [printed(1.0)], capsys)


def test_the_operator_writes_runs_and_keeps_the_better_of_two(world: World) -> None:
    world.scores = [printed(1.0), printed(1.5), printed(0.8), printed(2.0)]
    world.play()
    first, third = world.ran[0], world.ran[2]
    assert read_script(first) is not None
    assert len(set(world.ran)) == len(world.ran)
    assert world.text() == third == world.text("kept.py")
    assert first != third
    commands = [t.command for t in world.turns]
    assert commands[:2] == ["ls input", "create solution.py"]
    assert commands.count("cp kept.py solution.py") == 5  # the second change, then four in vain


def test_what_the_history_says_is_what_stands_in_the_files(world: World) -> None:
    world.scores = [printed(1.0), "status\nMemoryError\n[exit code 1]", printed(0.7), printed(0.9)]
    for _ in range(25):
        if world.turn().command == "submit":
            break
        desk = read_desk(read_turns(render_history(Inputs(TEXT, tuple(world.turns), 5, 9, 60.0))))
        if (world.folder / "solution.py").exists():
            assert desk.text == world.text()


def test_a_failing_program_is_mended_and_at_last_given_up(world: World) -> None:
    world.scores = ["Traceback\nValueError: x\n[exit code 1]"]
    world.play()
    assert 2 <= len(world.ran) <= 6


def test_a_refused_edit_is_made_again_once_the_file_is_open(world: World) -> None:
    while not world.turns or not world.turns[-1].command.startswith("cp"):
        world.turn()
    world.editor = Editor()  # the shell was lost, and the editor with it
    assert world.turn().command.startswith("edit")
    before = world.text()
    assert world.turn().command == "open solution.py"
    assert world.turn().command.startswith("edit")
    assert world.text() != before
    assert world.turn().command == "python solution.py"


def test_it_submits_before_the_turns_are_over(world: World) -> None:
    while not world.turns or not world.turns[-1].command.startswith("cp"):
        world.turn()
    assert world.turn(left=4).command == "submit"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "a\nb\n"),
        ("a\nb\nc\n", "a\nX\nc\n"),
        ("a\nb\n", "a\nb\nc\n"),
        ("a\nb\nc\n", "a\nc\n"),
        ("a\na\na\n", "a\na\n"),
        ("a\n", "b\na\n"),
        ("x\na\nb\n", "a\nb\n"),
    ],
)
def test_edits_turn_one_text_into_the_other(before: str, after: str) -> None:
    assert edited(Memory(text=before), edit_command(before, after)).text == after


def test_scripts_survive_their_modules() -> None:
    script = whole(program(8))
    assert script is not None
    assert read_script(render(script)) is not None
