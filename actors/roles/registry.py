"""All roles by name."""

from __future__ import annotations

from typing import Any

from actors.roles import (
    ablator,
    aide_drafter,
    aide_improver,
    automl_gpt_planner,
    automl_gpt_writer,
    coder,
    data_profiler,
    data_usage_checker,
    debugger,
    ensemble_planner,
    ensembler,
    entry_writer,
    extractor,
    file_writer,
    improver,
    initialiser,
    leakage_checker,
    merger,
    planner,
    reporter,
    retriever,
    shell_operator,
    submitter,
    summariser,
)
from actors.roles.base import Role

_MODULES = (
    data_profiler,
    retriever,
    initialiser,
    merger,
    data_usage_checker,
    leakage_checker,
    ablator,
    summariser,
    extractor,
    planner,
    coder,
    ensemble_planner,
    ensembler,
    debugger,
    submitter,
    reporter,
    aide_drafter,
    aide_improver,
    automl_gpt_planner,
    automl_gpt_writer,
    file_writer,
    entry_writer,
    improver,
    shell_operator,
)
ROLES: dict[str, Role[Any, Any]] = {module.ROLE.name: module.ROLE for module in _MODULES}
