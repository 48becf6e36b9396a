"""FLAML behind the same harness, no language model in it: what a plain AutoML reaches.

A quarter of the CPU seconds goes to searches on the validation folds, on as many of them as it pays for, so
that the score beside the others' is measured as theirs is; what they leave goes to one search on all rows.
The search is bounded by CPU time, so its result depends on how fast the machine is: the seed is fixed, the
number of models tried is not.

Deviations from FLAML as it comes: its clock counts CPU seconds; quantiles are LightGBM's alone, and ordinal
labels are rounded numbers; long text becomes TF-IDF components, arrays a column a number, dates their parts.
Further tables are not joined, and there is no model of time, space or survival: that is the point of it.
"""

from __future__ import annotations

from actors.agents.closing import hand_in_as_it_is
from actors.agents.options import Option, Options, read_options
from actors.attempt import AttemptContext

__all__ = ["OPTIONS", "automl"]

OPTIONS: Options = {
    "cpu_seconds": Option(60, least=10, whole=False),  # of an attempt whose budget has more
}
VALIDATION = 0.25  # share of the search on the folds, all together
OVERHEAD = 4.0  # CPU seconds of a program outside its search: imports, reading, the last fit
SHARE = 0.7  # of a script's limits that its search may use
LEAST = 2.0  # CPU seconds of a search


async def automl(context: AttemptContext) -> None:
    """Search on the folds, then on all rows with the CPU seconds that are left, and hand that in."""
    options = read_options(OPTIONS, context.settings.options)
    total = min(options["cpu_seconds"], context.spec.budget.cpu_seconds)
    share = VALIDATION * total
    folds = max(1, min(context.folds, int(share / (OVERHEAD + LEAST))))
    evaluation = await context.evaluate(
        _script(context, share / folds - OVERHEAD), "FLAML, validation", most_folds=folds
    )
    left = total - context.ledger.cpu_seconds
    script = _script(context, left - OVERHEAD)
    await hand_in_as_it_is(context, evaluation, script)


def _script(context: AttemptContext, cpu_seconds: float) -> str:
    """The program for a search of so many CPU seconds, as far as a script's limits allow them."""
    from actors.agents.automl.program import program  # with scikit-learn, which other agents do without

    limits = context.spec.limits
    wall = SHARE * limits.wall_seconds
    seconds = round(max(LEAST, min(cpu_seconds, SHARE * limits.cpu_seconds, wall * limits.cpus)), 1)
    return program(context.brief, seconds, wall, cpus=limits.cpus, seed=context.spec.seed)
