"""The command line as a user meets it: one line, exit code 2, no traceback, no stray files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from runners import bench

ROOT = Path(__file__).parent.parent.parent


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["runners.bench", *arguments])
    try:
        bench.main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    return 0


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")  # main sets it; monkeypatch takes it away again


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "+tasks=all"),
        (["tasks=all"], "+tasks="),
        (["+tasks=alll"], "tasks=alll: unknown (did you mean 'all'?); valid: all, "),
        (["+tasks=all", "agent=mle"], "agent=mle: unknown (did you mean 'mle_star'?); valid: "),
        (["+tasks=all", "model=opnai"], "valid: gateway, offline, ollama, openai, vllm"),
        (["+tasks=all", "attempts=five"], "attempts: Value 'five'"),
        (["+tasks=all", "attempts=-2"], "attempts=-2"),
        (["+tasks=all", "attempt=3"], "did you mean 'attempts'"),
        (["+tasks=all", "+attempt=3"], "did you mean 'attempts'"),
        (["+tasks=all", "modle=openai"], "did you mean 'model'"),
        (["+tasks=all", "agent.roles.plannr=false"], "did you mean 'planner'"),
        (["+tasks=all", "attempts=="], "attempts=="),
        (["-m", "+tasks=all", "attempts=-1,-2"], "attempts=-1"),
        (["-m", "+tasks=all", "model.api_key=canary"], "OPENAI_API_KEY"),
        (["+tasks=folder", "tasks.path=/nowhere"], "/nowhere"),
        (["+tasks=all", "model=openai", "model.api_key=null"], "OPENAI_API_KEY"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_2(
    arguments: list[str],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    assert run(monkeypatch, *arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert err.startswith("error: ")
    assert "Traceback" not in err
    assert "canary" not in err
    assert {path.name for path in tmp_path.iterdir()} <= {"runs"}


def test_every_fault_of_the_preflight_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    assert run(monkeypatch, "+tasks=folder", "tasks.path=/nowhere", "model=openai", "tracker.uri=./here") == 2
    err = capsys.readouterr().err
    for words in ("no API key", "nothing answers at 127.0.0.1:1", "tracker.uri=./here", "/nowhere"):
        assert words in err
    assert not Path("runs").is_dir() or not list(Path("runs").iterdir())


def test_cfg_job_prints_the_configuration_without_a_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "canary")
    assert run(monkeypatch, "+tasks=quick", "model=openai", "--cfg", "job") == 0
    out = capsys.readouterr().out
    assert "attempts: 5" in out
    assert "quick: true" in out
    assert "canary" not in out


def test_help_names_the_groups(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "--help") == 0
    out = capsys.readouterr().out
    assert "python -m runners.bench +tasks=all" in out
    assert "profile: fast, paper" in out


def test_multirun_runs_every_combination(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(
        "runners.sweep.run_sweep", lambda config: seen.append((config.seed, config.profile)) or 0
    )
    assert run(monkeypatch, "-m", "+tasks=quick", "seed=1,2", "profile=fast,paper") == 0
    assert seen == [(1, "fast"), (1, "paper"), (2, "fast"), (2, "paper")]


def test_multirun_ends_with_the_command_that_compares(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("runners.sweep.run_sweep", lambda config: 0)
    named = "name=two-${profile.name}"
    assert run(monkeypatch, "-m", "+tasks=quick", "profile=fast,paper", named) == 0
    assert capsys.readouterr().out.endswith("compare   python -m runners.compare two-fast two-paper\n")
    assert run(monkeypatch, "-m", "+tasks=quick", "profile=fast,paper", named, "runs=else where") == 0
    assert "compare 'else where/two-fast' 'else where/two-paper'" in capsys.readouterr().out
    assert run(monkeypatch, "+tasks=quick", named) == 0
    assert run(monkeypatch, "-m", "+tasks=quick", named) == 0
    assert "compare" not in capsys.readouterr().out


def test_exit_code_of_the_sweep_is_the_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runners.sweep.run_sweep", lambda config: 130)
    assert run(monkeypatch, "+tasks=quick") == 130


def test_a_sweep_left_unfinished_does_not_keep_the_others_from_running(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "_unfinished", [])
    monkeypatch.setattr("runners.sweep.run_sweep", lambda config: int(config.seed == 1))
    assert run(monkeypatch, "-m", "+tasks=quick", "seed=1,2", "name=s${seed}") == 1
    assert capsys.readouterr().out.endswith("compare   python -m runners.compare s1 s2\n")
    assert run(monkeypatch, "+tasks=quick", "seed=1") == 1


def test_the_real_command_in_a_process_of_its_own(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "runners.bench", "+tasks=quick", "+atempts=2"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: atempts: no such setting (did you mean 'attempts'?)")
    assert len(done.stderr.splitlines()) == 1
