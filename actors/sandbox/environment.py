"""The environment of a script: an allow-list, so that no key or token of ours is in it."""

from __future__ import annotations

import sys
from pathlib import Path

HASH_SEED = "0"  # one for all: a zygote and a cold interpreter must order sets alike


def script_environment(work: Path, cpus: int) -> dict[str, str]:
    """Every variable that a script sees."""
    threads = str(max(1, cpus))
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(work),
        "TMPDIR": str(work / ".tmp"),
        "USER": "script",
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": HASH_SEED,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        "MPLBACKEND": "Agg",
        "MALLOC_MMAP_THRESHOLD_": str(32 << 20),  # arrays that come and go keep their pages: up to a seventh
        "MALLOC_TRIM_THRESHOLD_": str(256 << 20),  # of the time where pictures are computed
        "JOBLIB_TEMP_FOLDER": str(work / ".tmp"),
        "LOKY_MAX_CPU_COUNT": threads,
        "OMP_NUM_THREADS": threads,
        "OMP_WAIT_POLICY": "passive",  # spinning threads cost twenty times the time on a busy machine
        "OPENBLAS_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "NUMEXPR_MAX_THREADS": threads,
        "PYTHON_CPU_COUNT": threads,
    }
