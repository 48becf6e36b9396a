"""What makes sweeps not comparable, and what has to be known of those that are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from actors.errors import InputError
from runners.comparing.reading import SweepFigures
from runners.secrets import without_password

UNFAIR = ("attempts", "budget", "evaluation", "executor", "model", "tasks.path")  # conditions of the contest
CHOSEN = ("profile", "agent", "seed", "ray")  # what a contestant is, or should not matter
OWN = "agent.options"  # of one agent, so that they differ between agents by their nature
_NAMED = ("agent.name", "tasks.include")  # shown elsewhere


@dataclass(frozen=True)
class Difference:
    """One condition and what it is in each sweep, in the comparison's order."""

    what: str
    values: tuple[str, ...]
    unfair: bool  # the sweeps did not run under the same conditions

    def line(self, labels: Sequence[str]) -> str:
        """As one line."""
        return f"{self.what}: " + ", ".join(f"{n} {v}" for n, v in zip(labels, self.values, strict=True))


def shared_tasks(sweeps: Sequence[SweepFigures]) -> list[str]:
    """The tasks that all have, in the first one's order; raises InputError where they do not compare."""
    first, *others = sweeps
    shared = [task for task in first.tasks if all(task in other.tasks for other in others)]
    if not shared:
        have = "; ".join(f"{s.name} has {', '.join(s.tasks) or 'none'}" for s in sweeps)
        raise InputError(f"no task is in all of the sweeps: {have}")
    for task in shared:
        for other in others:
            _same_task(task, first, other)
    return shared


def differences(sweeps: Sequence[SweepFigures], shared: Sequence[str]) -> list[Difference]:
    """Every condition that is not the same in all of the sweeps; those that make it unfair first."""
    found = [
        *_settings(sweeps, UNFAIR, unfair=True),
        *_facts("tasks", sweeps, lambda s: _tasks(s, shared)),
        *_facts("validation", sweeps, lambda s: _validation(s, shared)),
        *_facts("isolation", sweeps, lambda s: ", ".join(s.isolation) or "none"),
        *_settings(sweeps, CHOSEN, unfair=False),
    ]
    if any(sweep.unended for sweep in sweeps):
        values = tuple(str(sweep.unended) for sweep in sweeps)
        found.insert(0, Difference("attempts still to end, which count as failures", values, True))
    return found


def common(sweeps: Sequence[SweepFigures]) -> dict[str, str]:
    """The conditions and the search effort that all share, as far as they are set."""
    same = {}
    for key in _keys(sweeps, (*UNFAIR, "profile", "seed")):
        values = {_shown(s.settings.get(key)) for s in sweeps}
        if len(values) == 1 and (shown := values.pop()) not in ("null", "{}", "[]", "–"):
            same[key] = shown
    return same


def _same_task(task: str, first: SweepFigures, other: SweepFigures) -> None:
    one, two = first.tasks[task], other.tasks[task]
    for what in ("metric", "direction", "threshold"):
        ours, theirs = getattr(one, what), getattr(two, what)
        if ours != theirs:
            raise InputError(
                f"{task}: not the same task in both sweeps: {what} is {ours} in {first.name}, "
                f"{theirs} in {other.name}"
            )
    if one.note != two.note and not (first.unended or other.unended):  # a note is whole at a sweep's end
        raise InputError(
            f"{task}: not graded on the same rows: {first.name} says {one.note or 'nothing of it'!r}, "
            f"{other.name} {two.note or 'nothing of it'!r}"
        )


def _settings(sweeps: Sequence[SweepFigures], groups: Sequence[str], *, unfair: bool) -> list[Difference]:
    found = []
    for key in _keys(sweeps, groups):
        values = tuple(_shown(s.settings.get(key)) for s in sweeps)
        if len(set(values)) > 1 and not (key.startswith(OWN) and _one_each(sweeps, values)):
            found.append(Difference(key, values, unfair))
    return found


def _one_each(sweeps: Sequence[SweepFigures], values: Sequence[str]) -> bool:
    """Whether all sweeps of an agent have the same value, whatever those of other agents have."""
    return len({*zip((s.agent for s in sweeps), values, strict=True)}) == len({s.agent for s in sweeps})


def _keys(sweeps: Sequence[SweepFigures], groups: Sequence[str]) -> list[str]:
    """The settings of these groups that any of the sweeps has, group by group."""
    known = dict.fromkeys(key for sweep in sweeps for key in sweep.settings)
    return [
        key
        for group in groups
        for key in known
        if (key == group or key.startswith(f"{group}.")) and not key.startswith(_NAMED)
    ]


def _facts(what: str, sweeps: Sequence[SweepFigures], say: Callable[[SweepFigures], str]) -> list[Difference]:
    values = tuple(say(sweep) for sweep in sweeps)
    return [Difference(what, values, True)] if len(set(values)) > 1 else []


def _tasks(sweep: SweepFigures, shared: Sequence[str]) -> str:
    left = [task for task in sweep.tasks if task not in shared]
    return f"{len(sweep.tasks)} ({', '.join(left)} left out)" if left else f"{len(sweep.tasks)}"


def _validation(sweep: SweepFigures, shared: Sequence[str]) -> str:
    """The kinds of scores, with their tasks where a sweep has several kinds."""
    kinds: dict[str, list[str]] = {}
    for task in shared:
        kinds.setdefault(" and ".join(sorted(sweep.tasks[task].validation)) or "none", []).append(task)
    if len(kinds) == 1:
        return next(iter(kinds))
    return "; ".join(f"{kind} for {', '.join(kinds[kind])}" for kind in sorted(kinds))


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}: {_shown(v)}" for k, v in value.items()) + "}"
    whole = isinstance(value, float) and value.is_integer()
    return without_password(str(int(value) if whole else value))
