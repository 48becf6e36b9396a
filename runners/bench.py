"""The command: `python -m runners.bench +tasks=all`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from actors.errors import FiveStarError, InputError
from runners.config import load_config
from runners.ray_session import environment
from runners.refusal import one_line
from runners.schema import register_schema

_unfinished: list[Path] = []  # sweeps of an `-m` that are to be resumed


@hydra.main(version_base="1.3", config_path="pkg://conf", config_name="bench")
def bench(cfg: DictConfig) -> Path:
    """Run one sweep and return its folder; a fault of the input ends with one line and exit code 2."""
    try:
        config = load_config(cfg, list(HydraConfig.get().overrides.task))
        from runners.sweep import UNFINISHED, run_sweep  # imports Ray, which reads its environment then

        code = run_sweep(config)
    except InputError as error:
        refuse(str(error), 2)
    except FiveStarError as error:
        refuse(str(error), 1)
    except KeyboardInterrupt:  # while it starts or ends; in between the driver sees to it
        refuse(f"interrupted; go on with: {config.resume_command}", 130)
    if code == UNFINISHED and HydraConfig.get().mode is RunMode.MULTIRUN:
        _unfinished.append(config.folder)  # the other sweeps are made all the same
    elif code:
        raise SystemExit(code)
    return config.folder


def refuse(message: str, code: int) -> NoReturn:
    """Print one line and leave."""
    print(f"error: {message}", file=sys.stderr)
    raise SystemExit(code)


def main() -> None:
    """Start Hydra so that its own refusals, too, are one line and exit code 2."""
    os.environ["HYDRA_FULL_ERROR"] = "1"  # makes Hydra raise where it would print and exit with 1
    register_schema()
    environment()
    if any(a.lstrip("+").startswith("model.api_key=") for a in sys.argv) and {"-m", "--multirun"} & {
        *sys.argv
    }:
        refuse("model.api_key: Hydra would write it to multirun.yaml; set OPENAI_API_KEY instead", 2)
    try:
        bench()
    except (HydraException, OmegaConfBaseException) as error:
        refuse(one_line(error), 2)
    if _unfinished:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
