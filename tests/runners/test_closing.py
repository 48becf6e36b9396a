"""The line that says what is about to happen."""

from __future__ import annotations

from pathlib import Path

import pytest
from madesweeps import configured
from omegaconf import OmegaConf
from sweepentries import TASKS

from actors.sandbox.settings import LEVELS, Level
from runners.board import Board
from runners.closing import plan_line
from runners.config import load_config
from runners.ray_session import RaySession

PRICED = {"m": {"input": 1.0, "output": 2.0}}


@pytest.mark.parametrize("level", LEVELS)
def test_the_plan_names_the_level_that_scripts_run_at(level: Level, tmp_path: Path) -> None:
    config = load_config(OmegaConf.structured(configured(tmp_path, "s", "mle_star", 2)))
    session = RaySession(cpus=2, gpus=0, memory_bytes=1 << 30, nodes=1, slots=4)
    plan = plan_line(config, Board(TASKS, 2), session, level)
    assert plan.startswith("s: 2 tasks x 2 attempts, 4 at once, mle_star (fast) with offline, at most ")
    assert f"scripts at level {level}, seed {config.seed}" in plan


@pytest.mark.parametrize(("prices", "said"), [({}, "$5 (of priced calls) an"), (PRICED, "$5 an")])
def test_the_plan_says_where_calls_without_a_price_escape_the_budget(
    prices: dict[str, dict[str, float]], said: str, tmp_path: Path
) -> None:
    conf = configured(tmp_path, "s", "mle_star", 2)
    conf.model.kind, conf.model.name, conf.model.prices = "openai", "m", prices
    conf.budget.dollars = 5.0
    session = RaySession(cpus=2, gpus=0, memory_bytes=1 << 30, nodes=1, slots=4)
    assert said in plan_line(load_config(OmegaConf.structured(conf)), Board(TASKS, 2), session, "limits")
