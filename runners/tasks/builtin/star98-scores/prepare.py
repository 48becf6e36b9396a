"""California's STAR tests of 1998: mean scores of unified school districts."""

from pathlib import Path

import pandas as pd
import statsmodels.datasets
from sklearn.model_selection import train_test_split

from runners.tasks.builtin.publishing import publish

PLACE = ["COUNTY", "DISTRICT"]
PUPILS = ["LOWINC", "PERASIAN", "PERBLACK", "PERHISP"]
TEACHERS = ["PERMINTE", "AVYRSEXP", "AVSAL", "PERPSPEN", "PTRATIO"]
SCHOOLS = ["PCT_AF", "PCTCHRT", "PCTYRRND"]
SCORES = ["READ", "MATH", "LANGUAGE"]  # the source's other columns are these scores by grade


def prepare(public: Path, private: Path) -> None:
    source = Path(statsmodels.datasets.__file__).parent / "star98" / "src" / "star98.dat"
    rows = pd.read_csv(source, sep="\t")[[*PLACE, *PUPILS, *TEACHERS, *SCHOOLS, *SCORES]]
    train, test = train_test_split(rows, test_size=0.5, random_state=0)
    dummy = {score: round(train[score].mean(), 2) for score in SCORES}
    publish(public, private, train, test, dummy=dummy, ending="tsv")
