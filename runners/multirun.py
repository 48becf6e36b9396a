"""After `-m`: how to compare the sweeps that were run."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from hydra.core.utils import JobReturn, JobStatus
from hydra.experimental.callback import Callback
from omegaconf import DictConfig


class CompareHint(Callback):
    """Hydra's side: it hears how each sweep ended, and that the last one has."""

    def __init__(self) -> None:
        self._folders: list[Path] = []

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **kwargs: Any) -> None:
        """Keep the sweep's folder, which is what `bench` returns."""
        if job_return.status is JobStatus.COMPLETED and isinstance(job_return.return_value, Path):
            self._folders.append(job_return.return_value)

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        """Print the command that compares them, where there is something to compare."""
        if len(self._folders) > 1:
            print(f"\ncompare   {compare_command(self._folders)}")


def compare_command(folders: list[Path]) -> str:
    """The command that compares these sweeps; names are enough where they lie in `runs`."""
    default = all(folder.parent == Path("runs") for folder in folders)
    said = [folder.name if default else str(folder) for folder in folders]
    return shlex.join(["python", "-m", "runners.compare", *said])
