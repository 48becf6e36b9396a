"""Monthly sunspot numbers from 1749 with 45 years-long gaps to fill."""

from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.datasets

from runners.tasks.builtin.writing import write_table

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
GAPS = 45
GAP = 12  # months
BORDER = 60  # months at either end of the series where no gap starts
SPACING = 40  # months between the starts of two gaps


def prepare(public: Path, private: Path) -> None:
    source = Path(statsmodels.datasets.__file__).parent / "sunspots" / "src" / "sunspots_monthly.dat"
    lines = [line.split() for line in source.read_text().splitlines() if line[:4].isdigit()]
    years = [int(line[0]) for line in lines]
    numbers = np.array([value for line in lines for value in line[1:13]], dtype=float)
    hidden = _hidden(len(numbers))
    grid = np.full(12 * len(years), np.nan)  # the last year ends in June
    grid[: len(numbers)] = np.where(hidden, np.nan, numbers)
    shown = pd.DataFrame(grid.reshape(-1, 12), columns=MONTHS)
    shown.insert(0, "year", years)
    ids = np.array([f"{year}-{month:02d}" for year in years for month in range(1, 13)])[: len(numbers)]
    write_table(shown, public / "sunspots.txt")
    dummy = round(float(np.mean(numbers[~hidden])), 1)
    write_table(pd.DataFrame({"id": ids[hidden], "ssn": dummy}), public / "sample_submission.csv")
    write_table(pd.DataFrame({"id": ids[hidden], "ssn": numbers[hidden]}), private / "answers.csv")


def _hidden(months: int) -> np.ndarray:
    random = np.random.RandomState(0)
    hidden = np.zeros(months, dtype=bool)
    starts: list[int] = []
    while len(starts) < GAPS:
        start = random.randint(BORDER, months - BORDER)
        if all(abs(start - other) >= SPACING for other in starts):
            starts.append(start)
            hidden[start : start + GAP] = True
    return hidden
