"""All agents by name."""

from __future__ import annotations

from collections.abc import Mapping

from actors.agents import gpt_engineer, swe_agent
from actors.agents.mle_star import mle_star
from actors.agents.options import Option
from actors.contracts import Agent

AGENTS: dict[str, Agent] = {
    "mle_star": mle_star,
    "gpt_engineer": gpt_engineer.gpt_engineer,
    "swe_agent": swe_agent.swe_agent,
}
OPTIONS: dict[str, Mapping[str, Option]] = {
    "mle_star": {},
    "gpt_engineer": gpt_engineer.OPTIONS,
    "swe_agent": swe_agent.OPTIONS,
}
