"""All agents by name."""

from __future__ import annotations

from actors.agents.automl import automl
from actors.agents.mle_star import mle_star
from actors.contracts import Agent

AGENTS: dict[str, Agent] = {"automl": automl, "mle_star": mle_star}
# What an agent's programs need beside the package's own dependencies: the extra and its modules.
EXTRAS: dict[str, tuple[str, tuple[str, ...]]] = {"automl": ("automl", ("flaml", "xgboost"))}
