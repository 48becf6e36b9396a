"""The built-in tasks whose rows are lines of a table."""

import hashlib
import importlib.util
import io
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

import runners.tasks.builtin
from runners.tasks.spec import TaskSpec, read_spec
from runners.tasks.tables import detect, read

pytestmark = pytest.mark.slow

BUILTIN = Path(runners.tasks.builtin.__file__).parent
TRAIN_ONLY = {
    "rand-high-cost": "outpdol drugdol suppdol mentdol inpdol mdvis notmdvis mentvis totadm",
    "rand-next-year": "suppdol mentdol inpdol notmdvis mentvis totadm",
}
ROWS = {
    "fair-affairs": (4456, 1910),
    "rand-mdvisits": (14128, 6062),
    "rand-high-cost": (16952, 3238),
    "rand-next-year": (17492, 2698),
    "rand-health-index": (2626, 1800),
    "anes-party-id": (472, 472),
    "wdbc-diagnosis": (284, 285),
    "diabetes-progression": (221, 221),
    "star98-scores": (151, 152),
    "engel-quantiles": (117, 118),
}
LAST_YEARS = tuple(TRAIN_ONLY)
SIDE_FILES = {"rand-health-index": {"histories.csv", "data_dictionary.csv"}}
DERIVED = {"xghindx", "hlthg", "hlthf", "hlthp", "lfam", "lpi", "idp", "logc", "fmde", "linc", "lnum"}
LEAKS = {"lnmeddol", "binexp", "meddol", "affairs", "reldist", "READNCE", "MATHNCE", "LANGNCE"}


def load(task: str, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"{name}_of_{task}", BUILTIN / task / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def table(path: Path) -> pd.DataFrame:
    content = path.read_bytes()
    return read(content, detect(path.name, content))


class Prepared:
    """A prepared task, its tables read once."""

    def __init__(self, task: str, folder: Path) -> None:
        self.id = task
        self.folder = folder
        load(task, "prepare").prepare(folder / "public", folder / "private")
        self.spec: TaskSpec = read_spec(BUILTIN / task / "task.yaml")
        public = {part: folder / "public" / str(name) for part, name in self.spec.files.items()}
        self.train = table(public["train"])
        self.test = table(public["test"])
        self.sample = table(public["sample_submission"])
        self.answers = table(folder / "private" / "answers.csv")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Prepared]:
    made: dict[str, Prepared] = {}

    def get(task: str) -> Prepared:
        if task not in made:
            made[task] = Prepared(task, tmp_path_factory.mktemp(task))
        return made[task]

    return get


@pytest.fixture(params=ROWS)
def task(request: pytest.FixtureRequest, prepared: Callable[[str], Prepared]) -> Prepared:
    return prepared(request.param)


def test_a_second_preparation_gives_the_same_bytes(task: Prepared, tmp_path: Path) -> None:
    load(task.id, "prepare").prepare(tmp_path / "public", tmp_path / "private")
    assert digests(tmp_path) == digests(task.folder)


def test_public_and_private_files_are_apart(task: Prepared) -> None:
    assert set(digests(task.folder / "private")) == {"answers.csv"}
    named = {str(name) for name in task.spec.files.values()}
    assert set(digests(task.folder / "public")) == named | SIDE_FILES.get(task.id, set())


def test_the_rows_are_those_of_the_thresholds(task: Prepared) -> None:
    assert (len(task.train), len(task.test)) == ROWS[task.id]


def test_the_test_rows_lack_the_targets_and_what_gives_them_away(task: Prepared) -> None:
    lacking = [*task.spec.target, *TRAIN_ONLY.get(task.id, "").split()]
    assert list(task.test) == [column for column in task.train if column not in lacking]
    assert set(lacking) <= set(task.train)
    assert not (DERIVED | LEAKS) & set(task.train)


def test_the_ids_of_test_sample_and_answers_agree(task: Prepared) -> None:
    assert list(task.test["id"]) == list(task.sample["id"]) == list(task.answers["id"])
    ids = pd.concat([task.train["id"], task.test["id"]])
    assert ids.is_unique
    assert ids.astype(str).str.len().nunique() == 1


def test_the_sample_submission_predicts_what_the_task_asks_for(task: Prepared) -> None:
    assert list(task.answers) == ["id", *task.spec.target]
    levels = [f"q{level}" for level in task.spec.levels]
    assert list(task.sample) == ["id", *(levels or task.spec.target)]
    assert not task.sample.isna().any(axis=None)
    assert not task.answers.isna().any(axis=None)


def test_ids_and_the_order_of_rows_say_nothing(task: Prepared) -> None:
    for rows in (task.train, task.test.merge(task.answers, on="id")):
        assert rows["id"].is_monotonic_increasing
        for target in task.spec.target:
            assert abs(rows["id"].corr(rows[target], method="spearman")) < 4 / len(rows) ** 0.5
    bounds = (task.train["id"].min() - task.test["id"].min()) / task.train["id"].max()
    assert abs(bounds) < 0.1


