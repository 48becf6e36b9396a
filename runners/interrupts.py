"""Ctrl-C: the first lets running attempts end, the second stops them; both say how to go on."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any


class Interrupts:
    """Counts SIGINT and SIGTERM while its `with` block lasts.

    After the first `draining` is true; the second raises KeyboardInterrupt in the main thread.
    """

    def __init__(self, say: Callable[[str], None], resume_command: str) -> None:
        self._say = say
        self._resume_command = resume_command
        self._count = 0
        self._before: dict[signal.Signals, Any] = {}

    def draining(self) -> bool:
        """Whether no further attempt may start."""
        return self._count >= 1

    def __enter__(self) -> Interrupts:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._count += 1
        if self._count == 1:
            self._say(
                "no further attempts start; running ones end first. Ctrl-C again stops them. "
                f"Go on later with: {self._resume_command}"
            )
        else:
            self._say(f"stopping. Go on later with: {self._resume_command}")
            raise KeyboardInterrupt
