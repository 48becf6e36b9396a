"""Hydra's and OmegaConf's complaints as one line with the valid choices."""

from __future__ import annotations

import re

from hydra.errors import MissingConfigException
from omegaconf.errors import OmegaConfBaseException

from runners.config import explain, nearest


def one_line(error: BaseException) -> str:
    """What was wrong, the valid choices and the nearest one; the causes of an error count."""
    if isinstance(error, MissingConfigException) and error.options is not None:
        group, _, asked = (error.missing_cfg_file or "").rpartition("/")
        options = [option for option in error.options if option != "bench_schema"]
        return f"{group}={asked}: unknown{nearest(asked, options)}; valid: {', '.join(options)}"
    text = str(error)
    unmatched = re.search(r"Could not override '([^']+)'\.?\s*No match in the defaults list", text)
    if unmatched:
        group = unmatched.group(1)
        hint = f"write +{group}=..." if group == "tasks" else "no such group"
        return f"{group}: {hint}"
    cause = error.__cause__
    if isinstance(error, OmegaConfBaseException):
        return explain(error)
    if isinstance(cause, OmegaConfBaseException):
        return explain(cause)
    return " ".join(line.strip() for line in text.splitlines() if line.strip())
