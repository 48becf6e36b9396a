"""report.html: what it shows, and that nothing in it is obeyed."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from omegaconf import OmegaConf
from rich.console import Console
from sweepentries import TASKS, attempt, whole_sweep

from runners.board import AttemptRow, Board, TaskLine
from runners.closing import print_summary
from runners.config import load_config
from runners.progress import Progress
from runners.report.page import render_page, write_page
from runners.report.panel import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, panel_of
from runners.schema import BenchConf, TasksConf
from runners.settings import SweepConfig
from runners.watch import Watch
from scratchpad.client import LocalClient
from scratchpad.records import Entry, Kind
from scratchpad.schema import to_entries
from scratchpad.store import Scratchpad

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'"


class Page(HTMLParser):
    """The tags, links and texts of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += f"{data} "

    def all_of(self, name: str) -> list[str]:
        return [value or "" for key, value in self.attributes if key == name]


@pytest.fixture
def config(tmp_path: Path) -> SweepConfig:
    conf = BenchConf(tasks=TasksConf({"quick": True}), runs=str(tmp_path), name="s", attempts=2)
    conf.agent.name, conf.profile.name = "mle_star", "fast"
    conf.model.kind = conf.model.name = "offline"
    return load_config(OmegaConf.structured(conf))


def board_of(pad: Scratchpad, tasks: tuple[TaskLine, ...] = TASKS) -> Board:
    board = Board(tasks, 2)
    board.feed(to_entries(pad.snapshot()))
    return board


def test_the_page_shows_scores_rates_endings_and_files(config: SweepConfig) -> None:
    write_page(config, board_of(whole_sweep()))
    page = Page((config.folder / "report.html").read_text())
    text = " ".join(page.text.split())
    assert "success@1 25.0 %" in text
    assert "success@2 50.0 % 9–91 %" in text  # Wilson for 1 of 2
    assert "1 of 4 attempts succeeded on 1 of 2 tasks" in text
    assert "Endings: 2 finished, 1 invalid_submission" in text
    assert "Attempts that have not ended count as failures" in text
    assert "$1.50" in text
    assert "12s of CPU" in text
    assert "✔ 0.9" in text
    assert "○ 0.5" in text
    assert "▶ running" in text
    links = page.all_of("href")
    assert {f"attempts/up/0/{name}" for name in ("report.md", "solution.py", "submission.csv")} <= {*links}
    assert "attempts/down/1/report.md" not in links  # it runs
    assert page.tags.count("circle") == 2  # both scores are known of two attempts


def test_the_end_of_a_sweep_writes_the_page_and_says_where(config: SweepConfig) -> None:
    out, board = io.StringIO(), Board(TASKS, 2)
    console = Console(file=out, width=200)
    with Watch(config, board, LocalClient(whole_sweep()), Progress(console, board, 1)):
        assert not (config.folder / "report.html").exists()
    print_summary(console, config, board, [])
    assert "✔ 0.9" in (config.folder / "report.html").read_text()
    assert f"report    {config.folder / 'report.html'}" in out.getvalue()


def test_links_inside_the_page_have_a_target(config: SweepConfig) -> None:
    pad = Scratchpad()
    attempt(pad, "down", 1, 1.0, True)
    page = Page(render_page(config, board_of(pad)))
    inside = {link[1:] for link in page.all_of("href") if link.startswith("#")}
    assert len(inside) == 1
    assert inside <= {*page.all_of("id")}


def test_nothing_is_loaded_and_no_script_runs(config: SweepConfig) -> None:
    html = render_page(config, board_of(whole_sweep()))
    page = Page(html)
    assert not {"script", "link", "img", "iframe", "object"} & {*page.tags}
    assert "http:" not in html
    assert "https:" not in html
    assert "url(" not in html
    assert not any(name.startswith("on") for name, _ in page.attributes)
    assert "default-src 'none'; style-src 'unsafe-inline'" in page.all_of("content")


def test_hostile_text_stays_text(config: SweepConfig) -> None:
    pad = Scratchpad()
    attempt(pad, HOSTILE, 0, 0.9, True)
    end = json.dumps({"ending": "agent_error", "seed": 1, "validation": HOSTILE})
    pad.append([Entry("s", HOSTILE, Kind.ENDING, 1, content=end, error=f"boom {HOSTILE}")])
    tasks = (TaskLine(HOSTILE, HOSTILE, "maximize", 0.8, HOSTILE),)
    model = replace(config.model, name=HOSTILE)
    page = Page(render_page(replace(config, name=HOSTILE, model=model), board_of(pad, tasks)))
    clean = Page(render_page(config, board_of(pad, (replace(tasks[0], metric="r2"),))))
    assert not {"script", "img"} & {*page.tags}
    assert not any(name == "onerror" for name, _ in page.attributes)
    assert page.tags == clean.tags
    assert f"boom {HOSTILE}" in page.text
    assert all(re.fullmatch(r"[\w./%#-]+", link) for link in page.all_of("href"))


def test_an_empty_sweep_has_a_page(config: SweepConfig) -> None:
    page = Page(render_page(config, Board(TASKS, 2)))
    assert "none yet" in page.text
    assert "svg" not in page.tags


def test_a_panel_keeps_its_points_inside_and_agreement_on_the_diagonal() -> None:
    task = TaskLine("t", "rmse", "minimize", threshold=2.5)
    rows = [
        AttemptRow("t", n, validation_score=v, score=s)
        for n, (v, s) in enumerate([(2.0, 2.0), (1.0, 3.0), (0.5, None), (None, 1.0)])
    ]
    panel = panel_of(task, rows)
    assert panel is not None
    assert len(panel.points) == 2
    x1, y1, x2, y2 = panel.diagonal
    agree, worse = panel.points
    assert (agree.x - x1) / (x2 - x1) == pytest.approx((agree.y - y1) / (y2 - y1), abs=0.01)
    assert worse.y < agree.y  # a larger test score stands higher
    assert worse.x < agree.x
    for point in panel.points:
        assert LEFT < point.x < WIDTH - RIGHT
        assert TOP < point.y < HEIGHT - BOTTOM
    assert panel.threshold is not None
    assert worse.y < panel.threshold < agree.y


def test_a_threshold_far_away_and_one_lone_point_make_a_panel() -> None:
    rows = [AttemptRow("t", 0, validation_score=0.0, score=0.0)]
    panel = panel_of(TaskLine("t", "rmse", "minimize", threshold=1e9), rows)
    assert panel is not None
    assert panel.threshold is None
    assert panel_of(TaskLine("t", "rmse", "minimize"), [AttemptRow("t", 0, score=1.0)]) is None
