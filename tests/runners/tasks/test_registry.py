import stat
import threading
from pathlib import Path

import pytest
import yaml
from taskfolders import write_task

from actors.errors import InputError
from runners.tasks import registry
from runners.tasks.cache import prepared, source_digest
from runners.tasks.registry import TaskSource, builtin_ids, builtin_tasks, folder_tasks, select_tasks

PREPARE = """
from pathlib import Path

def prepare(public: Path, private: Path) -> None:
    (private.parent.parent / "runs.txt").open("a").write("x")
    (public / "train.csv").write_text("id,x,y\\n" + "".join(f"{n},{n},{n}\\n" for n in range(40)))
    (public / "test.csv").write_text("id,x\\n40,1\\n41,2\\n")
    (public / "sample_submission.csv").write_text("id,y\\n40,0\\n41,0\\n")
    (private / "answers.csv").write_text("id,y\\n40,1\\n41,2\\n")
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built-in task of the test's own, and a cache of its own."""
    monkeypatch.setenv("FIVESTAR_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "builtin" / "line"
    folder.mkdir(parents=True)
    spec = {"id": "line", "problem": "regression", "metric": "rmse", "target": "y", "id_column": "id"}
    (folder / "task.yaml").write_text(yaml.safe_dump({**spec, "tags": ["quick"]}))
    (folder / "prepare.py").write_text(PREPARE)
    monkeypatch.setattr(registry, "BUILTIN", tmp_path / "builtin")
    return folder


def times_prepared(own: Path) -> int:
    return len((own.parent.parent / "cache" / "tasks" / "runs.txt").read_text())


def test_a_built_in_task_is_prepared_once(own: Path) -> None:
    (source,) = builtin_tasks(["line"])
    assert source.load().answers["y"].tolist() == ["1", "2"]
    assert source.load().holdout is False
    assert times_prepared(own) == 1


def test_a_change_of_its_code_prepares_it_again(own: Path) -> None:
    builtin_tasks(["line"])[0].load()
    (own / "prepare.py").write_text(PREPARE.replace("40,1\\n41,2", "40,1\\n41,3"))
    assert builtin_tasks(["line"])[0].load().answers["y"].tolist() == ["1", "3"]
    assert times_prepared(own) == 2


def test_private_folders_are_closed_to_others(own: Path) -> None:
    builtin_tasks(["line"])[0].load()
    (home,) = (own.parent.parent / "cache" / "tasks").glob("line-*")
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "private").stat().st_mode) == 0o700


def test_a_failed_preparation_leaves_nothing_behind(own: Path) -> None:
    (own / "prepare.py").write_text(PREPARE + "    raise RuntimeError('disk full')\n")
    with pytest.raises(RuntimeError, match="disk full"):
        builtin_tasks(["line"])[0].load()
    tasks = own.parent.parent / "cache" / "tasks"
    assert not [p for p in tasks.iterdir() if p.is_dir()]


def test_several_at_once_prepare_it_once(own: Path) -> None:
    (source,) = builtin_tasks(["line"])
    threads = [threading.Thread(target=source.load) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert times_prepared(own) == 1


def test_a_threshold_measured_on_other_rows_is_unverified(own: Path) -> None:
    spec = yaml.safe_load((own / "task.yaml").read_text())
    success = {"threshold": 1.0, "source": "a test", "digest": "0" * 64}
    (own / "task.yaml").write_text(yaml.safe_dump({**spec, "success": success}))
    assert builtin_tasks(["line"])[0].load().threshold_verified is False


def test_the_digest_follows_the_helpers_too(own: Path) -> None:
    before = source_digest(own)
    (own.parent / "helper.py").write_text("X = 1\n")
    assert source_digest(own) != before


def test_prepare_gets_separate_folders(own: Path) -> None:
    seen: list[Path] = []
    prepared(own, lambda public, private: seen.extend([public, private]))
    assert seen[0].name == "public"
    assert seen[1].name == "private"


def test_names_and_groups_of_built_in_tasks(own: Path) -> None:
    assert builtin_ids() == ("line",)
    for names in (["all"], ["quick", "line"]):
        assert [s.id for s in builtin_tasks(names)] == ["line"]


def test_unknown_tasks_are_listed_with_the_nearest(own: Path) -> None:
    with pytest.raises(InputError) as caught:
        builtin_tasks(["lime", "circle"])
    first, second = str(caught.value).splitlines()
    assert first.startswith("unknown task 'lime' (did you mean \"line\"?); choose all, quick, folder or")
    assert "'circle'" in second


def test_a_folder_of_folders_is_read_in_order(tmp_path: Path) -> None:
    for kind in ("survival", "binary"):
        write_task(kind, tmp_path)
    assert [s.id for s in folder_tasks(tmp_path)] == ["patient-survival", "shop-churn"]
    assert [s.id for s in folder_tasks(tmp_path / "shop-churn")] == ["shop-churn"]


def test_sources_say_whether_rows_are_held_out(tmp_path: Path) -> None:
    write_task("binary", tmp_path)
    write_task("forecast", tmp_path)
    assert [s.holds_out for s in folder_tasks(tmp_path)] == [True, False]


def test_all_faults_of_a_selection_are_listed_at_once(own: Path, tmp_path: Path) -> None:
    tasks = tmp_path / "mine"
    binary, count = write_task("binary", tasks), write_task("count", tasks)
    (binary / "train.csv").write_text("id,size\n1,2\n2,3\n3,4\n")
    (count / "test.xlsx").unlink()
    with pytest.raises(InputError) as caught:
        select_tasks(["lime"], tasks)
    text = str(caught.value)
    assert "unknown task 'lime'" in text
    assert "target 'churned' is not a column of train.csv" in text
    assert f"{count}: no test table" in text


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: None, "neither a task.yaml nor folders that hold one"),
        (lambda p: p.rmdir(), "no such folder"),
    ],
)
def test_a_path_without_tasks_is_refused(tmp_path: Path, make: object, message: str) -> None:
    path = tmp_path / "empty"
    path.mkdir()
    make(path)  # type: ignore[operator]
    with pytest.raises(InputError, match=message):
        folder_tasks(path)


def test_two_folders_may_not_share_an_id(tmp_path: Path) -> None:
    write_task("binary", tmp_path / "a")
    (tmp_path / "a" / "shop-churn").rename(tmp_path / "first")
    write_task("binary", tmp_path / "b")
    (tmp_path / "b" / "shop-churn").rename(tmp_path / "second")
    with pytest.raises(InputError, match="id 'shop-churn' is also that of"):
        folder_tasks(tmp_path)


def test_an_id_of_a_built_in_task_is_taken(own: Path, tmp_path: Path) -> None:
    folder = write_task("binary", tmp_path / "mine")
    spec = yaml.safe_load((folder / "task.yaml").read_text())
    (folder / "task.yaml").write_text(yaml.safe_dump({**spec, "id": "line"}))
    with pytest.raises(InputError, match="also that of a built-in task"):
        select_tasks(["line"], folder)


def test_sources_compare_by_value(tmp_path: Path) -> None:
    folder = write_task("binary", tmp_path)
    assert folder_tasks(folder) == folder_tasks(folder)
    assert isinstance(folder_tasks(folder)[0], TaskSource)
