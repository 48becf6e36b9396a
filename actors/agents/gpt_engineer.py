"""GPT-Engineer (github.com/AntonOsika/gpt-engineer): all files in one reply, then repairs by diffs.

One call writes every file, a second one the entry point; the program runs; while it fails, the improve
step gets the brief, the files and the output and answers with edits, up to `improvements` times. The
harness's score is not shown to the model and nothing is searched: the first program that runs is
handed in.

Where this differs from the original:

* It states its assumptions instead of asking: nobody is there to answer.
* The entry point is `solution.py` instead of a shell script, and nothing is installed: a program runs
  in the harness's sandbox, which is the same for every agent.
* The original asks its user whether the output is right; here a failing exit code, a limit that was
  hit and a refused submission are what counts as wrong.
* Diffs are found by their text and a hunk that fits nowhere is asked again with the reason, as in the
  original, at most twice for one improvement.
* A program runs on the harness's validation rows, like that of every agent; the score is recorded and
  not shown. A fit on all rows follows for the submission.
* The harness's reporter writes the report, which no step of the agent sees.
"""

from __future__ import annotations

from actors.agents.closing import hand_in_as_it_is, write_report
from actors.agents.options import Option, read_options
from actors.attempt import AttemptContext
from actors.contracts import Evaluation
from actors.errors import AnswerError
from actors.roles import entry_writer, file_writer, improver
from actors.roles.program import ENTRY, ProgramFiles, without_entry

OPTIONS = {"improvements": Option(10, 0, 100)}


async def gpt_engineer(context: AttemptContext) -> None:
    """Write a program, run it, mend it while it fails, hand it in."""
    options = read_options(OPTIONS, context.settings.options)
    files: ProgramFiles = await context.ask(
        "file_writer", file_writer.Inputs(context.brief_text), "all files of the program"
    )
    entry: str = await context.ask(
        "entry_writer", entry_writer.Inputs(context.brief_text, files), "entry point"
    )
    program: ProgramFiles = (*files, (ENTRY, entry))
    evaluation = await _run(context, program, "program as first written")
    for number in range(1, int(options["improvements"]) + 1):
        if evaluation.failure is None or not context.role_on("improver"):
            break
        mended = await _improved(context, program, evaluation)
        if mended is not None:
            program = mended
            evaluation = await _run(context, program, f"improvement {number}", (evaluation.key,))
    await hand_in_as_it_is(context, evaluation)
    await write_report(context, evaluation)


async def _run(
    context: AttemptContext, program: ProgramFiles, title: str, parents: tuple[str, ...] = ()
) -> Evaluation:
    files = dict(program)
    return await context.evaluate(files[ENTRY], title, parents, without_entry(files))


async def _improved(
    context: AttemptContext, program: ProgramFiles, evaluation: Evaluation
) -> ProgramFiles | None:
    """The program after the improver's diffs, None when none applied."""
    inputs = improver.Inputs(context.brief_text, program, evaluation.failure or "")
    try:
        diffs = await context.ask("improver", inputs, "improvement", (evaluation.key,))
    except AnswerError as error:
        await context.decide("improvement", f"none: {error}")
        return None
    return improver.improved(program, diffs)