def test_the_description_names_every_column_and_file(task: Prepared) -> None:
    text = (BUILTIN / task.id / "description.md").read_text(encoding="utf-8")
    undescribed = [column for column in task.train if f"`{column}`" not in text]
    assert not undescribed
    for name in digests(task.folder / "public"):
        assert f"`{name}`" in text
    for count in ROWS[task.id]:
        assert f"{count:,}" in text
    assert f"{task.spec.threshold}" not in text


def test_the_specification_says_where_threshold_and_rows_come_from(task: Prepared) -> None:
    assert task.spec.id == task.id
    assert task.spec.threshold is not None
    assert task.spec.threshold_source
    assert task.spec.licence
    assert task.spec.source


def test_no_person_is_in_both_tables_of_visits(prepared: Callable[[str], Prepared]) -> None:
    task = prepared("rand-mdvisits")
    assert not set(task.train["person"]) & set(task.test["person"])
    assert set(task.train["family"]) & set(task.test["family"])


def test_histories_hold_later_years_of_all_persons_but_no_index(
    prepared: Callable[[str], Prepared],
) -> None:
    task = prepared("rand-health-index")
    histories = table(task.folder / "public" / "histories.csv")
    assert "ghindx" not in histories
    assert not histories.duplicated(["person", "year"]).any()
    for rows in (task.train, task.test):
        assert rows["person"].isin(histories["person"]).mean() > 0.9
    dictionary = table(task.folder / "public" / "data_dictionary.csv")
    assert set(dictionary["column"]) == set(task.train) | set(histories)


@pytest.mark.parametrize("name", LAST_YEARS)
def test_the_test_years_are_the_last_of_persons_with_a_past(
    name: str, prepared: Callable[[str], Prepared]
) -> None:
    task = prepared(name)
    past = task.train.groupby("person")["year"].agg(["max", "count"]).reindex(task.test["person"])
    assert (past["count"] >= 2).all()
    assert (past["max"].to_numpy() < task.test["year"].to_numpy()).all()


def make_fold(task: Prepared, seed: int) -> tuple[dict[str, bytes], pd.DataFrame]:
    public = {path.name: path.read_bytes() for path in (task.folder / "public").iterdir()}
    files, answers = load(task.id, "fold").make_fold(public, seed)
    assert set(files) == set(public)
    return files, answers


class Folded:
    """The first fold of a last-years task, its tables read."""

    def __init__(self, task: Prepared) -> None:
        self.task = task
        self.files, self.answers = make_fold(task, seed=0)
        self.train, self.test, self.sample = (
            read(self.files[str(name)], detect(str(name), self.files[str(name)]))
            for name in (task.spec.files[part] for part in ("train", "test", "sample_submission"))
        )
        self.moved = self.test[~self.test["id"].isin(task.test["id"])]


@pytest.fixture(scope="module", params=LAST_YEARS)
def fold(request: pytest.FixtureRequest, prepared: Callable[[str], Prepared]) -> Folded:
    return Folded(prepared(request.param))


def test_a_fold_keeps_the_true_test_rows_among_the_moved_ones(fold: Folded) -> None:
    true = fold.test["id"].isin(fold.task.test["id"])
    pd.testing.assert_frame_equal(fold.test[true].reset_index(drop=True), fold.task.test)
    assert list(fold.test["id"]) == list(fold.sample["id"])
    assert fold.test["id"].is_monotonic_increasing
    assert fold.test["person"].is_unique


def test_a_fold_gives_moved_rows_new_ids_and_keeps_their_answers(fold: Folded) -> None:
    assert len(fold.moved) > 1000
    assert set(fold.moved["id"]) == set(fold.answers["id"])
    assert not set(fold.moved["id"]) & set(fold.task.train["id"])
    labels = fold.moved.merge(fold.answers, on="id")
    known = labels[["person", "year"]].merge(fold.task.train, on=["person", "year"])
    for target in fold.task.spec.target:
        assert labels[target].to_list() == pytest.approx(known[target].to_list())


def test_a_fold_leaves_the_past_of_moved_rows_and_nothing_later(fold: Folded) -> None:
    past = fold.train.groupby("person")["year"].agg(["max", "count"]).reindex(fold.moved["person"])
    assert (past["count"] >= 2).all()
    assert (past["max"].to_numpy() < fold.moved["year"].to_numpy()).all()
    assert len(fold.train) + len(fold.moved) == len(fold.task.train)


def test_the_seed_decides_the_fold(fold: Folded) -> None:
    files, answers = make_fold(fold.task, seed=0)
    assert files == fold.files
    assert answers.equals(fold.answers)
    other, labels = make_fold(fold.task, seed=1)
    assert abs(len(labels) - len(answers)) <= 1
    name = str(fold.task.spec.files["test"])
    persons = set(read(other[name], detect(name, other[name]))["person"])
    assert persons & set(fold.test["person"]) == set(fold.task.test["person"])


def test_the_padded_texts_are_padded_in_the_file(prepared: Callable[[str], Prepared]) -> None:
    content = (prepared("star98-scores").folder / "public" / "train.tsv").read_bytes()
    raw = pd.read_csv(io.BytesIO(content), sep="\t")
    assert raw["COUNTY"].str.len().nunique() == 1
    assert (raw["COUNTY"] != raw["COUNTY"].str.strip()).any()
