"""The built-in tasks of arrays, images and series: same bytes each time, no label in any fold."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from runners.tasks import builtin
from runners.tasks.builtin.folding import contents, dealt, fresh_ids, unpacked
from runners.tasks.folds import load_code
from runners.tasks.spec import TaskSpec, read_spec

pytestmark = pytest.mark.slow

ROOT = Path(builtin.__file__).parent
TABLES = ("co2-weekly-3y", "elnino-remote")
FOLDED = (
    "digits-writer-shift",
    "digits-few-labels",
    "digits-novelty",
    "fertility-panel",
    "sunspots-gapfill",
    "photo-inpaint",
    "photo-denoise",
)
SEEDED = tuple(task for task in FOLDED if task not in ("fertility-panel", "digits-few-labels"))
DOCSTRINGS = "docstring-routing"
DOCUMENTED = ("scipy", "scikit-learn", "statsmodels", "pandas")
Files = dict[str, bytes]


@dataclass(frozen=True)
class Prepared:
    spec: TaskSpec
    public: Files
    private: Files

    @property
    def sample(self) -> pd.DataFrame:
        return table(self.public)

    @property
    def answers(self) -> pd.DataFrame:
        return pd.read_csv(io.BytesIO(self.private["answers.csv"]))


def table(files: Files, name: str = "sample_submission.csv", **options: object) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(files[name]), **options)


def arrays(files: Files, name: str) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(files[name])) as archive:
        return {key: archive[key] for key in archive.files}


def image(files: Files, name: str) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(files[name])))


def prepare(task: str, folder: Path) -> Prepared:
    module = load_code(ROOT / task / "prepare.py", "prepare")
    module.prepare(folder / "public", folder / "private")
    return Prepared(
        read_spec(ROOT / task / "task.yaml"), contents(folder / "public"), contents(folder / "private")
    )


def fold(task: str, public: Files, seed: int) -> tuple[Files, pd.DataFrame]:
    files, answers = load_code(ROOT / task / "fold.py", "make_fold").make_fold(public, seed)
    return files, answers


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Prepared]:
    made: dict[str, Prepared] = {}

    def get(task: str) -> Prepared:
        if task not in made:
            made[task] = prepare(task, tmp_path_factory.mktemp(task))
        return made[task]

    return get


@pytest.mark.parametrize("task", [*TABLES, *FOLDED])
def test_prepare_gives_the_same_bytes_twice(task, prepared, tmp_path):
    first, second = prepared(task), prepare(task, tmp_path)
    assert first.public == second.public
    assert first.private == second.private


@pytest.mark.parametrize("task", [*TABLES, *FOLDED])
def test_answers_fit_the_sample_submission(task, prepared):
    made = prepared(task)
    check_answers(made)
    assert list(made.private) == ["answers.csv"]
    assert (ROOT / task / "description.md").read_text().startswith("# ")


def check_answers(made: Prepared) -> None:
    spec, sample, answers = made.spec, made.sample, made.answers
    assert list(sample.columns) == list(answers.columns) == [spec.id_column, *spec.target]
    assert sample[spec.id_column].is_unique
    assert sorted(sample[spec.id_column]) == sorted(answers[spec.id_column])
    assert answers.notna().all(axis=None)
    assert all(name in made.public for name in spec.files.values() if name is not None)
    assert spec.threshold is not None
    assert spec.threshold_source
    assert spec.licence
    assert spec.source


@pytest.mark.parametrize("task", TABLES)
def test_test_table_lies_after_training_and_has_no_target(task, prepared):
    made = prepared(task)
    tables = []
    for part in ("train", "test"):
        name = made.spec.files[part]
        data = io.BytesIO(made.public[name])
        tables.append(pd.read_parquet(data) if name.endswith("parquet") else pd.read_csv(data, sep=r"\s+"))
    train, test = tables
    assert train.date.max() < test.date.min()
    assert set(train.columns) - set(test.columns) == set(made.spec.target)
    assert not set(train.id) & set(test.id)


@pytest.mark.parametrize("task", FOLDED)
def test_fold_holds_validation_and_test_rows(task, prepared):
    made = prepared(task)
    files, answers = fold(task, made.public, seed=3)
    key = made.spec.id_column
    sample = table(files)
    assert list(sample.columns) == list(answers.columns) == list(made.sample.columns)
    assert sample[key].is_unique
    assert sorted(sample[key]) == sorted([*made.sample[key], *answers[key]])
    assert answers.notna().all(axis=None)
    if "test.csv" in files:
        assert list(table(files, "test.csv")[key]) == list(sample[key])


@pytest.mark.parametrize("task", FOLDED)
def test_fold_follows_its_seed_alone(task, prepared):
    public = prepared(task).public
    files, answers = fold(task, public, seed=5)
    again, same = fold(task, public, seed=5)
    assert files == again
    pd.testing.assert_frame_equal(answers, same)
    other, _ = fold(task, public, seed=6)
    assert files != other
    assert public == prepared(task).public


@pytest.mark.parametrize("task", SEEDED)
def test_successive_seeds_ask_for_other_rows(task, prepared):
    public = prepared(task).public
    truths = [fold(task, public, seed)[1].drop(columns="id").to_numpy().tolist() for seed in range(3)]
    assert truths[0] != truths[1] != truths[2]


@pytest.mark.parametrize(
    "task", ["digits-writer-shift", "digits-few-labels", "digits-novelty", "photo-denoise"]
)
def test_ids_do_not_tell_validation_rows(task, prepared):
    made = prepared(task)
    _, answers = fold(task, made.public, seed=1)
    digits = {len(str(i)) for i in [*made.sample.id, *answers.id]}
    assert len(digits) <= (2 if task == "photo-denoise" else 1)
    if task != "photo-denoise":  # a whole tile has neighbouring ids, as every tile
        assert answers.id.min() < made.sample.id.median() < answers.id.max()


@pytest.mark.parametrize("task", ["digits-writer-shift", "digits-novelty"])
def test_digit_images_move_without_labels(task, prepared):
    made = prepared(task)
    files, answers = fold(task, made.public, seed=2)
    before, after = arrays(made.public, "digits.npz"), arrays(files, "digits.npz")
    assert set(after) == {"X_train", "y_train", "X_test", "id_test"}
    assert list(table(files).id) == list(after["id_test"])
    assert len(after["X_train"]) == len(after["y_train"]) == len(before["X_train"]) - len(answers)
    moved = after["X_test"][pd.Index(after["id_test"]).get_indexer(answers.id)]
    rest = np.concatenate([after["X_train"], moved])
    assert sorted(x.tobytes() for x in rest) == sorted(x.tobytes() for x in before["X_train"])
    label = {x.tobytes(): y for x, y in zip(before["X_train"], before["y_train"], strict=True)}
    truth = np.array([label[x.tobytes()] for x in moved])
    known = np.array([label[x.tobytes()] for x in after["X_train"]])
    assert (after["y_train"] == known).all()
    if task == "digits-novelty":
        assert (answers.novel == ~np.isin(truth, after["y_train"])).all()
        assert set(answers.novel) == {0, 1}
    else:
        assert (answers.label == truth).all()


def test_few_labels_loses_one_label_a_class(prepared):
    made = prepared("digits-few-labels")
    files, answers = fold("digits-few-labels", made.public, seed=2)
    before, after = arrays(made.public, "images.npz"), arrays(files, "images.npz")
    labels, all_labels = table(files, "labels.csv"), table(made.public, "labels.csv").set_index("id").label
    assert sorted(answers.label) == list(range(10))
    assert list(labels.id) == list(after["id_train"])
    assert (labels.label == all_labels.reindex(labels.id).to_numpy()).all()
    moved = after["X_test"][pd.Index(after["id_test"]).get_indexer(answers.id)]
    gone = ~np.isin(before["id_train"], labels.id)
    truth = {x.tobytes(): all_labels[i] for x, i in zip(before["X_train"], before["id_train"], strict=True)}
    assert gone.sum() == len(moved)
    assert {x.tobytes() for x in moved} == {x.tobytes() for x in before["X_train"][gone]}
    assert [truth[x.tobytes()] for x in moved] == list(answers.label)
    assert (after["X_unlabelled"] == before["X_unlabelled"]).all()
    left = [set(table(fold("digits-few-labels", made.public, seed)[0], "labels.csv").id) for seed in range(6)]
    gone_ids = [set(all_labels.index) - ids for ids in left]
    assert sum(map(len, gone_ids)) == len(set.union(*gone_ids)) == len(all_labels)


def test_fertility_fold_blanks_what_it_asks_for(prepared):
    made = prepared("fertility-panel")
    files, answers = fold("fertility-panel", made.public, seed=2)
    asked = table(files, "test.csv").merge(answers, on="id")
    assert asked.year.between(1992, 2001).all()
    before = table(made.public, "history.csv").set_index("country_code")
    after = table(files, "history.csv").set_index("country_code")
    for row in asked.itertuples():
        assert np.isnan(after.at[row.country_code, str(row.year)])
        assert before.at[row.country_code, str(row.year)] == row.rate
    assert (after.drop(columns="country").notna().sum(axis=1) >= 2).all()


def test_sunspot_gaps_lie_apart_from_the_others(prepared):
    made = prepared("sunspots-gapfill")
    files, answers = fold("sunspots-gapfill", made.public, seed=2)
    before = table(made.public, "sunspots.txt", sep=" ").set_index("year")
    after = table(files, "sunspots.txt", sep=" ").set_index("year")
    months = list(before.columns)
    for row in answers.itertuples():
        year, month = row.id.split("-")
        assert np.isnan(after.at[int(year), months[int(month) - 1]])
        assert before.at[int(year), months[int(month) - 1]] == row.ssn
    assert after.isna().sum(axis=None) == before.isna().sum(axis=None) + len(answers)
    hidden = after.isna().to_numpy().ravel()
    edges = np.flatnonzero(np.diff(hidden.astype(int)))
    lengths = np.diff(edges)[::2]
    assert (lengths == 12).all()


def test_inpainting_fold_hides_more_pixels(prepared):
    made = prepared("photo-inpaint")
    files, answers = fold("photo-inpaint", made.public, seed=2)
    row, col = answers.id.to_numpy() // 128, answers.id.to_numpy() % 128
    assert (image(made.public, "mask.png")[row, col] == 255).all()
    assert (image(files, "mask.png")[row, col] == 0).all()
    assert (image(files, "photo.png")[row, col] == 0).all()
    assert (image(made.public, "photo.png")[row, col] == answers[["r", "g", "b"]]).all(axis=None)
    assert (image(files, "mask.png") == 0).sum() == len(table(files))


def test_denoising_fold_moves_a_tile_without_its_clean_version(prepared):
    made = prepared("photo-denoise")
    files, answers = fold("photo-denoise", made.public, seed=2)
    gone = set(made.public) - set(files)
    (new,) = set(files) - set(made.public)
    (clean,) = [name for name in gone if "clean" in name]
    assert gone == {clean, clean.replace("clean", "noisy")}
    assert files[new] == made.public[clean.replace("clean", "noisy")]
    assert new.startswith("test/noisy_")
    assert made.public[clean] not in files.values()
    pixels = table(files, "test.csv").merge(answers, on="id")
    assert set(pixels.tile) == {int(new.removeprefix("test/noisy_").removesuffix(".png"))}
    assert (image(made.public, clean)[pixels.row, pixels.col] == pixels.value).all()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_docstrings_give_the_same_bytes_twice_and_the_stated_digest(tmp_path):
    first = prepare(DOCSTRINGS, tmp_path / "a")
    second = prepare(DOCSTRINGS, tmp_path / "b")
    assert first == second
    check_answers(first)
    digest = hashlib.sha256(first.private["answers.csv"]).hexdigest()
    measured = [f"{name} {version(name)}" in first.spec.source for name in DOCUMENTED]
    assert (digest == first.spec.rows_digest) == all(measured)
    rows = pd.read_json(io.BytesIO(first.public["train.jsonl"]), lines=True)
    assert set(first.answers.label) == set(rows.label)
    assert not rows.text.str.contains("scipy|sklearn|scikit-learn|statsmodels|pandas", case=False).any()


def test_dealt_parts_of_successive_seeds_are_disjoint_and_cover_all():
    parts = [dealt(range(23), 4, seed) for seed in range(8, 12)]
    assert sorted(np.concatenate(parts)) == list(range(23))
    assert sorted(dealt(range(23), 4, 12)) != sorted(parts[0])


def test_fresh_ids_are_new_and_as_long_as_the_old():
    taken = np.arange(1000, 9000)
    new = fresh_ids(taken, 1000, np.random.default_rng(0))
    assert sorted(new) == list(range(9000, 10000))


def test_unpacked_files_come_back_unchanged():
    files = {"a.csv": b"1", "deep/er/b.bin": b"\x00"}
    with unpacked(files) as folder:
        assert contents(folder) == files
    assert not folder.exists()
