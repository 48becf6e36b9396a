"""Settings that are one agent's own: declared by the agent, checked before a sweep starts."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from actors.errors import InputError


@dataclass(frozen=True)
class Option:
    """A number that configuration may change, and its bounds."""

    default: float
    least: float = 0
    most: float = inf
    whole: bool = True

    def fault(self, value: float) -> str | None:
        """What is wrong with a value, None when it makes sense."""
        if self.least <= value <= self.most and (not self.whole or float(value).is_integer()):
            return None
        kind = "a whole number" if self.whole else "a number"
        if self.most == inf:
            return f"must be {kind} of at least {self.least:g}"
        return f"must be {kind} from {self.least:g} to {self.most:g}"


Options = Mapping[str, Option]


def read_options(declared: Options, given: Mapping[str, float]) -> dict[str, float]:
    """The value of each declared option; raises InputError for an unknown or senseless one."""
    for name, value in given.items():
        if name not in declared:
            close = difflib.get_close_matches(name, declared, n=1, cutoff=0.5)
            hint = f" (did you mean {close[0]!r}?)" if close else ""
            valid = ", ".join(declared) or "none"
            raise InputError(f"agent.options.{name}: this agent has no such setting{hint}; valid: {valid}")
        fault = declared[name].fault(value)
        if fault is not None:
            raise InputError(f"agent.options.{name}={value:g}: {fault}")
    return {name: float(given.get(name, option.default)) for name, option in declared.items()}
