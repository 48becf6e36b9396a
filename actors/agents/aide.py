"""AIDE (arXiv:2502.13138): a tree of scripts, grown one node a step.

The policy is the published one. The first nodes are drafts, each unlike those before it. After them, a
step repairs a broken leaf with a fixed probability, a random one of those that were not repaired too
often in a row; otherwise it makes one change to the best node; while no node works it drafts anew. The
best node is submitted.

What differs from the original, and why:

* A node is broken when its run fails or its submission is refused, and its score is the harness's; the
  original asks a model to read both off the output. Scores would not compare between agents otherwise.
* The programs tried so far, of which a prompt carries the latest 30, include those that failed and have no
  summary of their output: both were the work of that call.
* Repairs are asked of the role that all agents share. Its answer is a program without a plan of its own,
  so that a repaired node keeps its parent's plan.
* A leaf is repaired at most `max_debug_depth` times in a row; the public code lets one more through.
* A proposal that cannot be read twice again is a lost step; the original runs its text as a program.
* The best node is run once more on all rows; the original hands in what it wrote while it was scored.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from actors.agents.closing import hand_in_as_it_is, write_report
from actors.agents.options import Option, Options, read_options
from actors.attempt import AttemptContext
from actors.contracts import Evaluation
from actors.errors import AgentError, AnswerError
from actors.roles import aide_drafter, aide_improver, debugger
from actors.roles.base import Tried

OPTIONS: Options = {
    "drafts": Option(5, least=1),
    "debug_probability": Option(0.5, most=1, whole=False),
    "max_debug_depth": Option(3),
    "steps": Option(14, least=1),
}


@dataclass(frozen=True)
class Node:
    """One script of the tree."""

    plan: str
    evaluation: Evaluation
    parent: str = ""  # key of the evaluation that it was made from, "" for a draft
    repairs: int = 0  # in a row, up to this node

    @property
    def broken(self) -> bool:
        """Whether it has no score."""
        return self.evaluation.score is None


async def aide(context: AttemptContext) -> None:
    """Grow the tree, hand its best node in and report; raises AgentError when no node works."""
    options = read_options(OPTIONS, context.settings.options)
    chance = random.Random(f"{context.spec.seed}/aide")  # the same draws whenever the attempt is replayed
    nodes: list[Node] = []
    for number in range(int(options["steps"])):
        here = context.branch(f"step{number}")
        parent = None
        if sum(not node.parent for node in nodes) >= options["drafts"]:
            parent = _next_parent(here, nodes, options, chance)
        try:
            nodes.append(await _grow(here, nodes, parent))
        except AnswerError as error:
            await here.decide("step lost", str(error))
    best = _best(context, nodes)
    if best is None:
        raise AgentError(f"none of {len(nodes)} scripts ran to a valid submission")
    await hand_in_as_it_is(context, best.evaluation)
    await write_report(context, best.evaluation)


def _next_parent(
    context: AttemptContext, nodes: Sequence[Node], options: dict[str, float], chance: random.Random
) -> Node | None:
    """A broken leaf to repair or the best node to improve; None asks for another draft."""
    debugging = chance.random() < options["debug_probability"]
    leaves = _repairable(nodes, int(options["max_debug_depth"]))
    if debugging and leaves and context.role_on("debugger"):
        return chance.choice(leaves)
    return _best(context, nodes) if context.role_on("aide_improver") else None


def _repairable(nodes: Sequence[Node], depth: int) -> list[Node]:
    parents = {node.parent for node in nodes}
    return [n for n in nodes if n.broken and n.evaluation.key not in parents and n.repairs < depth]


def _best(context: AttemptContext, nodes: Sequence[Node]) -> Node | None:
    """The node with the best score, the earliest of equals; None while none works."""
    best: Node | None = None
    for node in nodes:
        if not node.broken and (best is None or not context.at_least(best.evaluation, node.evaluation)):
            best = node
    return best


async def _grow(context: AttemptContext, nodes: Sequence[Node], parent: Node | None) -> Node:
    """One more node: a draft, the repair of a broken parent or the improvement of a working one."""
    tried = tuple(Tried(node.plan, node.evaluation.score) for node in nodes)
    if parent is None:
        ask = aide_drafter.Inputs(context.brief_text, tried)
        draft: aide_drafter.Proposal = await context.ask("aide_drafter", ask, "draft")
        evaluation = await context.evaluate(draft.script, f"draft: {draft.plan}")
        return Node(draft.plan, evaluation)
    above = (parent.evaluation.key,)
    if parent.broken:
        failure = debugger.Inputs(
            context.brief_text, parent.evaluation.script, parent.evaluation.failure or ""
        )
        fixed: str = await context.ask("debugger", failure, "repair", above)
        evaluation = await context.evaluate(fixed, f"repair: {parent.plan}", above)
        return replace(parent, evaluation=evaluation, parent=above[0], repairs=parent.repairs + 1)
    base = aide_improver.Inputs(context.brief_text, parent.evaluation.script, tried, parent.evaluation.score)
    change: aide_drafter.Proposal = await context.ask("aide_improver", base, "improvement", above)
    evaluation = await context.evaluate(change.script, f"improvement: {change.plan}", above)
    return Node(change.plan, evaluation, above[0])
