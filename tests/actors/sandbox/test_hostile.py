"""Every hostile script at every level that works here, as root and as an ordinary user."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from actors.sandbox.probe import probe, tells_of_opens
from actors.sandbox.settings import LEVELS

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
ORDINARY = 54_321  # a user id that owns nothing
USERS = ("root", "ordinary") if os.geteuid() == 0 else ("ordinary",)
SCRIPTS = sorted(path.stem for path in (HERE / "hostile").glob("*.py"))

Outcomes = dict[str, dict[str, Any]]  # by script

pytestmark = pytest.mark.slow


def header(name: str, key: str) -> str:
    """The value of a `# key: value` line of a script, "" without one."""
    found = re.search(rf"^# {key}: (.*)$", (HERE / "hostile" / f"{name}.py").read_text(), re.MULTILINE)
    return found[1] if found else ""


def expected(name: str, level: str) -> set[str]:
    """The endings that a script may have at a level."""
    general, *special = header(name, "expect").split()
    for item in special:
        where, _, what = item.partition("=")
        if where == level:
            general = what
    return set(general.split("|"))


def applies(name: str, level: str, user: str) -> bool:
    """Whether a level promises anything about a script (and the machine survives its absence)."""
    needs = header(name, "needs")
    if needs == "ray" or (needs == "listener" and level == "limits" and not tells_of_opens()):
        return False  # with a Ray it is run by test_ray_store.py
    levels = header(name, "level").split()
    return not levels or level in levels or f"{level}={user}" in levels


@cache
def interpreter(user: str) -> str | None:
    """A Python with this project's packages that the user can run, None where there is none."""
    if user == "root" or os.geteuid() != 0:
        return sys.executable
    for candidate in (sys.executable, _environment_of_system_python()):
        if candidate and _imports(candidate):
            return candidate
    return None


def _imports(candidate: str) -> bool:
    try:
        done = subprocess.run(
            [candidate, "-c", "import actors.contracts, sklearn"],
            user=ORDINARY,
            group=ORDINARY,
            extra_groups=[],
            env={"PYTHONPATH": str(ROOT)},
            cwd="/",
            check=False,
            capture_output=True,
        )
    except OSError:
        return False
    return done.returncode == 0


def _environment_of_system_python() -> str | None:
    """The system's Python of this version with our packages: ours may live in a closed home folder."""
    version = f"python3.{sys.version_info.minor}"
    system = Path("/usr/bin") / version
    if not system.exists():
        return None
    home = Path(f"/tmp/fivestar-ordinary-{version}")  # the path must be open to the other user
    packages = home / "lib" / version / "site-packages"
    packages.mkdir(parents=True, exist_ok=True)
    (home / "bin").mkdir(exist_ok=True)
    if not (home / "bin/python").is_symlink():
        (home / "bin/python").symlink_to(system)
    (home / "pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\n")
    ours = next(p for p in sys.path if p.endswith("site-packages"))
    (packages / "ours.pth").write_text(ours + "\n")
    return str(home / "bin/python")


@pytest.fixture(scope="module")
def outcomes() -> Iterator[dict[tuple[str, str], Future[Outcomes]]]:
    """What became of the scripts at every level for every user, the users side by side.

    A user's levels follow each other: where /dev/shm is shared, one run's files count for all of theirs.
    """
    with ExitStack() as stack:
        pools = {user: stack.enter_context(ThreadPoolExecutor(1)) for user in USERS if interpreter(user)}
        yield {
            (level, user): pool.submit(run_all, level, user)
            for level in probe().works
            for user, pool in pools.items()
        }


def run_all(level: str, user: str) -> Outcomes:
    """Run all the scripts of a level, in a process of their own."""
    python = interpreter(user)
    assert python is not None
    names = [name for name in SCRIPTS if applies(name, level, user)]
    other: dict[str, Any] = {}
    if user == "ordinary" and os.geteuid() == 0:
        other = {"user": ORDINARY, "group": ORDINARY, "extra_groups": []}
    done = subprocess.run(
        [python, str(HERE / "hostile_runner.py"), level, *names],
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "SECRET_KEY": "CANARY"},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        **other,
    )
    assert done.returncode == 0, done.stderr
    return {facts["name"]: facts for facts in map(json.loads, done.stdout.splitlines())}


@pytest.fixture(params=[(level, user) for level in LEVELS for user in USERS], ids="-".join)
def place(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A level that works here and a user."""
    level, user = request.param
    if level not in probe().works:
        pytest.skip(f"{level} does not work here: {dict(probe().faults)[level]}")
    if interpreter(user) is None:
        pytest.skip(f"no interpreter for the user {ORDINARY}")
    return level, user


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", SCRIPTS)
def test_ends_as_expected(
    outcomes: dict[tuple[str, str], Future[Outcomes]], place: tuple[str, str], name: str
) -> None:
    if not applies(name, *place):
        pytest.skip("not promised at this level")
    facts = outcomes[place].result()[name]
    reference = outcomes[place].result()["afterwards"]["parents"][0]
    assert facts["status"] in expected(name, place[0]), facts
    assert "LEAK" not in facts["stdout"], facts
    assert header(name, "says") in facts["stdout"]
    assert not facts["strangers"], "processes outlive their script"
    assert facts["isolation"] == place[0]
    if place[0] != "limits":
        assert facts["parent"] == reference, "the script cost its warm parent"
    if header(name, "submission"):
        assert facts["submission"] is None
        assert ("refused" in facts["detail"]) == (header(name, "submission") == "refused")
    if facts["status"] == "forbidden":
        assert facts["submission"] is None


@pytest.mark.timeout(900)
def test_all_is_well_afterwards(
    outcomes: dict[tuple[str, str], Future[Outcomes]], place: tuple[str, str]
) -> None:
    facts = outcomes[place].result()["afterwards"]
    assert facts["honest"] == facts["again"]
    assert facts["honest"][2] == "ok", facts
    assert facts["untouched"], "a trap was changed"
    assert not facts["strangers"]
    assert not facts["files"]
    assert not facts["shared"]
    reference, before, after = facts["parents"]
    assert after["healthy"]
    assert after == before, "the honest script was not served warm, by the parent that was there"
    if place[0] != "limits":  # where a script may kill what forked it
        assert after == reference


def test_there_are_thirty_scripts_each_with_an_expectation() -> None:
    assert len(SCRIPTS) >= 30
    assert all(header(name, "expect") for name in SCRIPTS)
