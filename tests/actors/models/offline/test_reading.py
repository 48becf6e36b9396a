"""Tables as people save them, read into the numbers that they hold."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from actors.models.offline.catalogue.reading import read_table

TEXTS = {
    "plain": b"id,size,town\n1,1.5,Bonn\n2,,Ulm\n",
    "semicolons and decimal commas": b"id;size;town\n1;1,5;Bonn\n2;;Ulm\n",
    "Windows": "id,size,town\n1,1.5,K\u00f6ln\n2,,Ulm\n".encode("cp1252"),
    "a mark of the byte order": "\ufeffid,size,town\n1,1.5,Bonn\n2,,Ulm\n".encode(),
    "remarks": b"# sizes of towns\n# 2024\nid,size,town\n1,1.5,Bonn\n2,,Ulm\n",
    "stars for gaps": b"id\tsize\ttown\n1\t1.5\tBonn\n2\t*\tUlm\n",
    "dashes for gaps": b"id|size|town\n1|1.5|Bonn\n2|-|Ulm\n",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("packed", [False, True])
def test_a_table_is_read_whatever_wrote_it(
    text: bytes, packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "input").mkdir()
    name = "towns.csv.gz" if packed else "towns.csv"
    (tmp_path / "input" / name).write_bytes(gzip.compress(text) if packed else text)
    table = read_table(name)
    assert list(table.columns) == ["id", "size", "town"]
    assert table["size"].iloc[0] == 1.5
    assert table["size"].isna().tolist() == [False, True]
    assert table["town"].iloc[1] == "Ulm"
    assert table["town"].iloc[0] in ("Bonn", "K\u00f6ln")


def test_a_dash_among_words_is_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "a.csv").write_text("id,kind\n1,-\n2,x\n")
    assert read_table("a.csv")["kind"].tolist() == ["-", "x"]
