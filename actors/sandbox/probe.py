"""Which isolation levels work on this machine, found by trying each."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from actors.errors import InputError
from actors.sandbox.settings import LEVELS, Level, SandboxSettings


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
    """Try every level on this machine."""
    if not sys.platform.startswith("linux"):
        return SandboxReport((), tuple((level, f"{sys.platform} is not Linux") for level in LEVELS))
    return SandboxReport(("limits",), (("namespaces", "not tried"), ("landlock", "not tried")))


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
