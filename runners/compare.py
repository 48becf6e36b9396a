"""The command: `python -m runners.compare RUN RUN ...`."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from actors.errors import InputError
from runners.files import write_whole
from runners.secrets import without_password

PIPE_WIDTH = 200  # where no terminal says how wide it is
STDOUT = "-"


class Parser(argparse.ArgumentParser):
    """Refuses in one line, like the other command."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and leave with 2."""
        refuse(message)


def parser() -> Parser:
    """The command line."""
    made = Parser(
        prog="python -m runners.compare",
        description="Compare sweeps over the tasks they share: success@k, scores, cost, what separates them.",
    )
    made.add_argument("sweeps", nargs="*", metavar="RUN", help="a sweep's name under --runs, or its folder")
    made.add_argument("--runs", type=Path, default=Path("runs"), help="where sweeps are kept (%(default)s)")
    made.add_argument(
        "--json", metavar="FILE", help="write all figures as JSON; - prints them instead of the tables"
    )
    made.add_argument("--page", metavar="FILE", type=Path, help="write one HTML page with plots")
    made.add_argument(
        "--markdown", metavar="FILE", type=Path, help="write Markdown under this command and machine"
    )
    made.add_argument(
        "--tracker",
        choices=("mlflow", "none"),
        default="mlflow",
        help="where the comparison is logged (%(default)s)",
    )
    made.add_argument(
        "--tracker-uri",
        default=os.environ.get("MLFLOW_TRACKING_URI"),
        help="a tracking server (MLFLOW_TRACKING_URI; otherwise the database beside the runs)",
    )
    made.add_argument("--experiment", default="fivestar-mle", help="MLflow's experiment (%(default)s)")
    return made


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare; a fault of the input ends with one line and exit code 2."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = parser().parse_args(given)
    try:
        run(options, command_line(given))
    except InputError as error:
        refuse(str(error))


def command_line(arguments: Sequence[str]) -> str:
    """The command as it may be shown: without a password."""
    shown = []
    for argument in arguments:
        option, equals, value = argument.partition("=") if argument.startswith("--") else ("", "", argument)
        shown.append(option + equals + without_password(value))
    return shlex.join(["python", "-m", "runners.compare", *shown])


def run(options: argparse.Namespace, command: str) -> None:
    """Read, compare, show, write, log; raises InputError."""
    from runners.comparing.comparison import compare
    from runners.comparing.machine import this_machine
    from runners.comparing.markdown import comparison_markdown
    from runners.comparing.page import comparison_page
    from runners.comparing.reading import read_sweeps
    from runners.comparing.record import comparison_json
    from runners.comparing.table import print_comparison

    comparison, machine = compare(read_sweeps(options.sweeps, options.runs)), this_machine()
    texts = {
        "json": comparison_json(comparison, command, machine),
        "page": comparison_page(comparison, command, machine),
        "markdown": comparison_markdown(comparison, command, machine, guide_of(options.markdown)),
    }
    console = Console() if sys.stdout.isatty() else Console(width=PIPE_WIDTH)
    if options.json == STDOUT:
        print(texts["json"], end="")
        console = Console(stderr=True, soft_wrap=True)
    else:
        print_comparison(console, comparison)
    for form, text in texts.items():
        path = getattr(options, form)
        if path is not None and path != STDOUT:
            _write(Path(path), text, form)
            console.print(f"{form:<9} {path}", highlight=False, markup=False, soft_wrap=True)
    if options.tracker == "mlflow":
        from runners.tracker_comparison import log_comparison

        said = log_comparison(comparison, texts, options.runs, options.tracker_uri, options.experiment)
        console.print(f"mlflow    {said}", highlight=False, markup=False, soft_wrap=True)


def guide_of(markdown: Path | None) -> str:
    """The address of docs/agents.md from where the Markdown lies; "" where an installation has none."""
    guide = Path(__file__).resolve().parent.parent / "docs" / "agents.md"
    if markdown is None or not guide.is_file():
        return ""
    return Path(os.path.relpath(guide, markdown.resolve().parent)).as_posix()


def _write(path: Path, text: str, form: str) -> None:
    try:
        write_whole(path, text.encode("utf-8", "replace"))
    except OSError as error:
        raise InputError(f"--{form} {path}: cannot be written: {error.strerror}") from None


def refuse(message: str) -> NoReturn:
    """Print one line and leave with 2."""
    print(f"error: {message}", file=sys.stderr)
    raise SystemExit(2)


if __name__ == "__main__":
    main()
