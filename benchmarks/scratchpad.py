"""What the scratchpad costs: `python -m benchmarks.scratchpad [--rows 20000]` prints a table.

Appends are durable: each is acknowledged after its flush to the disk that holds `--folder`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from scratchpad.client import Client, LocalClient
from scratchpad.records import Entry, Kind
from scratchpad.store import Scratchpad

CONTENT = 2_000  # characters, about a script
WRITERS = 10


def entries(count: int, attempt: int, rng: random.Random, start: int = 0) -> Iterator[Entry]:
    for n in range(start, start + count):
        text = "".join(rng.choices("abcdefghij \n", k=CONTENT))
        yield Entry("s", f"task-{attempt}", Kind.ASK, attempt, f"k{n}", content=text, score=rng.random())


def timed(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def one_by_one(client: Client, count: int) -> list[float]:
    """Seconds of each of `count` appends by one writer."""
    return [timed(lambda e=e: client.append([e])) for e in entries(count, 0, random.Random(0))]


def together(client: Client, count: int) -> float:
    """Entries a second of ten attempts that append at once, each waiting for its own acknowledgement."""

    async def attempt(number: int) -> None:
        own = client.namespace(f"task-{number}", number)
        for entry in list(entries(count // WRITERS, number, random.Random(number))):
            await own.append([entry])

    async def all_attempts() -> None:
        await asyncio.gather(*(attempt(number) for number in range(1, WRITERS + 1)))

    return count / timed(lambda: asyncio.run(all_attempts()))


def measure(table: Table, name: str, client: Client, rows: int, appends: int) -> None:
    times = sorted(one_by_one(client, appends))
    median, late = statistics.median(times), times[int(len(times) * 0.99)]
    table.add_row(name, "append, one writer", f"{median * 1e3:.2f} ms", f"p99 {late * 1e3:.2f} ms")
    table.add_row(
        name, f"append, {WRITERS} writers", f"{together(client, appends):.0f} / s", "durable entries"
    )
    batch = list(entries(rows, 99, random.Random(1)))
    seconds = timed(lambda: [client.append(batch[at : at + 500]) for at in range(0, rows, 500)])
    table.add_row(name, "append, batches of 500", f"{rows / seconds:.0f} / s", "durable entries")
    first = timed(client.snapshot)
    again = statistics.median(timed(client.snapshot) for _ in range(20))
    held = client.snapshot()
    size = f"{held.num_rows} rows, {held.nbytes / 1e6:.0f} MB"
    table.add_row(name, "snapshot, first", f"{first * 1e3:.1f} ms", size)
    table.add_row(name, "snapshot, again", f"{again * 1e3:.2f} ms", "unchanged")
    looked = [timed(lambda n=n: client.lookup("task-99", 99, f"k{n}")) for n in range(0, rows, rows // 50)]
    table.add_row(name, "lookup", f"{statistics.median(looked) * 1e3:.2f} ms", "median of 50")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--appends", type=int, default=1_000)
    parser.add_argument("--folder", type=Path, default=None, help="on the disk to measure")
    options = parser.parse_args()
    table = Table("held by", "what", "figure", "", title=f"Scratchpad, entries of about {CONTENT} characters")
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        root = Path(name)
        local = LocalClient(Scratchpad.open(root / "local"))
        measure(table, "this process", local, options.rows, options.appends)
        rows = len(local.store)
        local.close()
        loading = timed(lambda: Scratchpad.open(root / "local", read_only=True))
        table.add_row("this process", "load a journal", f"{loading:.2f} s", f"{rows} rows")

        os.environ.setdefault("RAY_AUTH_MODE", "token")
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        import ray

        from scratchpad.actor import ScratchpadClient

        ray.init(num_cpus=2, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
        remote = ScratchpadClient.start(root / "actor")
        measure(table, "Ray actor", remote, options.rows, options.appends)
        remote.close()
        ray.shutdown()
    Console().print(table)


if __name__ == "__main__":
    main()
