"""All agents by name."""

from __future__ import annotations

from actors.agents.mle_star import mle_star
from actors.contracts import Agent

AGENTS: dict[str, Agent] = {"mle_star": mle_star}
