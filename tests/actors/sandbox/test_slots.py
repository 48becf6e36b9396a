from __future__ import annotations

import os
from pathlib import Path

import pytest

from actors.errors import InputError
from actors.sandbox.slots import Slot, make_own_folder, remove


def test_slots_are_taken_one_by_one_and_given_back(tmp_path: Path) -> None:
    first, second = Slot(tmp_path), Slot(tmp_path)
    assert first.number != second.number
    assert first.uid != second.uid or os.geteuid() != 0
    first.release()
    third = Slot(tmp_path)
    assert third.number == first.number
    second.release()
    third.release()


def test_a_new_slot_is_empty(tmp_path: Path) -> None:
    leftover = tmp_path / "slots/0/work"
    leftover.mkdir(parents=True)
    slot = Slot(tmp_path)
    assert not list(slot.folder.iterdir())
    slot.release()


def test_closed_and_deep_folders_are_removed(tmp_path: Path) -> None:
    start = os.getcwd()
    os.mkdir(tmp_path / "top")
    os.chdir(tmp_path / "top")
    for _ in range(1100):
        os.mkdir("d")
        os.chdir("d")
    os.chdir(start)
    (tmp_path / "top/closed").mkdir(mode=0)
    remove(tmp_path / "top")
    assert not (tmp_path / "top").exists()


def test_a_folder_that_others_can_change_is_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(InputError, match="another user"):
        make_own_folder(tmp_path / "open")
