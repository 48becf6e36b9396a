"""Assigns a model and predicts the training log of several settings (AutoML-GPT, arXiv:2305.02499)."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from actors.contracts import Team
from actors.errors import AnswerError
from actors.roles.base import TEXT, Role, brief_section, json_block, list_of, object_of

NUMBER: Mapping[str, Any] = {"type": "number"}


@dataclass(frozen=True)
class Inputs:
    """What the planner sees."""

    brief: str
    paragraph: str  # data card and model cards, composed
    count: int  # configurations to propose


@dataclass(frozen=True)
class LogLine:
    """One line of a training log that nobody has seen: the model's own prediction."""

    epoch: int
    train: float
    validation: float


@dataclass(frozen=True)
class Configuration:
    """Hyperparameters and how training with them is predicted to go."""

    settings: tuple[tuple[str, str], ...]
    log: tuple[LogLine, ...]

    @property
    def predicted(self) -> float:
        """The validation score that the log ends with, in the metric's own direction."""
        return self.log[-1].validation

    def named(self) -> str:
        """The settings in one line."""
        return ", ".join(f"{name}={value}" for name, value in self.settings) or "default settings"


@dataclass(frozen=True)
class Plan:
    """How the data is processed, the model and its possible configurations."""

    processing: str
    model: str
    why: str
    configurations: tuple[Configuration, ...]

    def rendered(self, chosen: Configuration) -> str:
        """The plan with one configuration, as the writer's prompt carries it."""
        facts = {
            "processing": self.processing,
            "model": self.model,
            "why": self.why,
            "settings": dict(chosen.settings),
            "predicted_log": [asdict(line) for line in chosen.log],
        }
        return json.dumps(facts, indent=1, ensure_ascii=False)


def parse(text: str) -> Plan:
    """Read {"processing", "model", "why", "configurations"}; raises AnswerError."""
    value = json_block(text)
    if not isinstance(value, dict) or not all(
        isinstance(value.get(k), str) and value[k].strip() for k in ("processing", "model", "why")
    ):
        raise AnswerError('expected an object with the strings "processing", "model" and "why"')
    rows = value.get("configurations")
    if not isinstance(rows, list) or not rows:
        raise AnswerError('"configurations" must be a non-empty list')
    found = tuple(_configuration(row, place) for place, row in enumerate(rows, 1))
    if len({c.settings for c in found}) < len(found):
        raise AnswerError("two configurations have the same settings; propose different ones")
    return Plan(value["processing"], value["model"], value["why"], found)


def _configuration(row: object, place: int) -> Configuration:
    if not isinstance(row, dict) or not isinstance(row.get("settings"), list):
        raise AnswerError(f'configuration {place} must hold the lists "settings" and "predicted_log"')
    pairs = [
        (s.get("name"), s.get("value")) if isinstance(s, dict) else (None, None) for s in row["settings"]
    ]
    if not all(isinstance(name, str) and isinstance(value, str | int | float) for name, value in pairs):
        raise AnswerError(f'configuration {place}: each setting is {{"name": "...", "value": "..."}}')
    log = row.get("predicted_log")
    if not isinstance(log, list) or not log:
        raise AnswerError(f'configuration {place}: "predicted_log" must be a non-empty list')
    return Configuration(
        tuple((str(name), str(value)) for name, value in pairs), tuple(_line(entry, place) for entry in log)
    )


def _line(entry: object, place: int) -> LogLine:
    values = [entry.get(k) for k in ("epoch", "train", "validation")] if isinstance(entry, dict) else []
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    # Whole numbers may be too large for a float; NaN is not at most anything.
    if len(numbers) != 3 or not all(abs(n) <= sys.float_info.max for n in numbers):
        raise AnswerError(
            f'configuration {place}: each line of the log holds the numbers "epoch", "train" and "validation"'
        )
    return LogLine(int(numbers[0]), float(numbers[1]), float(numbers[2]))


def validate(inputs: Inputs, plan: Plan) -> None:
    """As many configurations as asked for; raises AnswerError."""
    if len(plan.configurations) != inputs.count:
        raise AnswerError(f"{len(plan.configurations)} configurations; give exactly {inputs.count}")


ROLE = Role[Inputs, Plan](
    name="automl_gpt_planner",
    team=Team.TRAINING,
    duty="You configure machine learning from descriptions alone, without running anything.",
    instructions="""
The paragraph below describes a data set and models that suited similar data. Decide how the data is
processed and which one model is trained; a model that stands on no card is allowed where it suits
better. Then propose as many different hyperparameter settings as asked for and predict, for each, the
log that training with it would write: a few lines with the task's metric on training and validation
rows, the last one where training ends. The setting with the best last validation value will be used,
and nothing else is tried: predict soberly.

Answer with one ```json block and nothing else:
{"processing": "...", "model": "...", "why": "one sentence", "configurations": [
 {"settings": [{"name": "...", "value": "..."}],
  "predicted_log": [{"epoch": 1, "train": 0.0, "validation": 0.0}]}]}
""",
    render=lambda i: [brief_section(i.brief), ("Paragraph", i.paragraph), ("Count", str(i.count))],
    parse=parse,
    check=validate,
    schema=object_of(
        processing=TEXT,
        model=TEXT,
        why=TEXT,
        configurations=list_of(
            object_of(
                settings=list_of(object_of(name=TEXT, value=TEXT)),
                predicted_log=list_of(object_of(epoch=NUMBER, train=NUMBER, validation=NUMBER)),
            )
        ),
    ),
)
