"""What holds for all roles together: names, teams, and which may be switched off."""

from __future__ import annotations

import dataclasses
import re
from itertools import chain

import pytest
from hydra import compose, initialize_config_module
from roleinputs import INPUTS

from actors.agents.registry import LISTINGS
from actors.contracts import AgentSettings, Team
from actors.errors import InputError
from actors.roles.registry import ROLES
from runners.config import load_config
from runners.schema import RolesConf, register_schema
from runners.settings import SweepConfig


@pytest.mark.parametrize("name", ROLES)
def test_the_messages_of_a_role_name_it_and_its_team_and_start_with_the_brief(name: str) -> None:
    role = ROLES[name]
    system, user = role.messages(INPUTS[name])
    assert system.content.startswith(f"Role: {name} ({role.team.value} team)\n\n{role.duty}\n\n")
    assert user.content.startswith("## Task brief\n\n```yaml\nb\n```")
    headings = re.findall(r"^## (.+)$", user.content, re.MULTILINE)
    assert len(set(headings)) == len(headings)


def test_every_team_has_a_role() -> None:
    assert {role.team for role in ROLES.values()} == set(Team)


def test_configuration_has_a_switch_for_every_role_and_all_are_on() -> None:
    assert dataclasses.asdict(RolesConf()) == dict.fromkeys(ROLES, True)


def test_agents_name_roles_that_exist() -> None:
    for listing in LISTINGS.values():
        assert {*chain(*listing.needed), *listing.asked(AgentSettings())} <= set(ROLES)


def load(*overrides: str) -> SweepConfig:
    register_schema()
    with initialize_config_module("conf", version_base="1.3"):
        return load_config(compose("bench", overrides=list(overrides)))


@pytest.mark.parametrize(
    ("agent", "group"), [(agent, group) for agent, listing in LISTINGS.items() for group in listing.needed]
)
def test_roles_that_their_agent_needs_cannot_all_be_switched_off(agent: str, group: tuple[str, ...]) -> None:
    off = [f"agent.roles.{role}=false" for role in group]
    with pytest.raises(InputError) as caught:
        load("+tasks=all", f"agent={agent}", *off)
    without = "it" if len(group) == 1 else "one of them"
    assert str(caught.value) == f"{' and '.join(off)}: {agent} cannot work without {without}"
    for spared in off if len(off) > 1 else []:
        load("+tasks=all", f"agent={agent}", *(word for word in off if word != spared))


@pytest.mark.parametrize("agent", LISTINGS)
def test_every_other_role_can_be_switched_off(agent: str) -> None:
    kept = {group[0] for group in LISTINGS[agent].needed}
    others = [role for role in ROLES if role not in kept]
    config = load("+tasks=all", f"agent={agent}", *(f"agent.roles.{role}=false" for role in others))
    assert config.settings.roles_off == tuple(others)
