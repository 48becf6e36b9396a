"""The settings that are one agent's own: `agent.options` of the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from actors.errors import InputError


@dataclass(frozen=True)
class Option:
    """One setting: its default and what it may be."""

    default: float
    least: float
    most: float
    whole: bool = True  # a count


def read_options(declared: Mapping[str, Option], given: Mapping[str, float]) -> dict[str, float]:
    """Every declared option, as given or by default; raises InputError with one line."""
    for name, value in given.items():
        if name not in declared:
            valid = ", ".join(declared) or "none"
            raise InputError(f"agent.options.{name}: this agent has no such setting; valid: {valid}")
        option = declared[name]
        if not option.least <= value <= option.most or (option.whole and value != int(value)):
            kind = "a whole number" if option.whole else "a number"
            raise InputError(
                f"agent.options.{name}={value:g}: must be {kind} from {option.least:g} to {option.most:g}"
            )
    return {name: given.get(name, option.default) for name, option in declared.items()}
