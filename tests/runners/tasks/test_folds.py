import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from taskfolders import KINDS, write_task

from actors.contracts import SplitRule
from actors.errors import InputError
from runners.tasks.folder import load_folder
from runners.tasks.folds import Fold, make_folds
from runners.tasks.labels import as_text
from runners.tasks.splitting import Cut, FoldRules, cut_rows
from runners.tasks.tables import detect, read
from runners.tasks.task import Task

RULES = FoldRules(small_folds=5, medium_folds=3)


def table(files: Mapping[str, bytes], name: str) -> pd.DataFrame:
    return read(files[name], detect(name, files[name]))


def folds_of(kind: str, tmp_path: Path, seed: int = 0) -> tuple[Task, list[Fold]]:
    task = load_folder(write_task(kind, tmp_path))
    return task, make_folds(task, seed, RULES)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fold_has_the_same_files_and_formats_without_the_labels(kind: str, tmp_path: Path) -> None:
    task, folds = folds_of(kind, tmp_path)
    assert folds
    for fold in folds:
        files = dict(fold.bundle.files)
        assert set(files) == set(task.files)
        for name in (task.names.train, task.names.test):
            assert detect(name, files[name]).kind == detect(name, task.files[name]).kind
        train, test, sample = (
            table(files, n) for n in (task.names.train, task.names.test, task.names.sample_submission)
        )
        public = table(task.files, task.names.test)
        assert list(test.columns) == list(public.columns)
        assert len(test) == len(public) + len(fold.answers)
        assert as_text(test[task.spec.id_column]).tolist() == as_text(sample[task.spec.id_column]).tolist()
        assert not set(task.spec.target) & set(test.columns)
        dropped = len(table(task.files, task.names.train)) - len(train) - len(fold.answers)
        assert dropped == 0 or task.spec.split.kind == "time"
        assert test[task.spec.id_column].is_unique
        assert test.dtypes.astype(str).tolist() == public.dtypes.astype(str).tolist()


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression", "other"])
def test_neither_order_nor_ids_say_which_rows_are_validation(kind: str, tmp_path: Path) -> None:
    task, folds = folds_of(kind, tmp_path)
    for fold in folds:
        ids = table(dict(fold.bundle.files), task.names.test)[task.spec.id_column]
        held = as_text(ids).isin(fold.answers[task.spec.id_column])
        order = pd.Series(np.arange(len(held)))
        number = as_text(ids).str.extract(r"(\d+)$")[0].astype(int)
        for hint in (order, number, number.diff().fillna(0)):
            correlation = np.corrcoef(hint.rank(), held)[0, 1]
            assert abs(correlation) < 4 / np.sqrt(len(held))


def test_new_ids_map_back_to_the_true_test_rows(tmp_path: Path) -> None:
    task, folds = folds_of("regression", tmp_path)
    public = table(task.files, task.names.test).set_index("id")
    for fold in folds:
        test = table(dict(fold.bundle.files), task.names.test).set_index("id")
        for new, old in fold.test_ids.items():
            assert test.loc[int(new), "income"] == public.loc[int(old), "income"]
        assert sorted(map(int, fold.test_ids.values())) == sorted(public.index)


def test_answers_belong_to_their_rows(tmp_path: Path) -> None:
    task, folds = folds_of("binary", tmp_path)
    train = table(task.files, task.names.train)
    for fold in folds:
        test = table(dict(fold.bundle.files), task.names.test).set_index("id")
        rows = test.loc[fold.answers["id"].astype(int), ["size", "income", "town"]].reset_index(drop=True)
        rows["churned"] = fold.answers["churned"].astype(int)
        found = rows.merge(train, on=["size", "income", "town"], suffixes=("", "_true"))
        assert len(found) == len(rows)
        assert (found["churned"] == found["churned_true"]).all()


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path: Path) -> None:
    task, folds = folds_of("multiclass", tmp_path)
    again = make_folds(task, 0, RULES)
    other = make_folds(task, 1, RULES)
    assert [f.bundle.digest for f in folds] == [f.bundle.digest for f in again]
    assert not {f.bundle.digest for f in folds} & {f.bundle.digest for f in other}


def test_five_small_folds_hold_every_row_out_once(tmp_path: Path) -> None:
    task, folds = folds_of("quantile", tmp_path)
    assert len(folds) == 5
    assert sum(len(f.answers) for f in folds) == len(table(task.files, task.names.train))


@pytest.mark.parametrize(("rows", "folds"), [(200, 5), (999, 5), (1_000, 3), (4_999, 3), (5_000, 1)])
def test_the_number_of_folds_follows_the_rows(rows: int, folds: int) -> None:
    assert RULES.folds(rows) == folds


