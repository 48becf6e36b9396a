"""The command that compares, as a user meets it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from madesweeps import configured, make_sweep
from sweepentries import TASKS

from runners import compare
from runners.board import TaskLine

GOOD = {"up": [0.9, 0.85], "down": [1.0, 1.5]}
BAD = {"up": [0.5, None], "down": [3.0, 2.5]}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    make_sweep(Path("runs"), "a", GOOD)
    make_sweep(Path("runs"), "b", BAD, agent="aide")


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as end:
        compare.main([*arguments, "--tracker", "none"])
    out, err = capsys.readouterr()
    assert (end.value.code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert err.startswith("error: ")
    return err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "two sweeps or more"),
        (["a"], "two sweeps or more"),
        (["a", "bb"], "bb: no such sweep (did you mean 'b'?); in runs: a, b"),
        (["a", "b", "--runs", "nowhere"], "a: no such sweep; in nowhere: none"),
        (["a", "b", "--pgae", "x"], "unrecognized arguments: --pgae"),
        (["a", "b", "--tracker", "excel"], "invalid choice: 'excel'"),
        (["a", "b", "--page", "runs"], "--page runs: cannot be written: Is a directory"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if "--page" in arguments:
        with pytest.raises(SystemExit) as end:
            compare.main([*arguments, "--tracker", "none"])
        assert end.value.code == 2
        assert words in capsys.readouterr().err
        return
    assert words in refusal(capsys, *arguments)


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("results.json", None, "runs/b/results.json: not there yet"),
        ("results.json", "{", "runs/b/results.json: not the results of a sweep: "),
        ("results.json", "[]", "runs/b/results.json: not the results of a sweep: "),
        ("results.json", '{"sweep": "b"}', "'attempts_per_task' is missing"),
        ("attempts.parquet", "PAR1", "runs/b/attempts.parquet: cannot be read: "),
        ("attempts.parquet", None, "runs/b/attempts.parquet: cannot be read: "),
        ("config.yaml", "a: [", "runs/b/config.yaml: cannot be read: "),
        ("config.yaml", "- 1", "runs/b/config.yaml: needs a mapping"),
    ],
)
def test_results_that_cannot_be_read_are_named(
    file: str, content: str | None, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path("runs/b") / file
    path.unlink()
    if content is not None:
        path.write_text(content)
    assert words in refusal(capsys, "a", "b")


def test_tables_and_files(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["a", "b", "--tracker", "none", "--json", "x.json", "--page", "x.html", "--markdown", "docs/x.md"]
    compare.main(asked)
    out = capsys.readouterr().out
    for words in (
        "success@2",
        "mle_star : aide",
        "cannot separate",
        "0.9 (0.875) 2/2",
        "0.5 (0.5) 0/2",
        "docs/x.md",
    ):
        assert words in out, words
    document = json.loads(Path("x.json").read_text())
    assert document["command"] == f"python -m runners.compare {' '.join(asked)}"
    assert document["sweeps"][0]["success_at"] == {"1": 1.0, "2": 1.0}
    assert document["pairs"][0]["findings"][1]["per_task"] == {"up": 1.0, "down": 1.0}
    assert document["pairs"][0]["verdict"] == "cannot separate"
    assert not Path("runs/mlflow.db").exists()


def test_json_to_the_screen_is_json_alone(capsys: pytest.CaptureFixture[str]) -> None:
    compare.main(["a", "b", "--tracker", "none", "--json", "-"])
    assert json.loads(capsys.readouterr().out)["attempts_per_task"] == 2


def test_markdown_stands_under_its_command_and_machine() -> None:
    from runners.comparing.machine import this_machine

    compare.main(["a", "runs/b", "--tracker", "none", "--markdown", "results.md"])
    text = Path("results.md").read_text()
    lines = text.splitlines()
    command = lines.index("    python -m runners.compare a runs/b --tracker none --markdown results.md")
    machine = this_machine()
    written = next(n for n, line in enumerate(lines) if machine.line in line)
    assert command < written < lines.index("## Sweeps")
    assert machine.cpu
    assert machine.cores > 0
    assert f"scikit-learn {machine.versions['scikit-learn']}" in lines[written]
    assert "| up | accuracy | ≥ 0.8 | **0.9 (0.875) 2/2** | 0.5 (0.5) 0/2 |" in lines
    assert "budget.cpu_seconds=3600" in text


@pytest.mark.parametrize("place", ["docs", "."])
def test_markdown_links_to_what_the_offline_model_shows(place: str) -> None:
    file = Path(place) / "results.md"
    compare.main(["a", "b", "--tracker", "none", "--markdown", str(file)])
    (link,) = re.findall(r"\[docs/agents\.md\]\(([^)]*)\)", file.read_text())
    assert (file.parent / link).resolve() == Path(compare.__file__).parent.parent / "docs" / "agents.md"


def test_the_repositorys_own_results_link_to_the_guide_beside_them() -> None:
    docs = Path(compare.__file__).parent.parent / "docs"
    assert compare.guide_of(docs / "results.md") == "agents.md"


def test_what_sweeps_say_is_escaped_on_the_page() -> None:
    tasks = (TaskLine("<b>up</b>", "accuracy", "maximize", 0.8), TASKS[1])
    scores = {"<b>up</b>": [0.9, 0.2], "down": [None, None]}
    for name, model in (("c", "<script>alert(1)</script>"), ("d", 'x"><img src=y>')):
        conf = configured(Path("runs"), name, "mle_star", 2)
        conf.model.kind, conf.model.name = "openai", model
        conf.model.prices = {model: {"input": 0.0, "output": 0.0}}
        make_sweep(Path("runs"), name, scores, tasks=tasks, conf=conf)
    compare.main(["c", "d", "--tracker", "none", "--page", "x.html", "--markdown", "x.md"])
    page, markdown = Path("x.html").read_text(), Path("x.md").read_text()
    for bad in ("<script", "<b>up", "<img", "http://", "https://"):
        assert bad not in page, bad
        assert bad not in markdown, bad
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert page.count("<svg") == 2 + 1  # success, effects, a panel for the task that has a score
    assert page.count("<circle") == 2 * 2 + 3 + 2 * 2  # rates, findings, attempts with a score
    assert "–<br><small>–, 0/2</small>" in page
    assert "| – (–) 0/2 |" in markdown


def test_the_comparison_is_a_run_of_its_own_in_mlflow(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from mlflow.tracking import MlflowClient

    compare.main(["a", "b"])
    assert "mlflow    sqlite:///" in capsys.readouterr().out
    client = MlflowClient(f"sqlite:///{tmp_path / 'runs' / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("fivestar-mle")
    (run,) = client.search_runs([experiment.experiment_id])
    assert (run.info.status, run.data.tags["level"], run.data.tags["sweeps"]) == (
        "FINISHED",
        "comparison",
        "a, b",
    )
    assert run.data.params["agents"] == "mle_star, aide"
    metrics = run.data.metrics
    assert (metrics["mle_star/success_at_2"], metrics["aide/success_at_2"]) == (1.0, 0.0)
    assert metrics["mle_star vs aide/success_at_2/p_holm"] == 1.0
    files = {file.path for file in client.list_artifacts(run.info.run_id)}
    assert files == {"comparison.json", "comparison.html", "comparison.md"}


@pytest.mark.parametrize("joined", [False, True])
def test_an_mlflow_that_is_not_there_is_told_and_the_rest_stands(
    joined: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    uri = "http://me:canary@127.0.0.1:1"
    option = [f"--tracker-uri={uri}"] if joined else ["--tracker-uri", uri]
    compare.main(["a", "b", *option, "--json", "x.json", "--markdown", "x.md"])
    out, err = capsys.readouterr()
    assert "could not be told" in out
    assert "me:***@127.0.0.1:1" in Path("x.md").read_text()
    assert "canary" not in out + err + Path("x.json").read_text() + Path("x.md").read_text()
