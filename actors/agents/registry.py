"""All agents by name."""

from __future__ import annotations

from collections.abc import Mapping

from actors.agents.aide import OPTIONS as AIDE_OPTIONS
from actors.agents.aide import aide
from actors.agents.automl_gpt import OPTIONS as AUTOML_GPT_OPTIONS
from actors.agents.automl_gpt import automl_gpt
from actors.agents.mle_star import mle_star
from actors.agents.options import Options
from actors.contracts import Agent

AGENTS: dict[str, Agent] = {"mle_star": mle_star, "aide": aide, "automl_gpt": automl_gpt}
OPTIONS: Mapping[str, Options] = {"mle_star": {}, "aide": AIDE_OPTIONS, "automl_gpt": AUTOML_GPT_OPTIONS}
NEEDED: Mapping[str, tuple[str, ...]] = {  # roles that an agent cannot skip
    "mle_star": ("initialiser",),
    "aide": ("aide_drafter",),
    "automl_gpt": ("automl_gpt_planner", "automl_gpt_writer"),
}
