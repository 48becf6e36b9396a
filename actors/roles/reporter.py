"""Writes what an attempt did in prose; tables and plots are made from the scratchpad."""

from __future__ import annotations

from dataclasses import dataclass

from actors.contracts import Team
from actors.roles.base import Role, brief_section, fenced, prose


@dataclass(frozen=True)
class Inputs:
    """What the reporter sees."""

    brief: str
    digest: str  # YAML: steps, scores, verdicts and the winner of this attempt


ROLE = Role[Inputs, str](
    name="reporter",
    team=Team.REPORTING,
    duty="You write the report of one attempt for an engineer who has to trust it or not.",
    instructions="""
Write three short Markdown sections from the attempt's digest below, with these headings and nothing
else: "### Why the winner won", "### What was learnt", "### Risks". Be concrete: name models, plans
and effects. Every number that you write must stand in the digest exactly as you write it; do not
compute new ones. Under risks name what could make the test score fall short: leakage verdicts,
disagreement of folds, printed scores that differ from measured ones, small data, shift.
""",
    render=lambda i: [brief_section(i.brief), ("Attempt", fenced("yaml", i.digest))],
    parse=prose,
)
