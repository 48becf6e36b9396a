"""The conventions of the catalogue: what a recipe is, and how a script is made of recipes.

A script reduces every kind of task to frames and arrays, in seven stages. Each stage is one or
several plain functions of a catalogue module. They are tested where they stand, and copied into
scripts (`actors.models.offline.source`) with everything they use: helper functions and constants of
any catalogue module, and the import statements of installed libraries. A script never imports this
project. So, in a catalogue module:

* import only installed libraries and other catalogue modules, at the top of the module, by
  `import a.b as c` or `from a.b import c`;
* module-level constants are literals or simple expressions;
* names are unique over the whole catalogue (helpers too: they land in one file).

Stages and signatures (`Task`, `Frame`, `Array` and the helpers `truth`, `inputs` are in task.py):

=========  ==============================================================================================
load       (task) -> (train, test). Train holds the target columns; a row whose target is missing is
           unlabelled (semi-supervised). Test holds `task.id_column` as in the sample submission, in
           any order. Scripts run on folds too: the test file may hold more rows than the sample of
           the public files, and train fewer. Files lie in `./input`.
features   (train, test, task, *, ...) -> (train, test). Steps are chained; targets stay in train.
split      (train, task, *, ...) -> [(fit, held, actual)]: inner validation by the brief's split rule.
           `held` has no target columns; `actual` is what `truth` gives for its rows.
member     (train, test, task, *, ...) -> Array of len(test) x outputs (see `Task.kind`): a
           probability a class, a number a target, a number a quantile level, or a risk.
blend      (held, actual, task, *, ...) -> Array of len(held) weights that sum to one; `held` is the
           list of the members' held-out predictions.
decide     (raw, held, actual, task, *, ...) -> Array: final values for `raw`, whatever they need
           learnt from the held-out blend and its truth (thresholds, cut points, calibration).
write      (final, test, task) -> None: writes `./submission.csv` in the sample's format.
=========  ==============================================================================================

Tunables are keyword-only arguments with literal defaults; the coder changes the defaults in the copied
source, so a function's settings are always visible in its signature. `Recipe.choices` lists, in order,
the values worth trying for a tunable: planners step to neighbours in it.

`Recipe.applies(brief)` says how promising the recipe is for a task: 0 never, 1 nearly always the best
of its stage. It sees the brief alone, so it must go by kind, columns, sizes and metric. Load, split,
blend, decide and write: the most promising one is used. Features: every step of at least 0.5 is used,
in order of `Recipe.order`. Members: ranked by promise, shuffled a little by the seed.

`Recipe.layouts` ties stages together: a load declares the one layout it makes ("table", "series",
"panel", "pixels", "images", "text" ...), and only recipes that list this layout are combined with it.
A generic member such as ridge lists every layout whose columns it can take as they are.

A module offers its recipes as `RECIPES: tuple[Recipe, ...]`; modules are found by themselves.
CPU matters: a script fits its members a few times (inner folds, then all rows) and should stay below
3 CPU seconds on a few thousand rows; use `task.cpus` for n_jobs and `task.seed` for random_state.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from actors.contracts import TaskBrief

Stage = Literal["load", "features", "split", "member", "blend", "decide", "write"]


@dataclass(frozen=True)
class Recipe:
    """One function of the catalogue and when to use it."""

    function: Callable[..., Any]
    stage: Stage
    why: str  # one sentence for a model card: what it does well
    applies: Callable[[TaskBrief], float]  # promise, 0 to 1
    layouts: tuple[str, ...] = ("table",)
    choices: Mapping[str, tuple[Any, ...]] = field(default_factory=dict, hash=False)  # in order
    order: int = 50  # of a features step in the chain

    @property
    def name(self) -> str:
        """The function's name, unique over the catalogue."""
        return self.function.__name__


def all_recipes() -> tuple[Recipe, ...]:
    """Every recipe of every module of this package, by module name."""
    package = importlib.import_module(__package__ or "")
    recipes: list[Recipe] = []
    for module in sorted(m.name for m in pkgutil.iter_modules(package.__path__)):
        loaded = importlib.import_module(f"{package.__name__}.{module}")
        recipes.extend(getattr(loaded, "RECIPES", ()))
    names = [r.name for r in recipes]
    if len(set(names)) < len(names):
        raise ValueError(
            f"names used twice in the catalogue: {sorted({n for n in names if names.count(n) > 1})}"
        )
    return tuple(recipes)
