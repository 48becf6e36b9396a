"""All agents by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from actors.agents import aide, automl, automl_gpt, gpt_engineer, mle_star, swe_agent
from actors.agents.options import Options
from actors.contracts import Agent, AgentSettings


def _on_first_use(_: AgentSettings) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True)
class Listing:
    """An agent and what a sweep must know of it before it starts."""

    agent: Agent
    options: Options = field(default_factory=dict)  # settings of its own
    # Of each group one role must stay on; no group where it asks no role.
    needed: tuple[tuple[str, ...], ...] = ()
    # The roles that every attempt asks, in order: their actors start with the sweep.
    asked: Callable[[AgentSettings], tuple[str, ...]] = _on_first_use
    extra: str = ""  # of the package, where its programs need more than the package does
    modules: tuple[str, ...] = ()  # what the extra brings


LISTINGS: Mapping[str, Listing] = {
    "mle_star": Listing(
        mle_star.mle_star, needed=(("initialiser", "retriever"),), asked=mle_star.asked_roles
    ),
    "aide": Listing(
        aide.aide, aide.OPTIONS, (("aide_drafter",),), asked=lambda _: ("aide_drafter", "aide_improver")
    ),
    "automl": Listing(automl.automl, automl.OPTIONS, extra="automl", modules=("flaml", "xgboost")),
    "automl_gpt": Listing(
        automl_gpt.automl_gpt, automl_gpt.OPTIONS, (("automl_gpt_planner",), ("automl_gpt_writer",))
    ),
    "gpt_engineer": Listing(
        gpt_engineer.gpt_engineer, gpt_engineer.OPTIONS, (("file_writer",), ("entry_writer",))
    ),
    "swe_agent": Listing(swe_agent.swe_agent, swe_agent.OPTIONS, (("shell_operator",),)),
}
AGENTS: dict[str, Agent] = {name: listing.agent for name, listing in LISTINGS.items()}
