"""Which isolation levels work on this machine, found by trying each."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from actors.errors import InputError
from actors.sandbox import mounts
from actors.sandbox.inside import landlock, seccomp
from actors.sandbox.isolation import SETTINGS, SYSTEM, python_folders
from actors.sandbox.settings import LEVELS, Level, SandboxSettings
from actors.sandbox.zygote import HERE

SECONDS = 30.0  # a cold page cache
REMEDIES = (
    ("not installed", "Install bubblewrap (Debian, Ubuntu: apt-get install bubblewrap) for `namespaces`."),
    (
        "setting up uid map",
        "Allow user namespaces for `namespaces`: on Ubuntu an AppArmor profile for bwrap "
        "(apt-get install apparmor-profiles), in a container a seccomp profile that admits unshare.",
    ),
    (
        "namespace",
        "Allow user namespaces for `namespaces` (sysctl user.max_user_namespaces, "
        "in a container a seccomp profile that admits unshare).",
    ),
    ("Landlock", "`landlock` needs Linux 5.13 with landlock among its security modules."),
)


@dataclass(frozen=True)
class SandboxReport:
    """What works here, and what would make more work."""

    works: tuple[Level, ...]  # best first
    faults: tuple[tuple[Level, str], ...]  # why the others do not
    remedy: str = ""

    @property
    def best(self) -> Level | None:
        """The best level that works, None on a system without any."""
        return self.works[0] if self.works else None


def probe() -> SandboxReport:
    """Try every level on this machine; takes some tens of milliseconds."""
    if not sys.platform.startswith("linux"):
        return SandboxReport((), tuple((level, f"{sys.platform} is not Linux") for level in LEVELS))
    trials: dict[Level, Callable[[], str]] = {
        "namespaces": _fault_of_namespaces,
        "landlock": _fault_of_landlock,
        "limits": lambda: "",
    }
    faults = {level: trials[level]() for level in LEVELS}
    remedies = [text for sign, text in REMEDIES if any(sign in fault for fault in faults.values())]
    return SandboxReport(
        works=tuple(level for level, fault in faults.items() if not fault),
        faults=tuple((level, fault) for level, fault in faults.items() if fault),
        remedy=remedies[0] if remedies else "",
    )


def choose_level(settings: SandboxSettings, report: SandboxReport | None = None) -> Level:
    """The level to run at; raises InputError when the settings ask for more than there is."""
    report = report or probe()
    if settings.level != "auto":
        if settings.level in report.works:
            return settings.level
        reason = dict(report.faults).get(settings.level, "unknown level")
        raise InputError(
            f"executor.level={settings.level} does not work here: {reason}. "
            f"Working: {', '.join(report.works) or 'none'}. {report.remedy}".strip()
        )
    if report.best is None:
        raise InputError("no sandbox level works here: scripts run on Linux only")
    if report.best == "limits" and not settings.allow_weak:
        raise InputError(
            f"only the weak sandbox level `limits` works here. {report.remedy} "
            "Or accept it with executor.allow_weak=true or executor.level=limits"
        )
    return report.best


@cache
def tells_of_opens() -> bool:
    """Whether the kernel asks us before a script opens a file or forks, by whatever code."""
    code = (
        f"import sys; sys.path.insert(0, {str(HERE)!r}); from inside import seccomp; "
        "sys.exit(seccomp.listen(seccomp.questions(True, True)) is None)"
    )
    return seccomp.supported() and not _fault([sys.executable, "-S", "-s", "-c", code])


def _fault_of_namespaces() -> str:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        command = mounts.command(
            [*python_folders(), *SYSTEM, *SETTINGS],
            hidden=(),
            slot=Path(folder),
            bundles=None,
            inside=HERE / "inside",
            root=mounts.as_root(),
        )
        return _fault([*command, sys.executable, "-S", "-s", "-c", ""])


def _fault_of_landlock() -> str:
    if landlock.abi() == 0:
        return "the kernel has no Landlock"
    if not seccomp.supported():
        return f"no system-call filter for {os.uname().machine}"
    code = (
        f"import sys; sys.path.insert(0, {str(HERE)!r}); from inside import landlock, seccomp; "
        "landlock.restrict(['/usr'], []); seccomp.restrict(seccomp.program(False))"
    )
    return _fault([sys.executable, "-S", "-s", "-c", code])


def _fault(command: list[str]) -> str:
    """Why a command fails, "" when it does not."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS, check=False, env={}, cwd="/"
        )
    except FileNotFoundError:
        return f"{Path(command[0]).name} is not installed"
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return ""
    return (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
