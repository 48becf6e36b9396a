"""Makes one change to the best solution so far (AIDE, arXiv:2502.13138)."""

from __future__ import annotations

from dataclasses import dataclass

from actors.contracts import Team
from actors.roles.aide_drafter import Proposal, parse
from actors.roles.base import SCRIPT_CONTRACT, Role, Tried, brief_section, fenced, shown_score, tried_section


@dataclass(frozen=True)
class Inputs:
    """What the improver sees."""

    brief: str
    script: str
    tried: tuple[Tried, ...]
    score: float | None  # of the script


ROLE = Role[Inputs, Proposal](
    name="aide_improver",
    team=Team.TRAINING,
    duty="You improve a working solution, one change at a time.",
    instructions=f"""
Improve the script below by exactly one change, small enough that its score shows what that change
alone is worth; leave everything else as it is. Learn from what was tried so far (mind the metric's
direction; "failed" means that the program did not run) and do not repeat it.

First the plan: three to five sentences that name the change and why it should help, no heading,
without code. Then the whole program.

{SCRIPT_CONTRACT}
""",
    render=lambda i: [
        brief_section(i.brief),
        ("Script", fenced("python", i.script)),
        ("Score of the script", str(shown_score(i.score))),
        ("Tried", tried_section(i.tried)),
    ],
    parse=parse,
    re_asks=2,
)
