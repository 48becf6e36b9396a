"""Scratchpad entries of a made-up sweep, for the tests of what folds them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from runners.board import TaskLine
from scratchpad.records import Entry, Kind
from scratchpad.store import Scratchpad

TASKS = (TaskLine("up", "accuracy", "maximize", 0.8), TaskLine("down", "rmse", "minimize", 2.0))
SCRIPT = "print('<b>hello</b>')\n"
SUBMISSION = b"id,y\n1,2\n"


def attempt(
    pad: Scratchpad,
    task: str,
    number: int,
    score: float | None,
    success: bool,
    *,
    validation: tuple[float, ...] = (0.7, 0.9, 0.8),
    ending: str = "finished",
    graded: bool = True,
    beside: Mapping[str, bytes] | None = None,
) -> None:
    """Append what one attempt leaves, from its start to its grade."""
    place = {"sweep": "s", "task": task, "attempt": number}
    start = 1_000.0 + number
    seed = {"seed": 7 + number, "start": 1}
    pad.append([Entry(kind=Kind.ATTEMPT, time=start, content=json.dumps(seed), **place)])
    ask = Entry(
        kind=Kind.ASK,
        key="a",
        role="planner",
        tokens_in=100,
        tokens_out=20,
        cost=0.5,
        metrics={"asks": 1.0},
        **place,
    )
    failed = Entry(
        kind=Kind.EXECUTION,
        key="x0",
        content=json.dumps({"isolation": "limits"}),
        metrics={"cpu_seconds": 1.5},
        error="failed",
        **place,
    )
    good = Entry(
        kind=Kind.EXECUTION,
        key="x1",
        content=json.dumps({"isolation": "limits"}),
        metrics={"cpu_seconds": 2.5},
        **place,
    )
    pad.append([ask, failed, good])
    for step, value in enumerate(validation):
        folds = {"folds": 1.0, "elapsed": 10.0 * (step + 1)}
        pad.append(
            [
                Entry(
                    kind=Kind.EVALUATION,
                    key=f"e{step}",
                    score=value,
                    metrics=folds,
                    time=start + step,
                    **place,
                )
            ]
        )
    report = Entry(kind=Kind.ASK, key="r", role="reporter", content="# Report\n", **place)
    digest = pad.put_blob(SUBMISSION)
    handed_in = Entry(
        kind=Kind.SUBMISSION,
        key="s",
        content=SCRIPT,
        attachments={"submission.csv": digest}
        | {f"beside/{name}": pad.put_blob(text) for name, text in (beside or {}).items()},
        score=max(validation),
        **place,
    )
    end = {"ending": ending, "seed": 7 + number, "validation": "harness", "validation_score": max(validation)}
    pad.append(
        [report, handed_in, Entry(kind=Kind.ENDING, time=start + 30, content=json.dumps(end), **place)]
    )
    if graded:
        verdict = json.dumps({"success": success, "ending": ending})
        pad.append([Entry(kind=Kind.GRADE, time=start + 31, score=score, content=verdict, **place)])


def whole_sweep() -> Scratchpad:
    """Two tasks, two attempts each: one success, one below the threshold, one invalid, one running."""
    pad = Scratchpad()
    attempt(pad, "up", 0, 0.9, True)
    attempt(pad, "up", 1, 0.5, False)
    attempt(pad, "down", 0, None, False, ending="invalid_submission")
    pad.append(
        [Entry(sweep="s", task="down", attempt=1, kind=Kind.ATTEMPT, content='{"seed": 8}', time=1_001.0)]
    )
    return pad
