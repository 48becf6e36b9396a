"""The Executor contract, at every level that works here, warm and cold."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from actors.contracts import DataBundle, ExecutionRequest, ExecutionResult, ExitStatus, Limits
from actors.errors import InputError
from actors.sandbox import sandbox
from actors.sandbox.executor import LocalExecutor
from actors.sandbox.inside import tree
from actors.sandbox.settings import SandboxSettings

pytestmark = pytest.mark.slow

PATIENT = Limits(wall_seconds=60)
SAME = """
import random, sys
import numpy as np
import pandas as pd
print(random.random(), np.random.rand(3).tobytes().hex(), hash("text"), {"b", "a", "c"})
print(sys.argv, __name__, __file__[-12:], sys.path[0] + "/solution.py" == __file__)
print(len(sys.path), sys.getrecursionlimit())
print(pd.DataFrame({"a": np.random.normal(size=3)}))
pd.DataFrame({"id": [1], "y": np.random.rand(1)}).to_csv("submission.csv")
def deep(n): return deep(n + 1)
deep(0)
"""


def run(executor: LocalExecutor, script: str, **changes: object) -> ExecutionResult:
    facts = {"bundle": "d1", "limits": PATIENT, **changes}
    return asyncio.run(executor.run(ExecutionRequest(script, **facts)))  # type: ignore[arg-type]


def test_a_script_reads_its_input_and_leaves_a_submission(warm: LocalExecutor) -> None:
    script = """
import os
print(open("input/train.csv").read(), open("input/more/notes.txt").read(), open("lib/part.txt").read())
open("submission.csv", "w").write("id,y\\n1,3\\n")
"""
    result = run(warm, script, extra_files=(("lib/part.txt", "extra"),))
    assert result.ok, result
    assert result.stdout == "id,y\n1,2\n hello extra\n"
    assert result.submission == b"id,y\n1,3\n"
    assert result.exit_code == 0
    assert result.isolation == warm.level
    assert 0 < result.seconds < 60
    assert result.peak_bytes > 0


def test_a_failure_keeps_output_and_traceback(warm: LocalExecutor) -> None:
    result = run(warm, "print('so far')\nraise KeyError('colour')")
    assert result.status is ExitStatus.FAILED
    assert result.exit_code == 1
    assert result.stdout == "so far\n"
    expected = 'Traceback (most recent call last):\n  File "solution.py", line 2, in <module>\n'
    assert result.stderr.startswith(expected)
    assert result.stderr.endswith("KeyError: 'colour'\n")


def test_a_syntax_error_is_the_scripts_own(warm: LocalExecutor) -> None:
    result = run(warm, "print('no'\n")
    assert result.status is ExitStatus.FAILED
    assert 'File "solution.py", line 1' in result.stderr
    assert "inside" not in result.stderr


@pytest.mark.parametrize(("call", "code"), [("sys.exit(3)", 3), ("sys.exit('bad')", 1), ("os._exit(7)", 7)])
def test_exit_codes(warm: LocalExecutor, call: str, code: int) -> None:
    result = run(warm, f"import os, sys\n{call}")
    assert (result.status, result.exit_code) == (ExitStatus.FAILED, code)


def test_the_wall_limit_keeps_what_was_printed_and_says_where_it_was(warm: LocalExecutor) -> None:
    script = "import time\nprint('started')\nopen('submission.csv', 'w').write('x')\ntime.sleep(60)"
    result = run(warm, script, limits=Limits(wall_seconds=1.5))
    assert result.status is ExitStatus.WALL
    assert result.exit_code is None
    assert result.stdout == "started\n"
    assert 'File "solution.py", line 4' in result.stderr
    assert "zygote" not in result.stderr
    assert 1.5 <= result.seconds < 10


def test_the_environment_holds_no_key_of_ours(cold: LocalExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    result = run(cold, "import os; print(dict(os.environ))\nprint(open('/proc/self/environ').read())")
    assert result.ok, result
    assert "canary" not in result.stdout
    assert "'PYTHONHASHSEED': '0'" in result.stdout
    assert "'OMP_NUM_THREADS': '1'" in result.stdout


def test_each_run_starts_fresh(warm: LocalExecutor) -> None:
    run(warm, "import json; json.x = 1; open('left', 'w').close(); open('/dev/shm/psm_left', 'w').close()")
    result = run(
        warm, "import json, os; print(hasattr(json, 'x'), os.path.exists('left'), os.listdir('/dev/shm'))"
    )
    assert result.stdout.startswith("False False ")
    assert "psm_left" not in result.stdout


LEAVES = {
    "unreadable": "os.makedirs(top + '/inner'); os.chmod(top, 0)",
    "unwritable": "os.makedirs(top + '/inner'); os.chmod(top, 0o500)",
    "deep": "for _ in range(1200): os.mkdir(top); os.chdir(top); top = 'd'",
}


@pytest.mark.parametrize("leave", LEAVES.values(), ids=LEAVES)
def test_what_a_script_made_to_stay_in_a_private_folder_goes_with_its_zygote(
    warm: LocalExecutor, leave: str
) -> None:
    if warm.level != "namespaces":
        pytest.skip("no private /tmp at this level")
    result = run(warm, f"import os\ntop = '/tmp/stays'\n{leave}\nprint('made')")
    assert (result.status, result.stdout) == (ExitStatus.OK, "made\n")
    again = run(warm, "import os; print('stays' in os.listdir('/tmp'))")
    assert (again.status, again.stdout) == (ExitStatus.OK, "False\n")


def test_input_is_the_requested_bundle_and_cannot_be_changed_for_others(warm: LocalExecutor) -> None:
    script = """
