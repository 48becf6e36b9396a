from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from taskfolders import write_task

from runners.tasks.facts import profile, profile_column
from runners.tasks.folder import load_folder


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([1, 2, 3], "integer"),
        ([1.0, np.nan, 3.0], "integer"),
        ([1.5, 2.0, 3.0], "real"),
        ([True, False, True], "boolean"),
        ([None, None, None], "empty"),
        (["2020-01-31", "2021-02-28", None], "datetime"),
        (["red", "blue"] * 6, "category"),
        ([f"a sentence of some words, number {n}" for n in range(30)], "text"),
    ],
)
def test_types_of_columns(values: list[object], dtype: str) -> None:
    facts = profile_column(pd.Series(values, name="x"))
    assert facts.dtype == dtype
    assert facts.missing == int(pd.isna(pd.Series(values, dtype=object)).sum())


def test_moments_examples_and_distinct_values() -> None:
    facts = profile_column(pd.Series([1.0, 1.0, 2.5, np.nan], name="x"))
    assert (facts.minimum, facts.maximum, facts.mean, facts.unique) == (1.0, 2.5, 1.5, 2)
    assert facts.examples == ("1", "2.5")
    assert facts.skew == pytest.approx(1.732, abs=1e-3)


def test_a_table_says_how_it_is_read(tmp_path: Path) -> None:
    facts = {f.name: f for f in load_folder(write_task("other", tmp_path)).facts}
    assert facts["train.dat"].reader.startswith('pd.read_fwf("input/train.dat", colspecs=[(0, ')
    assert facts["train.dat"].rows == 251
    assert facts["train.dat"].head.splitlines()[0] == "item,size,age,income,colour,town,joined,stock"
    assert (facts["notes.txt"].format, facts["notes.txt"].columns) == ("text", ())


def test_arrays_have_shapes() -> None:
    data = BytesIO()
    np.savez(data, images=np.zeros((5, 8, 8), np.uint8), labels=np.array([0, 1, 2, 1, 0]))
    facts = profile("digits.npz", data.getvalue())
    assert facts.reader == 'np.load("input/digits.npz")'
    assert [(c.name, c.shape) for c in facts.columns] == [("images", (5, 8, 8)), ("labels", (5,))]
    assert facts.columns[1].unique == 3


def test_arrays_of_pickled_objects_are_never_loaded() -> None:
    data = BytesIO()
    np.savez(data, a=np.array([{"x": 1}], dtype=object))
    facts = profile("a.npz", data.getvalue())
    assert facts.format == "other"
    assert "cannot be read" in facts.note


def test_images_have_a_size_and_a_mode() -> None:
    data = BytesIO()
    Image.new("L", (6, 4)).save(data, "PNG")
    facts = profile("a.png", data.getvalue())
    assert (facts.format, facts.note) == ("png", "6 x 4 pixels (width x height), mode L")


def test_a_broken_file_is_described_as_it_is() -> None:
    assert "cannot be read" in profile("train.parquet", b"no parquet").note
    assert profile("blob.bin", b"\xff\xfe\x00").format == "other"


def test_a_long_example_shows_that_it_goes_on() -> None:
    facts = profile_column(pd.Series(["x" * 60, "y" * 61], name="x"))
    assert facts.examples == ("x" * 60, "y" * 60 + " ...")


def test_a_long_head_shows_that_it_goes_on() -> None:
    table = profile("a.csv", f"a,b\n{'x' * 2_000},1\n".encode())
    assert table.head == f"a,b\n{'x' * 1_496} ..."
    text = profile("a.md", b"y" * 2_000)
    assert text.head == f"{'y' * 1_500} ..."
    assert profile("a.md", b"y" * 1_500).head == "y" * 1_500


def test_arrays_of_long_texts_and_archives_of_many_arrays_are_shortened_too() -> None:
    data = BytesIO()
    np.savez(data, **{f"array_{n}": np.array(["x" * 70]) for n in range(200)})  # type: ignore[arg-type]
    facts = profile("many.npz", data.getvalue())
    assert facts.columns[0].examples == ("x" * 60 + " ...",)
    assert len(facts.head) == 1_504
    assert facts.head.endswith(" ...")


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (["12-Jan-2020", "13-Jan-2020"], "datetime"),
        (["Jan 2020", "Feb 2020"], "datetime"),
        (["2020-W05", "2020-W06"], "datetime"),
        (["2020-01-01T00:00+01:00", "2020-07-01T00:00+02:00"], "datetime"),
        (["12-34-56", "98-76-54"], "category"),
    ],
)
def test_dates_are_told_by_every_usual_spelling(values: list[str], dtype: str) -> None:
    assert profile_column(pd.Series(values, name="when")).dtype == dtype
