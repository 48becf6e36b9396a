from __future__ import annotations

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


def test_what_lies_below_a_link_is_shown_through_it(tmp_path: Path) -> None:
    (tmp_path / "env" / "lib").mkdir(parents=True)
    link = tmp_path / ".venv"
    link.symlink_to("env")
    command = mounts.command(
        [str(link), str(link / "lib"), str(tmp_path / "env")],
        hidden=(),
        slot=Path("/s"),
        bundles=None,
        inside=Path("/i"),
        root=False,
    )
    text = " ".join(command)
    assert f"--symlink env {link}" in text
    assert f"--dir {link}" not in text  # bwrap could not make the link there
    assert f"--ro-bind {link}" not in text