@pytest.mark.parametrize(
    ("rows", "folds"),
    [(0, 5), (60, 5), (150, 5), (221, 4), (284, 3), (374, 3), (375, 2), (999, 2), (1_000, 1)],
)
def test_few_rows_get_more_folds_until_enough_are_held_out(rows: int, folds: int) -> None:
    assert FoldRules().folds(rows) == folds


# --- the split rules -----------------------------------------------------------------------------


def cuts(train: pd.DataFrame, test: pd.DataFrame, rule: SplitRule, folds: int = 5) -> list[Cut]:
    return cut_rows(train, test, ("y",), rule, folds=folds, parts=5, seed=0)


def test_groups_stay_together() -> None:
    train = pd.DataFrame({"y": range(100), "g": np.repeat(range(25), 4)})
    for cut in cuts(train, train.head(0), SplitRule("group", "g")):
        inside = set(train["g"].iloc[cut.held])
        assert not inside & set(train["g"].drop(cut.held))


def test_strata_keep_their_shares() -> None:
    train = pd.DataFrame({"y": ["rare"] * 10 + ["common"] * 90})
    for cut in cuts(train, train.head(0), SplitRule("stratified")):
        assert (train["y"].iloc[cut.held] == "rare").sum() == 2


def test_unlabelled_rows_are_never_held_out() -> None:
    train = pd.DataFrame({"y": [1.0, np.nan] * 50})
    held = np.concatenate([c.held for c in cuts(train, train.head(0), SplitRule("random"))])
    assert sorted(held) == list(range(0, 100, 2))


def test_time_folds_are_as_long_as_the_test_period_and_keep_its_gap() -> None:
    train = pd.DataFrame({"y": range(100), "t": pd.date_range("2020-01-01", periods=100).astype(str)})
    test = pd.DataFrame({"t": pd.date_range("2020-04-13", periods=10).astype(str)})  # 3 days are missing
    first, second = cuts(train, test, SplitRule("time", "t"), folds=2)
    assert first.held.tolist() == list(range(90, 100))
    assert first.dropped.tolist() == [87, 88, 89]
    assert second.held.tolist() == list(range(80, 90))
    assert second.dropped.tolist() == [77, 78, 79, *range(90, 100)]


def test_a_panel_is_cut_at_the_same_time_everywhere() -> None:
    train = pd.DataFrame({"y": range(60), "year": np.tile(range(2000, 2020), 3)})
    test = pd.DataFrame({"year": [2020, 2021] * 3})
    (cut,) = cuts(train, test, SplitRule("time", "year"), folds=1)
    assert sorted(set(train["year"].iloc[cut.held])) == [2018, 2019]
    assert len(cut.held) == 6