import os
try:
    os.chmod("input/train.csv", 0o644)
    open("input/train.csv", "w").write("spoilt")
except OSError as error:
    print("refused")
"""
    run(warm, script)
    assert "id,y\n1,2\n" in run(warm, "print(open('input/train.csv').read())").stdout
    assert "9,9" in run(warm, "print(open('input/train.csv').read())", bundle="d2").stdout


def test_hidden_files_cannot_be_read(warm: LocalExecutor, answers: Path) -> None:
    result = run(warm, f"open('submission.csv', 'w').write('x')\nprint(open({str(answers)!r}).read())")
    assert "0.8051943" not in result.stdout
    assert result.status is (ExitStatus.FORBIDDEN if warm.level == "limits" else ExitStatus.FAILED)
    if warm.level == "limits":
        assert result.submission is None
        assert str(answers) in result.detail


def test_parallel_libraries_work(warm: LocalExecutor) -> None:
    script = """
import multiprocessing
import numpy as np
from joblib import Parallel, delayed
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
import lightgbm
X = np.random.normal(size=(200, 4)); y = X[:, 0]
print(round(HistGradientBoostingRegressor(max_iter=5).fit(X, y).score(X, y), 2) > 0)
print(RandomForestRegressor(5, n_jobs=-1).fit(X, y).score(X, y) > 0)
print(lightgbm.LGBMRegressor(n_estimators=3, verbose=-1).fit(X, y).predict(X).shape)
if __name__ == "__main__":
    print(multiprocessing.Pool(2).map(abs, [-1, -2]))
    print(Parallel(2)(delayed(abs)(-i) for i in range(3)))
"""
    result = run(warm, script)
    assert result.stdout == "True\nTrue\n(200,)\n[1, 2]\n[0, 1, 2]\n", result
    assert result.ok


def test_warm_and_cold_give_the_same_bytes(warm: LocalExecutor, cold: LocalExecutor) -> None:
    first, second = run(warm, SAME, seed=5), run(cold, SAME, seed=5)
    assert first.stdout == second.stdout
    assert first.stderr == second.stderr
    assert first.submission == second.submission
    assert first.status is second.status is ExitStatus.FAILED
    assert run(warm, SAME, seed=6).stdout != first.stdout


def test_a_cold_interpreter_stands_in_where_a_library_breaks(
    warm: LocalExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "PRELOAD", ("numpy", ""))  # no name of a module: the import raises
    settings = SandboxSettings(level=warm.level, cache=tmp_path / "cache")
    broken = LocalExecutor(settings, {"d1": DataBundle("d1", ())})
    try:
        results = [run(broken, SAME, seed=5) for _ in range(2)]
    finally:
        broken.close()
    expected = run(warm, SAME, seed=5)
    for result in results:
        assert (result.stdout, result.stderr) == (expected.stdout, expected.stderr)
        assert (result.status, result.submission) == (expected.status, expected.submission)


def test_cpu_time_of_dead_children_counts(warm: LocalExecutor) -> None:
    script = """
import os, time
if os.fork() == 0:
    start = time.process_time()
    while time.process_time() - start < 0.5: pass
    os._exit(0)
os.wait()
"""
    assert run(warm, script).cpu_seconds >= 0.5


def test_cancelling_kills_the_whole_tree(warm: LocalExecutor) -> None:
    script = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
time.sleep(60)
"""

    async def cancel() -> None:
        task = asyncio.create_task(warm.run(ExecutionRequest(script, "d1", PATIENT)))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    start = time.monotonic()
    asyncio.run(cancel())
    assert time.monotonic() - start < 30
    sleepers = [pid for pid in tree.alive(tree.descendants(os.getpid())) if _is_script(pid)]
    assert not sleepers
    assert run(warm, "print('next')").stdout == "next\n"


def _is_script(pid: int) -> bool:
    """Whether a process is a fork of a zygote, which is a child of a guardian or of bwrap."""
    facts = tree.stat(pid)
    lines = [tree.read(f"/proc/{p}/cmdline") for p in (pid, facts.parent if facts else 0)]
    return all("inside.zygote" in x and "bwrap" not in x and "guardian" not in x for x in lines)


def test_a_killed_zygote_is_replaced(warm: LocalExecutor) -> None:
    run(warm, "print(1)")
    zygote = warm._idle[-1]._zygote
    assert zygote is not None
    tree.send([zygote.pid], 9)  # type: ignore[list-item]
    result = run(warm, "print('alive')")
    assert result.stdout == "alive\n"


def test_an_unknown_bundle_is_refused(warm: LocalExecutor) -> None:
    with pytest.raises(InputError, match="nowhere"):
        run(warm, "print(1)", bundle="nowhere")


@pytest.mark.parametrize("name", ["../up.txt", "/etc/up.txt"])
def test_extra_files_stay_in_the_work_folder(warm: LocalExecutor, name: str) -> None:
    with pytest.raises(InputError, match="inside the work folder"):
        run(warm, "print(1)", extra_files=((name, "x"),))
