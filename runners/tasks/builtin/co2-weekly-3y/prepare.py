"""Weekly CO2 at Mauna Loa: the last 156 weeks are asked for."""

from pathlib import Path

import pandas as pd
import statsmodels.datasets

from runners.tasks.builtin.writing import opaque_ids, write_table

HORIZON = pd.Timedelta(weeks=156)


def prepare(public: Path, private: Path) -> None:
    source = Path(statsmodels.datasets.__file__).parent / "co2" / "src" / "maunaloa_c.dat"
    lines = [line.split() for line in source.read_text().splitlines() if line.startswith("MLO ")]
    table = pd.DataFrame({"date": [_date(line[1]) for line in lines], "co2": [float(x[-1]) for x in lines]})
    table = table[table.co2 > 0].sort_values("date")  # weeks without a measurement hold a negative number
    table.insert(0, "id", opaque_ids(len(table), seed=0))
    asked = table.date > table.date.max() - HORIZON
    train, test = table[~asked], table[asked]
    _write_fixed_width(train, public / "train.dat")
    _write_fixed_width(test.drop(columns="co2"), public / "test.dat")
    dummy = round(train.co2.mean(), 2)
    write_table(test[["id"]].assign(co2=dummy), public / "sample_submission.csv")
    write_table(test[["id", "co2"]], private / "answers.csv")


def _date(digits: str) -> pd.Timestamp:
    century = "19" if int(digits[:2]) >= 58 else "20"
    return pd.Timestamp(century + digits)


def _write_fixed_width(table: pd.DataFrame, path: Path) -> None:
    text = table.assign(date=table.date.dt.strftime("%Y-%m-%d"))
    if "co2" in table:
        text["co2"] = table.co2.map("{:.2f}".format)
    widths = {"id": 8, "date": 12, "co2": 9}
    rows = [list(text.columns), *text.astype(str).to_numpy().tolist()]
    lines = ["".join(f"{v:>{widths[c]}}" for c, v in zip(text.columns, row, strict=True)) for row in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
