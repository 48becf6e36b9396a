"""Reads the brief and the column facts; names the data's traps."""

from __future__ import annotations

from dataclasses import dataclass

from actors.contracts import Team
from actors.errors import AnswerError
from actors.roles.base import TEXT, Role, brief_section, json_block, list_of, object_of


@dataclass(frozen=True)
class Inputs:
    """What the data profiler sees."""

    brief: str


@dataclass(frozen=True)
class DataNotes:
    """The data's traps and what to do about them, one sentence each."""

    traps: tuple[str, ...]
    advice: tuple[str, ...]

    def bullets(self) -> str:
        """The notes as later prompts carry them."""
        rows = [f"- trap: {t}" for t in self.traps] + [f"- advice: {a}" for a in self.advice]
        return "\n".join(rows) or "- nothing unusual was found"


def parse(text: str) -> DataNotes:
    """Read {"traps": [...], "advice": [...]}; raises AnswerError."""
    value = json_block(text)
    if not isinstance(value, dict) or not all(
        isinstance(value.get(k), list) and all(isinstance(s, str) for s in value[k])
        for k in ("traps", "advice")
    ):
        raise AnswerError('expected {"traps": [strings], "advice": [strings]}')
    return DataNotes(tuple(value["traps"]), tuple(value["advice"]))


ROLE = Role[Inputs, DataNotes](
    name="data_profiler",
    team=Team.DATA,
    duty="You look at the data of a machine-learning task before anyone models it.",
    instructions="""
Read the task brief below: the description, every file, every column with its type, missing count,
number of distinct values and examples. Find what would trip a careless engineer: leaking columns,
columns that exist in training only, identifiers, missing values that carry meaning, rare or
high-cardinality categories, dates, skewed targets, imbalance, groups or time that a random split
would leak across, files that have to be joined, a metric that calls for a special treatment.

Answer with one ```json block and nothing else:
{"traps": ["one sentence each"], "advice": ["what to do about it, one sentence each"]}
At most eight of each. Name columns exactly as they are spelled.
""",
    render=lambda i: [brief_section(i.brief)],
    parse=parse,
    schema=object_of(traps=list_of(TEXT), advice=list_of(TEXT)),
)
