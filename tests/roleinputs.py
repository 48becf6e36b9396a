"""Small inputs of every role."""

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

SCRIPT = "import os\nif os:\n    model = 'old'\nrows = 1\nrows = 1\n"
BLOCK = "    model = 'old'"
FILES = (("lib.py", "STATE = 1\n"), ("solution.py", "import lib\n"))
INPUTS: dict[str, Any] = {
    "data_profiler": data_profiler.Inputs("b"),
    "retriever": retriever.Inputs("b", "notes", 2),
    "initialiser": initialiser.Inputs("b", "notes", "card"),
    "merger": merger.Inputs("b", SCRIPT, SCRIPT, 0.5, None),
    "data_usage_checker": data_usage_checker.Inputs("b", SCRIPT),
    "leakage_checker": leakage_checker.Inputs("b", SCRIPT),
    "ablator": ablator.Inputs("b", SCRIPT, ()),
    "summariser": summariser.Inputs("b", SCRIPT, "output"),
    "extractor": extractor.Inputs("b", SCRIPT, "summary", ()),
    "planner": planner.Inputs("b", SCRIPT, BLOCK, (), 0.5),
    "coder": coder.Inputs("b", SCRIPT, BLOCK, "plan"),
    "ensemble_planner": ensemble_planner.Inputs("b", ((SCRIPT, 0.5),), ()),
    "ensembler": ensembler.Inputs("b", ((SCRIPT, 0.5),), "plan"),
    "debugger": debugger.Inputs("b", SCRIPT, "failure"),
    "submitter": submitter.Inputs("b", SCRIPT),
    "reporter": reporter.Inputs("b", "score: 0.75\n"),
    "aide_drafter": aide_drafter.Inputs("b", ()),
    "aide_improver": aide_improver.Inputs("b", SCRIPT, (), 0.5),
    "automl_gpt_planner": automl_gpt_planner.Inputs("b", "paragraph", 1),
    "automl_gpt_writer": automl_gpt_writer.Inputs("b", "paragraph", "{}"),
    "file_writer": file_writer.Inputs("b"),
    "entry_writer": entry_writer.Inputs("b", FILES[:1]),
    "improver": improver.Inputs("b", FILES, "failure"),
    "shell_operator": shell_operator.Inputs("b", (), 5, 9, 60.0),
}
