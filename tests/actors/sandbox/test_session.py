"""A session at every level: what lasts, what is limited, what cannot be reached, what is left."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from actors.contracts import CommandResult, ExitStatus, Limits, SessionRequest
from actors.errors import InputError
from actors.sandbox.executor import LocalExecutor
from actors.sandbox.inside import tree
from actors.sandbox.settings import Level

pytestmark = pytest.mark.slow

LIMITS = Limits(wall_seconds=30, memory_bytes=1 << 28, disk_bytes=64 << 20)


def session(executor: LocalExecutor, commands: Sequence[str], **limits: float) -> list[CommandResult]:
    """The results of commands in one session."""

    async def play() -> list[CommandResult]:
        opened = await executor.open(SessionRequest("d1", replace(LIMITS, **limits)))
        try:
            return [await opened.run(command, 60.0, 60.0) for command in commands]
        finally:
            await opened.close()

    return asyncio.run(play())


def marked(marker: str) -> list[int]:
    pids = [int(p) for p in os.listdir("/proc") if p.isdigit()]
    return [p for p in tree.alive(pids) if marker in tree.read(f"/proc/{p}/cmdline")]


def test_folder_variables_functions_and_files_last(warm: LocalExecutor) -> None:
    results = session(
        warm,
        [
            "mkdir sub; cd sub; export A=5 B; f() { echo got $1; }",
            "pwd | grep -o '[^/]*$'; echo $A; f x; false",
            "create part.py",
            "edit 1:1\nprint('from the editor')\nend_of_edit",
            "python part.py; cat ../input/more/notes.txt",
        ],
    )
    assert [r.status for r in results] == [ExitStatus.OK, ExitStatus.FAILED, *[ExitStatus.OK] * 3]
    assert results[1].output == "sub\n5\ngot x\n"
    assert results[1].exit_code == 1
    assert results[4].output == "from the editor\nhello"
    assert results[4].folder == "sub"
    assert results[4].file == "sub/part.py, line 1"
    assert {r.isolation for r in results} == {warm.level}


def test_the_script_is_what_stands_in_the_folder_where_it_starts(warm: LocalExecutor) -> None:
    results = session(warm, ["true", "echo 'print(1)' > solution.py", "cd /; rm -f solution.py", "true"])
    assert [r.script for r in results] == [None, "print(1)\n", "print(1)\n", "print(1)\n"]
    linked = session(warm, ["ln -s /etc/hostname solution.py", "true"])
    assert [r.script for r in linked] == [None, None]


def test_a_command_out_of_time_is_killed_with_its_tree_and_the_shell_lives(warm: LocalExecutor) -> None:
    started = time.monotonic()
    results = session(
        warm,
        ["A=7", "echo before; (sleep 4321 &) ; python -c 'import time; time.sleep(4321)'", "echo $A"],
        wall_seconds=2,
    )
    assert [r.status for r in results] == [ExitStatus.OK, ExitStatus.WALL, ExitStatus.OK]
    assert results[1].output.startswith("before\n")
    assert results[2].output == "7\n"
    assert time.monotonic() - started < 30
    assert not marked("4321")


def test_a_shell_that_hangs_or_exits_is_replaced_and_files_stay(warm: LocalExecutor) -> None:
    results = session(
        warm,
        ["touch kept; A=7", "while true; do :; done", "ls; echo A=$A", "exit 3", "kill -9 $PPID", "ls"],
        wall_seconds=2,
    )
    assert results[1].status is ExitStatus.WALL
    assert "new one" in results[1].detail
    assert results[2].output == "input\nkept\nA=\n"
    assert (results[3].status, results[3].exit_code) == (ExitStatus.FAILED, 3)
    assert results[4].status is ExitStatus.SIGNAL
    assert results[5].output == "input\nkept\n"


def test_a_command_may_be_given_less_than_its_session(warm: LocalExecutor) -> None:
    async def play() -> list[ExitStatus]:
        opened = await warm.open(SessionRequest("d1", LIMITS))
        try:
            spun = await opened.run("python -c 'while True: pass'", 60.0, 1.0)
            slept = await opened.run("sleep 9", 1.0, 60.0)
            return [spun.status, slept.status]
        finally:
            await opened.close()

    assert asyncio.run(play()) == [ExitStatus.CPU, ExitStatus.WALL]


@pytest.mark.parametrize(
    ("command", "status", "limits"),
    [
        ("python -c 'while True: pass'", ExitStatus.CPU, {"cpu_seconds": 1}),
        ("python -c 'x = bytearray(1 << 30)'", ExitStatus.FAILED, {}),
        ("for n in 1 2 3 4; do python -c 'import time; x = b\"1\" * (90 << 20); time.sleep(9)' & done; wait",
         ExitStatus.MEMORY, {}),
        ("head -c 200000000 /dev/zero > big; sleep 5", ExitStatus.DISK, {}),
        ("yes", ExitStatus.OUTPUT, {"output_bytes": 1 << 16}),
        ("for n in $(seq 40); do sleep 9 & done; wait", ExitStatus.PROCESSES, {"processes": 16}),
    ],
)  # fmt: skip
def test_each_limit_ends_the_command_and_not_the_session(
    warm: LocalExecutor, command: str, status: ExitStatus, limits: dict[str, float]
) -> None:
    results = session(warm, [command, "rm -f big; echo still here"], **limits)
    assert results[0].status is status, results[0]
    assert results[1].output.endswith("still here\n")


def test_limits_count_one_command_and_its_use_is_told(warm: LocalExecutor) -> None:
    burn = "python -c 'import time\nwhile time.process_time() < 0.7: pass'"
    results = session(warm, [burn] * 3, cpu_seconds=1.5)
    assert all(r.status is ExitStatus.OK for r in results)
    assert all(0.6 < r.cpu_seconds < 1.5 for r in results)


def test_what_runs_in_the_background_stands_still_between_commands(warm: LocalExecutor) -> None:
    async def play() -> list[str]:
        opened = await warm.open(SessionRequest("d1", LIMITS))
        try:
            ticking = "(while true; do echo x >> ticks; sleep 0.05; done) &"
            await opened.run(f"{ticking} while [ ! -s ticks ]; do sleep 0.05; done", 60.0, 60.0)
            before = (await opened.run("wc -l < ticks", 60.0, 60.0)).output
            await asyncio.sleep(2.0)
            return [before, (await opened.run("wc -l < ticks; sleep 1", 60.0, 60.0)).output,
                    (await opened.run("wc -l < ticks", 60.0, 60.0)).output]  # fmt: skip
        finally:
            await opened.close()

    first, second, third = (int(text) for text in asyncio.run(play()))
    assert second - first < 15  # two seconds would be forty
    assert third > second  # it goes on while a command runs


def test_output_is_cut_in_the_middle(warm: LocalExecutor) -> None:
    (result,) = session(warm, ["echo start; seq 100000; echo end"], output_bytes=1 << 14)
    assert result.output.startswith("start\n")
    assert result.output.endswith("end\n")
    assert "bytes left out" in result.output
    assert len(result.output) < 1 << 15


def test_nothing_hidden_is_reached(warm: LocalExecutor, level: Level, answers: Path) -> None:
    if level == "limits":
        pytest.skip("limits guards against accidents of Python programs only")
    os.environ["A_SECRET_KEY"] = "sesame"
    try:
        results = session(
            warm,
            [
                f"cat {answers}",
                "open " + str(answers),
                f"cp {answers} solution.py",
                "cat /proc/*/environ | tr '\\0' '\\n' | grep -c sesame",
                "env | grep -c sesame",
                "python -c 'import socket; socket.create_connection((\"127.0.0.1\", 80))'",
                "cat /etc/shadow",
                "echo x > input/train.csv",
            ],
        )
    finally:
        del os.environ["A_SECRET_KEY"]
    assert all(r.status is ExitStatus.FAILED for r in results), results
    assert not any("0.8051943" in r.output for r in results[:3])
    assert results[2].script is None
    assert [results[3].output[-2:], results[4].output] == ["0\n", "0\n"]
    assert "PermissionError" in results[5].output


def test_closing_and_cancelling_leave_nothing(warm: LocalExecutor) -> None:
    session(warm, ["setsid sleep 5678 & sleep 0.2"])
    assert not marked("5678")

    async def cancel() -> None:
        opened = await warm.open(SessionRequest("d1", LIMITS))
        task = asyncio.create_task(opened.run("(setsid sleep 5679 &); sleep 5679", 60.0, 60.0))
        while not marked("5679"):
            await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert not marked("5679")


def test_an_unknown_bundle_is_refused(warm: LocalExecutor) -> None:
    with pytest.raises(InputError, match="nowhere"):
        asyncio.run(warm.open(SessionRequest("nowhere")))
