"""How to reproduce an attempt, and what it used."""

from __future__ import annotations

from collections.abc import Mapping

from actors.attempt import BESIDE
from runners.report.markup import bullets, figure, inert, line
from runners.report.story import Story


def reproduction(story: Story) -> str:
    """What it takes to get the same again, and what it took."""
    first, used = story.entries[0], story.ending.metrics if story.ending is not None else {}
    seed = story.opening.get("seed", story.end_facts.get("seed"))
    rows = [
        "run `python solution.py` in a folder that holds the task's public files in `input/`"
        f"{_beside(story)}; it writes `submission.csv`",
        f"sweep {line(first.sweep)}, task {line(first.task)}, attempt {figure(first.attempt)}, "
        f"seed {figure(seed)}",
        f"scripts ran at isolation level {', '.join(story.isolation) or 'none: no script ran'}",
    ]
    if story.submission is not None:
        rows.insert(
            1, f"digest of `solution.py` (`content_hash` of its entry): `{story.submission.content_hash}`"
        )
    if story.limits:
        rows.append(
            f"limits of a script: {figure(story.limits['seconds'])} wall seconds, "
            f"{figure(story.limits['memory_gib'])} GiB of memory, "
            f"CPUs: {figure(story.limits['cpus'])}"
        )
    if "used_seconds" in used:
        rows.append(_used(used))
    budget = story.opening.get("budget") or {}
    if budget:
        limits = ", ".join(f"{figure(v)} {inert(k).replace('_', ' ')}" for k, v in budget.items())
        rows.append(f"budget: {limits}")
    if story.libraries:
        rows.append("libraries: " + ", ".join(f"{line(n)} {line(v)}" for n, v in story.libraries.items()))
    return bullets(rows)


def _beside(story: Story) -> str:
    """What must stand beside the script, where there is anything."""
    attached = story.submission.attachments if story.submission is not None else {}
    names = [name.removeprefix(BESIDE) for name in attached if name.startswith(BESIDE)]
    return f" and, beside it, {', '.join(f'`{line(name)}`' for name in names)}" if names else ""


def _used(used: Mapping[str, float]) -> str:
    """What the attempt used in all, from the metrics of its ending."""
    dollars = f"{figure(used['used_dollars'])} dollars" if "used_dollars" in used else "calls without a price"
    return (
        f"used: {figure(used['used_seconds'])} wall seconds, {figure(used['used_cpu_seconds'])} CPU seconds, "
        f"{figure(used['used_tokens'])} tokens, {dollars}; {figure(used['executions'])} executions "
        f"({figure(used['failed_executions'])} failed), {figure(used['model_calls'])} model calls"
    )
