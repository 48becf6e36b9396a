"""What the kernel asks about, at the level that hides nothing from sight."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.contracts import DataBundle, ExecutionRequest, ExecutionResult, ExitStatus, Limits
from actors.sandbox.executor import LocalExecutor
from actors.sandbox.inside import seccomp
from actors.sandbox.inside.hiding import Hiding
from actors.sandbox.listener import Listener, real_path
from actors.sandbox.probe import tells_of_opens
from actors.sandbox.settings import SandboxSettings

listens = pytest.mark.skipif(not tells_of_opens(), reason="the kernel tells of no opens")


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("secret") / "answers.csv"
    path.write_text("id,y\n1,42\n")
    return path


@pytest.fixture(scope="module")
def executor(secret: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalExecutor]:
    cache = tmp_path_factory.mktemp("cache")
    settings = SandboxSettings(level="limits", warm=False, hidden_paths=(secret.parent,), cache=cache)
    opened = LocalExecutor(settings, {"d": DataBundle("d", (("a.csv", b"1"),))})
    yield opened
    opened.close()


def run(executor: LocalExecutor, script: str) -> ExecutionResult:
    return asyncio.run(executor.run(ExecutionRequest(script, "d", Limits(wall_seconds=60))))


@listens
@pytest.mark.parametrize(
    "action",
    [
        "ctypes.CDLL(None).open({path!r}.encode(), 0)",
        "subprocess.run(['cat', {path!r}])",
        "os.chdir({folder!r}); subprocess.run('cat < ./answers.csv', shell=True)",
        "os.symlink('/proc/self/cwd', 'here'); way = os.getcwd() + '/here/' + os.path.basename({folder!r});"
        "os.chdir({folder!r} + '/..'); ctypes.CDLL(None).open((way + '/answers.csv').encode(), 0)",
        "ctypes.CDLL(None).link({path!r}.encode(), b'mine')",
        "ctypes.CDLL(None).rename({folder!r}.encode(), b'mine')",
    ],
)
def test_no_code_opens_a_hidden_path(executor: LocalExecutor, secret: Path, action: str) -> None:
    code = action.format(path=str(secret), folder=str(secret.parent))
    result = run(executor, f"import ctypes, os, subprocess\nprint('so far')\n{code}\nprint('too far')")
    assert result.status is ExitStatus.FORBIDDEN, result
    assert result.detail == f"it opened {secret.parent if 'rename' in action else secret}"
    assert result.stdout == "so far\n"
    assert secret.read_text() == "id,y\n1,42\n"


@listens
@pytest.mark.skipif(os.geteuid() != 0, reason="others are limited by the kernel")
@pytest.mark.parametrize("call", ["os.fork()", "threading.Thread(target=time.sleep, args=(60,)).start()"])
def test_root_makes_no_more_processes_than_it_may(executor: LocalExecutor, call: str) -> None:
    script = f"""
import os, threading, time
made = 0
while made < 1000:
    {call}
    made += 1
    if made % 10 == 0:
        print(made, flush=True)
"""
    limits = Limits(wall_seconds=60, processes=10)
    result = asyncio.run(executor.run(ExecutionRequest(script, "d", limits)))
    assert result.status is ExitStatus.PROCESSES, result
    assert "50" not in result.stdout.split()


@listens
def test_free_paths_open_as_ever(executor: LocalExecutor, secret: Path) -> None:
    script = f"""
import ctypes, errno, multiprocessing, os, subprocess
libc = ctypes.CDLL(None, use_errno=True)
print(open("input/a.csv").read(), os.path.exists({str(secret)!r}))
print(libc.open(None, 0), errno.errorcode[ctypes.get_errno()])
print(libc.openat(999, b"x", 0), errno.errorcode[ctypes.get_errno()])
print(libc.open(b"nowhere/x", 0), errno.errorcode[ctypes.get_errno()])
print(subprocess.run(["cat", "input/a.csv"], capture_output=True, text=True).stdout)
def count(n):
    for _ in range(50):
        open(f"{{n}}.txt", "w").close()
    return n
if __name__ == "__main__":
    print(multiprocessing.Pool(3).map(count, range(6)))
os.rename("0.txt", "moved.txt")
"""
    result = run(executor, script)
    assert result.ok, result
    assert result.stdout.split("\n")[:5] == ["1 True", "-1 EFAULT", "-1 EBADF", "-1 ENOENT", "1"]
    assert "[0, 1, 2, 3, 4, 5]" in result.stdout


def test_without_a_listener_python_is_watched(
    executor: LocalExecutor, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seccomp, "supported", lambda: False)
    settings = SandboxSettings(
        level="limits", warm=False, hidden_paths=(secret.parent,), cache=executor._settings.cache
    )
    plain = LocalExecutor(settings, {"d": DataBundle("d", ())})
    try:
        result = run(plain, f"open({str(secret)!r})")
    finally:
        plain.close()
    assert result.status is ExitStatus.FORBIDDEN
    assert "is hidden from scripts" in result.stderr


def test_a_script_that_hands_over_no_listener_is_not_waited_for() -> None:
    listener = Listener(Hiding((), ()), lambda: 0)
    listener.close_writer()
    listener.pump()
    assert listener.fileno() == -1
    listener.close()


def test_links_are_followed_as_the_process_would(tmp_path: Path) -> None:
    top = tmp_path.resolve()
    (top / "a/b").mkdir(parents=True)
    (top / "up").symlink_to("a/b")
    (top / "loop").symlink_to("loop")
    pid = os.getppid()
    assert real_path(pid, f"{top}/up/../b/./x") == f"{top}/a/b/x"
    assert real_path(pid, f"{top}//loop/x").startswith(f"{top}/loop")
    assert real_path(pid, "/proc/self/root/../etc") == "/etc"
    assert real_path(pid, "/proc/thread-self/cwd") == os.readlink(f"/proc/{pid}/cwd")
    assert real_path(pid, "/..") == "/"


def test_hidden_folders_cover_what_is_below_but_not_what_is_needed() -> None:
    hiding = Hiding(["/a", "/b/c.csv"], ["/a/needed", "/d"])
    covered = [hiding.covers(path) for path in ("/a", "/a/x", "/a/needed/x", "/ax", "/b/c.csv", "/b", "/")]
    assert covered == [True, True, False, False, True, False, False]
    assert hiding.lies_below("/b")
    assert not hiding.lies_below("/d")
    assert hiding.closed == ["/b/c.csv"]