def test_blocks_are_as_long_as_the_runs_of_test_rows() -> None:
    place = np.arange(300)
    hidden = (place // 10) % 6 == 3
    train = pd.DataFrame({"y": place[~hidden], "t": place[~hidden]})
    test = pd.DataFrame({"t": place[hidden]})
    for cut in cuts(train, test, SplitRule("block", "t")):
        runs = np.split(cut.held, np.flatnonzero(np.diff(cut.held) > 1) + 1)
        assert min(map(len, runs)) >= 10
        assert len(cut.held) == pytest.approx(len(train) / 5, abs=10)


@pytest.mark.parametrize(
    "rule", [SplitRule("random"), SplitRule("group", "g"), SplitRule("time", "c"), SplitRule("block", "t")]
)
def test_too_few_rows_groups_or_times_are_said_to_be(rule: SplitRule) -> None:
    rows = 8 if rule.kind in ("random", "block") else 40
    train = pd.DataFrame({"y": range(rows), "g": [0, 1] * (rows // 2), "t": range(rows), "c": 1})
    with pytest.raises(ValueError, match=r"too few|fewer than"):
        cuts(train, train.head(0), rule)


# --- ids -----------------------------------------------------------------------------------------


def folder_with(tmp_path: Path, train: pd.DataFrame, test: pd.DataFrame, **extra: pd.DataFrame) -> Task:
    (tmp_path / "private").mkdir()
    (tmp_path / "task.yaml").write_text(
        "{id: t, problem: regression, metric: rmse, target: y, id_column: id, prediction: value}"
    )
    train.to_csv(tmp_path / "train.csv", index=False)
    test.to_csv(tmp_path / "test.csv", index=False)
    test[["id"]].assign(y=0.0).to_csv(tmp_path / "private" / "answers.csv", index=False)
    for name, frame in extra.items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    return load_folder(tmp_path)


def test_training_rows_without_ids_get_some_that_fit(tmp_path: Path) -> None:
    test = pd.DataFrame({"id": [f"row-{n:03d}" for n in range(30)], "x": 1.5})
    task = folder_with(tmp_path, pd.DataFrame({"x": range(60), "y": range(60)}), test)
    for fold in make_folds(task, 0, RULES):
        ids = table(dict(fold.bundle.files), "test.csv")["id"]
        assert ids.str.fullmatch(r"row-0[0-4]\d").all()
        assert ids.nunique() == 42


def test_ids_that_another_table_points_at_stay(tmp_path: Path) -> None:
    train = pd.DataFrame({"id": range(60), "x": range(60), "y": range(60)})
    test = pd.DataFrame({"id": range(60, 90), "x": 1.5})
    visits = pd.DataFrame({"id": np.repeat(range(90), 2), "cost": 1.0})
    task = folder_with(tmp_path, train, test, visits=visits)
    for fold in make_folds(task, 0, RULES):
        assert all(new == old for new, old in fold.test_ids.items())
        held = fold.answers.astype(int)
        assert (held["id"] == held["y"]).all()


def test_ids_with_a_meaning_stay(tmp_path: Path) -> None:
    places = [f"{country}_{year}" for country in ("AT", "BE", "CH") for year in range(2000, 2030)]
    train = pd.DataFrame({"id": places[:60], "y": range(60)})
    task = folder_with(tmp_path, train, pd.DataFrame({"id": places[60:]}))
    assert all(new == old for fold in make_folds(task, 0, RULES) for new, old in fold.test_ids.items())


def test_ids_of_training_and_test_may_overlap(tmp_path: Path) -> None:
    train = pd.DataFrame({"id": range(60), "x": range(60), "y": range(60)})
    task = folder_with(tmp_path, train, pd.DataFrame({"id": range(30), "x": -1}))
    for fold in make_folds(task, 0, RULES):
        test = table(dict(fold.bundle.files), "test.csv").set_index("id")
        held = fold.answers.astype(int).set_index("id")
        assert test.index.is_unique
        assert (test.loc[held.index, "x"] == held["y"]).all()


def test_an_id_that_encodes_the_label_is_worth_nothing_in_a_fold(tmp_path: Path) -> None:
    train = pd.DataFrame({"id": range(60), "x": 1, "y": range(60)})
    task = folder_with(tmp_path, train, pd.DataFrame({"id": range(60, 90), "x": 1}))
    for fold in make_folds(task, 0, RULES):
        held = fold.answers.astype(int)
        assert abs(np.corrcoef(held["id"], held["y"])[0, 1]) < 0.9


# --- fold.py -------------------------------------------------------------------------------------

FOLD = """
import io
import pandas as pd

def make_fold(public, seed):
    rows = pd.read_csv(io.BytesIO(public["rows.csv"]))
    sample = pd.read_csv(io.BytesIO(public["sample_submission.csv"]))
    held = rows[rows.y.notna()].sample(4, random_state=seed)
    shown = rows.assign(y=rows.y.mask(rows.id.isin(held.id)))
    more = pd.concat([sample, held[["id"]].assign(y=0)]).sort_values("id")
    files = {"rows.csv": shown, "sample_submission.csv": more}
    return {n: f.to_csv(index=False).encode() for n, f in files.items()}, held[["id", "y"]]
"""


def with_code(tmp_path: Path, code: str) -> Task:
    (tmp_path / "private").mkdir()
    (tmp_path / "task.yaml").write_text(
        "{id: t, problem: other, metric: rmse, target: y, id_column: id, files: {train: null, test: null}}"
    )
    rows = pd.DataFrame({"id": range(30), "y": np.arange(30.0)})
    rows["y"] = rows["y"].mask(rows["id"] % 3 == 0)
    rows.to_csv(tmp_path / "rows.csv", index=False)
    hidden = pd.DataFrame({"id": range(0, 30, 3), "y": range(0, 30, 3)})
    hidden.assign(y=0).to_csv(tmp_path / "sample_submission.csv", index=False)
    hidden.to_csv(tmp_path / "private" / "answers.csv", index=False)
    if code:
        (tmp_path / "fold.py").write_text(code)
    return load_folder(tmp_path)


def test_a_tasks_own_code_makes_its_folds(tmp_path: Path) -> None:
    folds = make_folds(with_code(tmp_path, FOLD), 0, RULES)
    assert [len(f.answers) for f in folds] == [4] * 5
    assert len({tuple(f.answers["id"]) for f in folds}) > 1
    assert all(len(f.sample) == 14 and len(f.test_ids) == 10 for f in folds)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("def make_fold(public, seed):\n    return public['nothing']\n", "make_fold failed: KeyError"),
        ("def make_folds(public, seed):\n    pass\n", "defines no function make_fold"),
        ("import nothing_of_this_name\n", "cannot be imported: ModuleNotFoundError"),
        (FOLD.replace("pd.concat([sample, held", "pd.concat([held"), "all true test rows"),
    ],
)
def test_faults_of_that_code_are_named(tmp_path: Path, code: str, message: str) -> None:
    task = with_code(tmp_path, code)
    with pytest.raises(InputError, match=message):
        make_folds(task, 0, RULES)


def test_without_tables_or_code_there_are_no_folds(tmp_path: Path) -> None:
    assert make_folds(with_code(tmp_path, ""), 0, RULES) == []


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%d-%b-%Y", "zones"])
def test_the_last_days_are_held_out_however_dates_are_spelled(form: str) -> None:
    days = pd.date_range("2020-01-01", periods=40, freq="D")
    zones = [f"{d:%Y-%m-%d}T12:00:00+0{1 + d.day % 2}:00" for d in days]
    frame = pd.DataFrame({"when": zones if form == "zones" else days.strftime(form), "y": np.arange(40.0)})
    train, test = frame[:35].reset_index(drop=True), frame[35:]
    [cut] = cut_rows(train, test, ("y",), SplitRule("time", "when"), folds=1, parts=5, seed=0)
    assert cut.held.tolist() == list(range(30, 35))


def array_bytes(values: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values)
    return buffer.getvalue()


def test_ids_that_name_files_stay(tmp_path: Path) -> None:
    folder = write_task("binary", tmp_path)
    before = pd.read_csv(folder / "train.csv").set_index("id")
    for number in before.index:
        (folder / f"{number:05d}.png").write_bytes(b"")
    task = load_folder(folder)
    for fold in make_folds(task, 0, RULES):
        train = table(dict(fold.bundle.files), task.names.train).set_index("id")
        assert train["income"].equals(before["income"].loc[train.index])


def test_rows_that_arrays_hold_by_position_do_not_move(tmp_path: Path) -> None:
    folder = write_task("binary", tmp_path)
    rows = len(pd.read_csv(folder / "train.csv"))
    (folder / "X_train.npy").write_bytes(array_bytes(np.zeros((rows, 4, 4))))
    assert make_folds(load_folder(folder), 0, RULES) == []


def test_rows_marked_as_unlabelled_are_never_held_out(tmp_path: Path) -> None:
    folder = write_task("binary", tmp_path)
    train = pd.read_csv(folder / "train.csv")
    train.loc[80:, "churned"] = -1
    train.to_csv(folder / "train.csv", index=False)
    (folder / "description.md").write_text("Semi-supervised: most rows carry no label.")
    task = load_folder(folder)
    assert task.classes == ("0", "1")
    folds = make_folds(task, 0, RULES)
    assert sum(len(fold.answers) for fold in folds) == 80
    for fold in folds:
        assert set(fold.answers["churned"]) == {"0", "1"}
        kept = table(dict(fold.bundle.files), task.names.train)
        assert (kept["churned"] == -1).sum() == len(train) - 80


def test_training_of_one_class_makes_no_folds(tmp_path: Path) -> None:
    folder = write_task("binary", tmp_path)
    pd.read_csv(folder / "train.csv").assign(churned=0).to_csv(folder / "train.csv", index=False)
    task = load_folder(folder)
    assert task.classes == ("0", "1")
    assert make_folds(task, 0, RULES) == []


@pytest.mark.parametrize(("column", "moves"), [(None, False), ("bare", False), ("path", True)])
def test_rows_move_only_where_no_other_row_has_their_file(
    column: str | None, moves: bool, tmp_path: Path
) -> None:
    folder = write_task("binary", tmp_path)
    for side in ("train", "test"):
        frame = pd.read_csv(folder / f"{side}.csv")
        frame["id"] = np.arange(len(frame))
        names = [f"{n:04d}.png" for n in frame["id"]]
        (folder / side).mkdir()
        for name in names:
            (folder / side / name).write_bytes(b"")
        if column is not None:
            frame["file"] = names if column == "bare" else [f"{side}/{name}" for name in names]
        frame.to_csv(folder / f"{side}.csv", index=False)
        if side == "test":
            for path in (folder / "sample_submission.csv", folder / "private" / "answers.csv"):
                pd.read_csv(path).assign(id=frame["id"]).to_csv(path, index=False)
    assert bool(make_folds(load_folder(folder), 0, RULES)) == moves
