"""A comparison in MLflow: a run of its own beside those of the sweeps."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from pathlib import Path

from runners.comparing.comparison import Comparison
from runners.secrets import without_password
from runners.tracker import open_experiment, store_of

log = logging.getLogger(__name__)
TAG = 5000  # characters that MLflow takes in a tag or parameter
FILES = {"json": "comparison.json", "page": "comparison.html", "markdown": "comparison.md"}


def log_comparison(
    comparison: Comparison, texts: Mapping[str, str], runs: Path, uri: str | None, experiment: str
) -> str:
    """Log figures and documents; returns what to tell of it. A fault of MLflow's ends nothing."""
    address, artifacts = store_of(runs, uri)
    shown = without_password(address)
    try:
        client, found = open_experiment(address, experiment, artifacts)
        name = "comparison of " + ", ".join(comparison.labels)
        tags = {
            "level": "comparison",
            "sweeps": ", ".join(line.sweep.name for line in comparison.sweeps),
            "verdicts": "; ".join(f"{p.first} : {p.second}: {p.verdict}" for p in comparison.pairs),
            "conditions": "; ".join(comparison.warnings) or "the same",
        }
        tags = {tag: text[:TAG] for tag, text in tags.items()}
        run = client.create_run(found, tags=tags, run_name=name).info.run_id
        for param, value in _params(comparison).items():
            client.log_param(run, param, value[:TAG])
        for metric, figure in _metrics(comparison).items():
            client.log_metric(run, metric, figure)
        for form, text in texts.items():
            client.log_text(run, text, FILES[form])
        client.set_terminated(run)
    except (
        Exception
    ) as error:  # the comparison is shown and written all the same; a message may hold a password
        log.debug("MLflow is not told", exc_info=True)
        return f"could not be told ({type(error).__name__}): {shown}"
    return f"{shown}, run {run} ({name})"


def _params(comparison: Comparison) -> dict[str, str]:
    return {
        "agents": ", ".join(line.sweep.agent for line in comparison.sweeps),
        "models": ", ".join(dict.fromkeys(line.sweep.model for line in comparison.sweeps)),
        "tasks": str(len(comparison.tasks)),
        "attempts": str(comparison.attempts),
    }


def _metrics(comparison: Comparison) -> dict[str, float]:
    """Figures by sweep and by pair; MLflow takes letters, digits and a few signs in a name."""
    metrics: dict[str, float] = {}
    for line in comparison.sweeps:
        own = {f"success_at_{rate.k}": rate.value for rate in line.rates}
        own |= {"tasks_solved": float(line.solved), "cpu_seconds": line.cpu_seconds}
        if line.cpu_seconds_per_success is not None:
            own["cpu_seconds_per_success"] = line.cpu_seconds_per_success
        if line.cost_per_success is not None:
            own["cost_per_success_usd"] = line.cost_per_success
        metrics |= {_name(f"{line.label}/{key}"): value for key, value in own.items()}
    for pair in comparison.pairs:
        for finding in pair.findings:
            place = f"{pair.first} vs {pair.second}/{finding.question.replace('@', '_at_')}"
            own = {"effect": finding.effect, "p": finding.p, "p_holm": finding.p_holm}
            metrics |= {_name(f"{place}/{key}"): value for key, value in own.items()}
    return metrics


def _name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_\-. /]", "_", text)
