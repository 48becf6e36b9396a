"""The machine that a comparison ran on, and the versions of what matters there."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("ray", "scikit-learn", "lightgbm", "flaml", "numpy", "pandas", "scipy", "statsmodels")


@dataclass(frozen=True)
class Machine:
    """What figures of time and cost depend on."""

    cpu: str
    cores: int
    memory_gib: float
    system: str
    python: str
    versions: dict[str, str]  # of the packages that are installed

    @property
    def line(self) -> str:
        """Hardware and system as one line."""
        return f"{self.cpu}, {self.cores} cores, {self.memory_gib:.1f} GiB of memory, {self.system}"

    @property
    def software(self) -> str:
        """Python and packages as one line."""
        packages = [f"{name} {number}" for name, number in self.versions.items()]
        return ", ".join([f"Python {self.python}", *packages])


def this_machine() -> Machine:
    """The machine of this process."""
    import psutil

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Machine(
        cpu=_cpu_model(),
        cores=cores,
        memory_gib=psutil.virtual_memory().total / 2**30,
        system=f"{platform.system()} {platform.release().split('-')[0]}",
        python=platform.python_version(),
        versions=_versions(),
    )


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8", errors="replace").splitlines() if info.is_file() else []
    models = [line.partition(":")[2].strip() for line in lines if line.lower().startswith("model name")]
    return next((m for m in models if m), platform.processor() or platform.machine())


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
