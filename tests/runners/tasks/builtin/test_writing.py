"""Task files must not depend on the clock and must read back as they were."""

import io
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from runners.tasks.builtin.writing import (
    ZIP_DATE,
    opaque_ids,
    table_bytes,
    write_arrays,
    write_image,
    write_table,
)
from runners.tasks.tables import detect, read

FRAME = pd.DataFrame(
    {
        "id": [11, 12, 13],
        "share": [0.1, np.nan, 1 / 3],
        "place": ["Zürich", "Bern", "Genf"],
    }
)
ENDINGS = ["csv", "csv.gz", "tsv", "txt", "jsonl", "parquet", "xlsx"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_table_reads_back_as_it_was(ending: str, tmp_path: Path) -> None:
    path = tmp_path / "new" / f"rows.{ending}"
    write_table(FRAME, path)
    content = path.read_bytes()
    pd.testing.assert_frame_equal(
        read(content, detect(path.name, content)), FRAME, check_dtype=False, rtol=1e-12
    )


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_clock_leaves_no_trace(ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = table_bytes(FRAME, f"rows.{ending}")
    later = time.time() + 86_400
    monkeypatch.setattr(time, "time", lambda: later)
    assert table_bytes(FRAME, f"rows.{ending}") == before


def test_a_workbook_holds_only_the_fixed_date() -> None:
    with zipfile.ZipFile(io.BytesIO(table_bytes(FRAME, "rows.xlsx"))) as book:
        assert {entry.date_time for entry in book.infolist()} == {ZIP_DATE}
        properties = book.read("docProps/core.xml")
    assert properties.count(b"1980-01-01T00:00:00Z") == 2


def test_an_unknown_ending_is_refused() -> None:
    with pytest.raises(ValueError, match=r"rows\.doc"):
        table_bytes(FRAME, "rows.doc")


def test_arrays_read_back_and_carry_the_fixed_date(tmp_path: Path) -> None:
    path = tmp_path / "arrays.npz"
    write_arrays({"images": np.arange(12, dtype=np.uint8).reshape(3, 4)}, path)
    with np.load(path) as archive:
        assert archive["images"].tolist() == np.arange(12).reshape(3, 4).tolist()
    with zipfile.ZipFile(path) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {ZIP_DATE}


def test_an_image_reads_back(tmp_path: Path) -> None:
    from PIL import Image

    pixels = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    write_image(pixels, tmp_path / "photo.png")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "photo.png")), pixels)


def test_opaque_ids_are_distinct_and_of_one_length() -> None:
    ids = opaque_ids(5000, seed=0)
    assert len(set(ids)) == 5000
    assert len({len(str(number)) for number in ids}) == 1
    assert abs(np.corrcoef(ids, np.arange(5000))[0, 1]) < 0.06
