"""The brief as prompts carry it: what comes back from it, and what it leaves out."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import replace

import pytest
import yaml
from doubles import BRIEF

from actors.briefing import MAX_COLUMNS, MAX_FILES, read_brief, render_brief
from actors.contracts import ColumnFacts, FileFacts, Limits, SplitRule, TaskBrief

LIMITS = Limits(wall_seconds=90.5, memory_bytes=3 << 30, cpus=2)
NUMBER = ColumnFacts("size: (m), no. 1", "real", 3, 40, ("0.5", "1e-07"), -1e-07, 12.5, 3.25, -0.5)
TEXT = ColumnFacts("yes", "text", 0, 12, ("null", "2020-01-01", "- a: b", "größer ≥ 再"), mean_length=7.25)
ARRAY = ColumnFacts("", "array", shape=(5, 8, 8), examples=("0",))
RICH = TaskBrief(
    id="rich-task",
    description="# Rich\n\n```\n- a: b\n```\n\nÉtudes: 'one' and \"two\"  \n\ttabbed, 再試行\n",
    problem="quantile",
    metric="pinball",
    direction="minimize",
    target=("low", "no"),
    id_column="1",
    prediction="value",
    split=SplitRule("group", "street: name"),
    files=(
        FileFacts(
            "train.csv", "csv", 123, 7, (NUMBER, TEXT), "1,low\n0001,2.50\n", "pd.read_csv(...)", "gzip"
        ),
        FileFacts("images/a.npz", "npz", 9, columns=(ARRAY,)),
        FileFacts("test.csv", "csv", 12, 0),
        FileFacts("sample.csv", "csv", 1),
    ),
    train="train.csv",
    test="test.csv",
    sample_submission="sample.csv",
    levels=(0.1, 0.5, 0.975),
    classes=("yes", "1.0", "007", ""),
    validation="printed",
)


def rendered(brief: TaskBrief) -> str:
    return render_brief(brief, LIMITS, {"numpy": "2.10", "pandas": "3"})


def test_a_brief_of_all_fields_comes_back_as_it_was() -> None:
    unset = [f.name for f in dataclasses.fields(RICH) if not getattr(RICH, f.name)]
    assert unset == []
    brief, limits, libraries = read_brief(rendered(RICH))
    assert brief == RICH
    assert limits == LIMITS
    assert libraries == {"numpy": "2.10", "pandas": "3"}


def test_a_brief_of_few_fields_comes_back_as_it_was() -> None:
    bare = replace(BRIEF, description="", train="", test="", sample_submission="")
    assert read_brief(render_brief(bare, LIMITS, {})) == (bare, LIMITS, {})


def wide(*extra: ColumnFacts) -> TaskBrief:
    full = tuple(replace(NUMBER, name=f"c{n}") for n in range(MAX_COLUMNS))
    return replace(RICH, files=(FileFacts("train.csv", "csv", 1, columns=(*full, *extra)), *RICH.files[2:]))


def test_columns_past_the_sixtieth_come_back_with_name_type_and_gaps() -> None:
    names = ("plain", "size (m)", "x (real, 3 missing)", "a: b, c", "two\nlines")
    extra = [replace(NUMBER, name=name, dtype="category", missing=n) for n, name in enumerate(names)]
    text = rendered(wide(*extra))
    columns = read_brief(text)[0].files[0].columns
    assert len(columns) == 65
    assert columns[:MAX_COLUMNS] == wide().files[0].columns
    assert columns[MAX_COLUMNS:] == tuple(
        ColumnFacts(name, "category", missing=n) for n, name in enumerate(names)
    )
    facts = yaml.safe_load(text)["files"][0]
    assert facts["more_columns_note"] == (
        "beyond 60 columns: name (type, missing rows), no examples or ranges"
    )
    assert facts["more_columns"][:2] == ["plain (category)", "size (m) (category, 1 missing)"]


def test_a_file_of_sixty_columns_has_no_note() -> None:
    assert "more_columns" not in rendered(wide())


def test_files_past_the_hundredth_are_counted_and_the_tables_always_shown() -> None:
    loose = [FileFacts(f"a/{n:03d}.png", "png", 5) for n in range(79)]
    loose += [FileFacts(f"b/{n:03d}.txt", "text", 5) for n in range(60)]
    loose += [FileFacts(f"b/{n:03d}.png", "png", 5) for n in range(7)]
    labels = FileFacts("z.csv", "csv", 9, rows=2, columns=(ColumnFacts("label", "text"),))
    tables = (*RICH.files[:1], *RICH.files[2:], labels)
    brief = replace(RICH, files=(*loose, *tables))  # the tables stand last
    text = rendered(brief)
    read = read_brief(text)[0]
    assert len(brief.files) == 150
    assert read.files == (*loose[: MAX_FILES - 4], *tables)
    assert read == replace(brief, files=read.files)
    assert yaml.safe_load(text)["more_files"] == [
        {"folder": "b", "format": "text", "files": 43, "first": "017.txt"},
        {"folder": "b", "format": "png", "files": 7, "first": "000.png"},
    ]


def test_a_hundred_files_are_all_shown() -> None:
    brief = replace(RICH, files=tuple(FileFacts(f"{n}.txt", "text", 1) for n in range(MAX_FILES)))
    assert "more_files" not in rendered(brief)
    assert read_brief(rendered(brief))[0] == brief


@pytest.mark.parametrize("kind", [TaskBrief, FileFacts, ColumnFacts, SplitRule])
def test_no_field_of_a_brief_could_carry_answers_or_a_threshold(kind: type) -> None:
    names = {field.name for field in dataclasses.fields(kind)}
    assert names
    secret = re.compile("answer|threshold|success|private|label|truth|grade|dummy|holdout|solution|score")
    assert not [name for name in names if secret.search(name)]


def test_a_brief_has_exactly_these_fields() -> None:
    """A new one has to be looked at: every field of a brief stands in every prompt."""
    fields = [field.name for field in dataclasses.fields(TaskBrief)]
    assert fields == [
        *("id", "description", "problem", "metric", "direction", "target", "id_column", "prediction"),
        *("split", "files", "train", "test", "sample_submission", "levels", "classes", "validation"),
    ]
