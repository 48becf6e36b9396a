from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from actors.errors import InputError
from actors.sandbox import mounts
from actors.sandbox.probe import SandboxReport, choose_level, probe
from actors.sandbox.settings import SandboxSettings

ALL = SandboxReport(("namespaces", "landlock", "limits"), ())
WEAK = SandboxReport(
    ("limits",),
    (("namespaces", "bwrap is not installed"), ("landlock", "the kernel has no Landlock")),
    "Install bubblewrap.",
)


def test_auto_takes_the_best() -> None:
    assert choose_level(SandboxSettings(), ALL) == "namespaces"


def test_a_weaker_level_is_taken_by_name() -> None:
    assert choose_level(SandboxSettings(level="limits"), WEAK) == "limits"
    assert choose_level(SandboxSettings(level="landlock"), ALL) == "landlock"


def test_the_weak_level_needs_consent() -> None:
    with pytest.raises(InputError, match=r"Install bubblewrap.*allow_weak"):
        choose_level(SandboxSettings(), WEAK)
    assert choose_level(SandboxSettings(allow_weak=True), WEAK) == "limits"


def test_a_level_that_does_not_work_is_refused_with_its_reason() -> None:
    with pytest.raises(InputError, match="bwrap is not installed"):
        choose_level(SandboxSettings(level="namespaces"), WEAK)


def test_no_level_at_all() -> None:
    with pytest.raises(InputError, match="Linux"):
        choose_level(SandboxSettings(allow_weak=True), SandboxReport((), ()))


def test_limits_always_work_and_every_other_level_has_a_reason() -> None:
    report = probe()
    assert "limits" in report.works
    assert {*report.works, *dict(report.faults)} == {"namespaces", "landlock", "limits"}


def test_without_bubblewrap_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mounts.shutil, "which", lambda _: "/nowhere/bwrap")
    report = probe()
    assert "namespaces" not in report.works
    assert "bwrap is not installed" in dict(report.faults)["namespaces"]
    assert "bubblewrap" in report.remedy


def test_system_folders_are_shown_once() -> None:
    command = mounts.command(
        ["/usr", "/usr/lib", "/nowhere"],
        hidden=["/usr/share"],
        slot=Path("/s"),
        bundles=None,
        inside=Path("/i"),
        root=False,
    )
    text = " ".join(command)
    assert "--ro-bind /usr /usr" in text
    assert "--ro-bind /usr/lib" not in text
    assert "/nowhere" not in text
    assert "--unshare-all" in text
    assert "--tmpfs /usr/share" in text


def test_a_folder_is_shown_and_hidden_under_each_of_its_names(tmp_path: Path) -> None:
    data = tmp_path / "real" / "env" / "lib" / "data"
    data.mkdir(parents=True)
    (tmp_path / "linked").symlink_to("real")
    (tmp_path / "link").symlink_to("real/env")
    names = [str(tmp_path / name) for name in ("link", "linked/env", "real/env")]
    command = mounts.command(
        [*names, *(f"{name}/lib" for name in names)],
        hidden=[str(data)],
        slot=Path("/s"),
        bundles=None,
        inside=Path("/i"),
        root=False,
    )
    bound = [path for do, path in itertools.pairwise(command) if do == "--ro-bind"]
    hidden = [path for do, path in itertools.pairwise(command) if do == "--tmpfs"]
    assert [path for path in bound if str(tmp_path) in path] == names
    assert [path for path in hidden if str(tmp_path) in path] == [f"{name}/lib/data" for name in names]
