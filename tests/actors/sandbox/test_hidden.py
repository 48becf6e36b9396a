from __future__ import annotations

from pathlib import Path

from actors.sandbox.hidden import expand, open_parts, package_data


def touch(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return str(path)


def test_a_plain_folder_is_hidden_whole(tmp_path: Path) -> None:
    touch(tmp_path / "task/prepare.py")
    assert expand([tmp_path / "task", tmp_path / "absent"]) == (str(tmp_path / "task"),)


def test_a_package_keeps_its_modules(tmp_path: Path) -> None:
    touch(tmp_path / "data/__init__.py")
    touch(tmp_path / "data/fair/__init__.py")
    rows = touch(tmp_path / "data/fair/fair.csv")
    touch(tmp_path / "data/fair/src/raw.txt")
    assert expand([tmp_path / "data"]) == (rows, str(tmp_path / "data/fair/src"))


def test_grants_go_around_what_is_hidden(tmp_path: Path) -> None:
    kept = touch(tmp_path / "a/kept.txt")
    hidden = touch(tmp_path / "a/hidden.txt")
    other = touch(tmp_path / "b/other.txt")
    (tmp_path / "link").symlink_to("a")
    granted, listed = open_parts(str(tmp_path), [hidden])
    assert sorted(granted) == [kept, str(Path(other).parent)]
    assert sorted(listed) == [str(tmp_path), str(tmp_path / "a")]


def test_the_installed_data_is_found() -> None:
    found = expand(package_data())
    assert any(path.endswith("sklearn/datasets/data/breast_cancer.csv") for path in found)
    assert any(path.endswith("statsmodels/datasets/fair/fair.csv") for path in found)
    assert not any(path.endswith(".py") for path in found)
