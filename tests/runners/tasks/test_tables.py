from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from taskfolders import write_table

from actors.errors import InputError
from runners.tasks.tables import SUFFIXES, detect, read, read_exact, reader, write_exact

FRAME = pd.DataFrame(
    {
        "id": range(101, 113),
        "size": [1.5, np.nan, 3.25, 4.0, 5.0, 6.0, 7.5, 8.0, 9.0, 10.0, 11.0, 12.125],
        "colour": ["red", "green", None, "blue"] * 3,
        "day": ["2020-01-31", "2021-12-01"] * 6,
    }
)


def written(tmp_path: Path, name: str, frame: pd.DataFrame = FRAME) -> bytes:
    path = tmp_path / "input" / name
    path.parent.mkdir(exist_ok=True)
    write_table(path, frame)
    return path.read_bytes()


@pytest.mark.parametrize("suffix", [s for s in SUFFIXES if s != ".tsv.gz"])
def test_every_format_reads_right_and_by_its_own_expression(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"train{suffix}"
    data = written(tmp_path, name)
    layout = detect(name, data)
    frame = read(data, layout)
    pd.testing.assert_frame_equal(frame, FRAME, check_dtype=False)
    monkeypatch.chdir(tmp_path)
    by_script = eval(reader(f"input/{name}", layout), {"pd": pd, "np": np})
    pd.testing.assert_frame_equal(by_script, frame)


@pytest.mark.parametrize("suffix", [s for s in SUFFIXES if s != ".tsv.gz"])
def test_rows_written_exactly_read_the_same_by_the_same_expression(tmp_path: Path, suffix: str) -> None:
    name = f"train{suffix}"
    data = written(tmp_path, name)
    layout = detect(name, data)
    exact = read_exact(data, layout)
    again = write_exact(exact, layout)
    assert again == write_exact(exact, layout)
    pd.testing.assert_frame_equal(read(again, layout), read(data, layout))


@pytest.mark.parametrize("suffix", [".csv.gz", ".xlsx", ".parquet"])
def test_no_time_of_writing_is_left_in_a_file(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = detect(f"a{suffix}", written(tmp_path, f"a{suffix}"))
    first = write_exact(FRAME, layout)
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    assert write_exact(FRAME, layout) == first


def test_text_keeps_every_character() -> None:
    data = b"id,code,amount\n1,007,1.50\n2,NA,\n3,0x1F,1e5\n"
    layout = detect("a.csv", data)
    assert write_exact(read_exact(data, layout), layout) == data


@pytest.mark.parametrize(
    ("data", "sep", "decimal"),
    [
        (b"id;x\n1;0,5\n2;1,5\n3;2,5\n", ";", ","),
        (b"id|x\n1|0.5\n2|1.5\n3|2.5\n", "|", "."),
        (b'id,x,t\n1,0.5,"a;b"\n2,1.5,"c, d"\n3,2.5,e\n', ",", "."),
    ],
)
def test_separators_are_found_in_the_content(data: bytes, sep: str, decimal: str) -> None:
    layout = detect("a.csv", data)
    assert (layout.sep, layout.decimal) == (sep, decimal)
    assert read(data, layout)["x"].tolist() == [0.5, 1.5, 2.5]


def test_marks_of_missing_values_comments_and_encodings() -> None:
    text = "# made by hand\nid,x,town\n1,?,Zürich\n2,1.5,Genève\n3,2.5,Bern\n"
    data = text.encode("cp1252")
    layout = detect("a.csv", data)
    assert (layout.encoding, layout.skip, layout.na_values) == ("cp1252", 1, ("?",))
    frame = read(data, layout)
    assert frame["x"].isna().tolist() == [True, False, False]
    assert frame["town"].tolist() == ["Zürich", "Genève", "Bern"]


def test_fixed_width_with_blank_fields_is_cut_by_position() -> None:
    data = b"  id   size  town\n   1    2.5  Bern\n   2         Genf\n   3   10.0\n"
    layout = detect("a.dat", data)
    assert layout.kind == "fwf"
    assert read(data, layout)["size"].fillna(-1).tolist() == [2.5, -1, 10.0]


@pytest.mark.parametrize(
    "text", ["Too little stock costs more.\n", "One line.\nAnother line of words here.\n\nEnd.\n"]
)
def test_prose_is_no_table(text: str) -> None:
    with pytest.raises(InputError, match="do not fall into columns"):
        detect("notes.txt", text.encode())
