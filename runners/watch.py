"""Follows the scratchpad and keeps screen and result files up to date."""

from __future__ import annotations

import asyncio
import logging
import time
from types import TracebackType

from runners.board import Board
from runners.progress import Progress
from runners.report.files import write_report
from runners.report.page import write_page
from runners.results import attempt_folder, sweep_seconds, write_attempt, write_results
from runners.settings import SweepConfig
from scratchpad.client import Client
from scratchpad.records import Kind
from scratchpad.schema import to_entries

log = logging.getLogger(__name__)
WRITE_SECONDS = 5.0


class Watch:
    """Folds the scratchpad's tail into the board, as often as `tick` is called.

    A fault of the screen or of a file is logged and never stops an attempt; the end writes all anew.
    """

    def __init__(self, config: SweepConfig, board: Board, client: Client, progress: Progress) -> None:
        self._config, self._board, self._client, self._progress = config, board, client, progress
        self._written = 0.0
        self._pending = False
        self._due: set[tuple[str, int]] = set()  # attempts whose files are behind

    def __enter__(self) -> Watch:
        self._fold(quiet=True)  # what an earlier run of a resumed sweep has left
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._fold()
        self._write_attempts()
        write_results(self._config, self._board, sweep_seconds(self._board, running=False))
        write_page(self._config, self._board)

    def tick(self) -> None:
        """Take in what is new; result files follow every few seconds."""
        try:
            self._fold()
            self._write_attempts()
            if self._pending and time.monotonic() - self._written > WRITE_SECONDS:
                write_results(self._config, self._board, sweep_seconds(self._board, running=True))
                self._written, self._pending = time.monotonic(), False
        except Exception:
            log.exception("screen and result files fell behind; they catch up with the next entry")

    def _fold(self, quiet: bool = False) -> None:
        for row, entry in self._board.feed(to_entries(self._client.tail(self._board.seen))):
            if not quiet:
                self._progress.changed(row, entry)
            if entry.kind in (Kind.ENDING, Kind.GRADE):
                self._pending = True
                if not quiet or not attempt_folder(self._config, row).is_dir():
                    self._due.add((row.task, row.attempt))

    def _write_attempts(self) -> None:
        for place in sorted(self._due):
            try:
                row = self._board.rows[place]
                write_attempt(self._config, row, self._client.get_blob)
                own = asyncio.run(self._client.namespace(*place).snapshot())
                write_report(attempt_folder(self._config, row), to_entries(own))
                self._due.discard(place)
            except Exception:  # of one attempt's files: the others and the results are written all the same
                log.exception("files of %s attempt %d fell behind", *place)
