"""RAND Health Insurance Experiment: whose last year is among the costliest."""

from pathlib import Path

from runners.tasks.builtin.publishing import publish
from runners.tasks.builtin.randhie import DOLLARS, USE, last_years, person_years


def prepare(public: Path, private: Path) -> None:
    rows = person_years()
    held = last_years(rows, tenths=6, seed=1)
    cost = rows[DOLLARS].sum(axis=1)
    rows["high_cost"] = (cost > cost[~held].quantile(0.9)).astype(int)
    publish(
        public,
        private,
        rows[~held],
        rows[held],
        dummy={"high_cost": 0.1},
        train_only=USE,
        ending="csv.gz",
    )
