"""SWE-Agent (arXiv:2405.15793): a shell and an editor, one thought and one command a turn.

The history is linear; a malformed action is asked again up to 3 times; the last `observations` are
kept whole, older ones are elided with a line that says so. It ends at `submit`, when its share of the
budget is used, after `turns`, or after `timeouts` commands in a row that ran out of time. What then
stands in ./solution.py is evaluated and handed in, as the original hands in its patch at any end.

Where this differs from the original:

* The task is to write a program instead of mending a repository: what counts is `solution.py`, and no
  example of a solved issue stands in the prompt.
* The history stands in one message, in order, instead of as chat turns: every role here is asked in
  that manner, and the text is the same.
* A session has at most `turns`; the original ends by submitting or by its cost, and an endpoint without
  prices would never end it.
* The lint guard compiles Python instead of running flake8, whose other checks need a configuration.
* A command that runs out of time is killed with all it started, and the shell lives on; the original
  restarts its container's shell. What runs in the background stands still between commands, so that
  its use can be charged to the attempt.
* `reserve` keeps a part of the budget for the evaluation and the final fit, which the harness makes
  for every agent: without it a spent budget would leave nothing to hand in.
* An attempt that is resumed runs its recorded commands again in a fresh sandbox.
* The harness's reporter writes the report, which no step of the agent sees.
"""

from __future__ import annotations

from actors.agents.closing import hand_in_as_it_is, write_report
from actors.agents.options import Option, read_options
from actors.attempt import AttemptContext
from actors.contracts import CommandResult, ExitStatus
from actors.errors import AgentError, AnswerError
from actors.roles.shell_operator import SUBMIT, Action, Inputs, Turn
from actors.shell import Shell

OPTIONS = {
    "turns": Option(40, 1, 1000),
    "observations": Option(5, 1, 100),
    "timeouts": Option(3, 1, 100),
    "reserve": Option(0.2, 0.0, 0.9, whole=False),  # share of the budget
}
OUT_OF_TIME = (ExitStatus.WALL, ExitStatus.CPU)
TITLE = 60  # characters of a command in a step's title


async def swe_agent(context: AttemptContext) -> None:
    """Work at the shell to an end, then evaluate and hand in ./solution.py."""
    options = read_options(OPTIONS, context.settings.options)
    shell = context.shell(options["reserve"])
    try:
        reason = await _session(context, shell, options)
    finally:
        await shell.close()  # before the evaluation, which needs the CPUs
    await context.decide("end of the session", reason)
    if shell.script is None:
        fault = shell.script_fault or "no ./solution.py to hand in"
        raise AgentError(f"{fault} at the end of the session: {reason}")
    evaluation = await context.evaluate(shell.script, "solution.py at the end of the session")
    await hand_in_as_it_is(context, evaluation)
    await write_report(context, evaluation)


async def _session(context: AttemptContext, shell: Shell, options: dict[str, float]) -> str:
    """Take turns until one of the ends; says which."""
    turns: list[Turn] = []
    timeouts = 0
    for number in range(int(options["turns"])):
        if context.budget_used >= 1 - options["reserve"]:
            return f"{context.budget_used:.0%} of the budget are used"
        inputs = Inputs(
            context.brief_text,
            tuple(turns),
            int(options["observations"]),
            int(options["turns"]) - number,
            context.spec.limits.wall_seconds,
        )
        try:
            action: Action = await context.ask("shell_operator", inputs, f"turn {number + 1}")
        except AnswerError as error:
            return f"turn {number + 1} had no usable action: {error}"
        if action.command.strip() == SUBMIT:
            if shell.script is not None:
                return "submitted"
            fault = shell.script_fault or "There is no ./solution.py to submit."
            turns.append(Turn(action.thought, action.command, fault))
            continue
        result = await shell.run(action.command, _title(action.command))
        timeouts = timeouts + 1 if result.status in OUT_OF_TIME else 0
        turns.append(Turn(action.thought, action.command, observation(result)))
        if timeouts >= options["timeouts"]:
            return f"{timeouts} commands in a row ran out of time"
    return "all turns are used"


def observation(result: CommandResult) -> str:
    """What the model sees of a command: its output, how it ended if not well, where it left things."""
    lines = [result.output.rstrip("\n") or "(no output)"]
    if result.detail:
        lines.append(f"[{result.status}: {result.detail}]")
    elif result.exit_code:
        lines.append(f"[exit code {result.exit_code}]")
    lines.append(f"[open file: {result.file or 'none'}; folder: {result.folder}]")
    return "\n".join(lines)


def _title(command: str) -> str:
    head = command.strip().split("\n")[0]
    return head if len(head) <= TITLE else f"{head[:TITLE]} ..."
