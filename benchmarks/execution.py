"""What a script waits for before its first own line: a cold interpreter against a fork of the warm one.

    python benchmarks/execution.py [runs]

Prints a Markdown table: milliseconds from the request to the line after
`import numpy, pandas, sklearn.ensemble`, medians over the runs, at each level that works here, and
the mean CPU time of a whole run, which other work on the machine changes less. The last column is
what opening one file costs a script, in microseconds: `limits` asks its worker about each.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from actors.contracts import DataBundle, ExecutionRequest, Limits
from actors.sandbox.executor import LocalExecutor
from actors.sandbox.hidden import package_data
from actors.sandbox.probe import probe
from actors.sandbox.settings import Level, SandboxSettings

SCRIPT = "import time\nimport numpy, pandas, sklearn.ensemble\nprint(time.time())"
OPENS = """
import time
start = time.time()
for _ in range(2000):
    open("solution.py").close()
print((time.time() - start) / 2000 * 1e6)
"""
BUNDLE = DataBundle("bench", (("train.csv", b"id,y\n" + b"1,2\n" * 10_000),))
TARGETS = {"limits": 40, "namespaces": 20}  # cold / warm, at least
REQUEST = ExecutionRequest(SCRIPT, "bench", Limits(wall_seconds=60))


async def first_lines(executor: LocalExecutor, runs: int) -> tuple[list[float], float]:
    times, cpu = [], 0.0
    for _ in range(runs):
        start = time.time()  # the script's clock is the same one
        result = await executor.run(REQUEST)
        if not result.ok:
            raise SystemExit(result.stderr or result.detail)
        times.append(1000 * (float(result.stdout) - start))
        cpu += 1000 * result.cpu_seconds / runs
    return times, cpu


def microseconds_an_open(level: Level) -> float:
    with tempfile.TemporaryDirectory() as folder:
        settings = SandboxSettings(level=level, hidden_paths=package_data(), cache=Path(folder) / "cache")
        executor = LocalExecutor(settings, {"bench": BUNDLE})
        request = ExecutionRequest(OPENS, "bench", REQUEST.limits)
        results = [asyncio.run(executor.run(request)) for _ in range(5)]
        executor.close()
        return min(float(result.stdout) for result in results)


def measure(level: Level, warm: bool, runs: int) -> tuple[list[float], float]:
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "cache"
        settings = SandboxSettings(level=level, warm=warm, hidden_paths=package_data(), cache=cache)
        executor = LocalExecutor(settings, {"bench": BUNDLE})
        asyncio.run(first_lines(executor, 1))  # the page cache, and the zygote where there is one
        measured = asyncio.run(first_lines(executor, runs))
        executor.close()
        return measured


def main(runs: int) -> None:
    print(
        "| level | cold ms | warm ms | p90 ms | cold / warm | target | cold CPU ms | warm CPU ms | open µs |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for level in probe().works:
        cold_times, cold_cpu = measure(level, warm=False, runs=max(3, runs // 4))
        cold = statistics.median(cold_times)
        times, warm_cpu = measure(level, warm=True, runs=runs)
        warm, slow = statistics.median(times), sorted(times)[int(0.9 * (len(times) - 1))]
        target = f">= {TARGETS[level]}" if level in TARGETS else ""
        line = f"| {level} | {cold:.0f} | {warm:.1f} | {slow:.1f} | {cold / warm:.0f} | {target} |"
        print(f"{line} {cold_cpu:.0f} | {warm_cpu:.0f} | {microseconds_an_open(level):.0f} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
