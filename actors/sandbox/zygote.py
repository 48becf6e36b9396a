"""The worker's handle on its guardian and zygote: start, one execution at a time, certain end."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actors.errors import FiveStarError
from actors.sandbox.inside import tree

HERE = Path(__file__).parent
START_SECONDS = 60.0  # a cold page cache and a busy machine
ANSWER_SECONDS = 5.0  # of a zygote that has nothing to do
KILL_SECONDS = 30.0  # until the last process of a fork bomb is gone, on a busy machine
MESSAGE = 1 << 20
PRELOAD = (
    "numpy",
    "pandas",
    "pyarrow",
    "scipy.sparse",
    "scipy.stats",
    "scipy.optimize",
    "sklearn.compose",
    "sklearn.ensemble",
    "sklearn.experimental",
    "sklearn.feature_extraction.text",
    "sklearn.gaussian_process",
    "sklearn.impute",
    "sklearn.linear_model",
    "sklearn.metrics",
    "sklearn.model_selection",
    "sklearn.neighbors",
    "sklearn.neural_network",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "sklearn.svm",
    "lightgbm",
)


class ZygoteLost(FiveStarError):
    """A zygote died or does not answer; the message says what it last printed."""


@dataclass(frozen=True)
class Exited:
    """The end of a script's own process."""

    status: int  # as waitpid gives it
    peak: int  # bytes, its largest resident size


class Zygote:
    """A running zygote behind its guardian."""

    def __init__(
        self,
        *,
        prefix: tuple[str, ...],
        inside: Path,
        environment: dict[str, str],
        confine: dict[str, Any],
        uid: int | None = None,
        scratch: tuple[str, ...] = (),
        preload: tuple[str, ...] = (),
    ) -> None:
        """Start it and wait until it has imported `preload`.

        `prefix` is the command that isolates it, `inside` where it finds the code of `HERE / "inside"`.
        """
        self._spoiled = False
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        setup = {"uid": uid, "scratch": scratch, "preload": preload, "confine": confine}
        command = (*prefix, *_python(inside, "zygote"), str(theirs.fileno()))
        self._guardian = subprocess.Popen(
            [*_python(HERE, "guardian", "-I", "-S"), *command],
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=self._log,
            env=environment,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
            cwd="/",
        )
        theirs.close()
        try:
            self._control.send(json.dumps(setup).encode())
            self.pid = self._await_ready()
        except BaseException:
            self.close()
            raise

    @property
    def healthy(self) -> bool:
        """Whether it can serve: it runs, nobody stopped it, and no script left what cannot be removed."""
        facts = tree.stat(self.pid)
        runs = self._guardian.poll() is None and facts is not None and facts.state not in "TtZX"
        return runs and not self._spoiled

    def fileno(self) -> int:
        """The control socket, to wait for messages on."""
        return self._control.fileno()

    def run(self, job: dict[str, Any], fds: tuple[int, ...]) -> None:
        """Fork a script; `fds` become its output, error and report streams.

        Raises ZygoteLost when no script was started.
        """
        message = json.dumps({"do": "run", **job}).encode()
        with self._lost_if_broken():
            socket.send_fds(self._control, [message], list(fds))
        self._message(START_SECONDS)

    def dump(self) -> None:
        """Let the script print where it is."""
        with self._lost_if_broken():
            self._control.send(b'{"do": "dump"}')

    def receive(self, seconds: float) -> Exited | None:
        """The exit of the script, None when the message is another; raises ZygoteLost."""
        message = self._message(seconds)
        if message["event"] == "exit":
            return Exited(message["status"], message["peak"])
        return None

    def clean(self) -> None:
        """End whatever the script left, and have its traces removed; raises ZygoteLost.

        Where they cannot be removed this zygote is not healthy any more, and they end with it.
        """
        deadline = time.monotonic() + KILL_SECONDS
        while time.monotonic() < deadline:
            tree.end(self.pid)
            with self._lost_if_broken():
                self._control.send(b'{"do": "clean"}')
            answer: dict[str, Any] = {"event": ""}
            while answer["event"] not in ("clean", "busy"):
                answer = self._message(ANSWER_SECONDS)
            if answer["event"] == "clean":
                self._spoiled = answer["spoiled"]
                return
        raise ZygoteLost("processes of a script could not be killed")

    def close(self) -> None:
        """End it with everything below it."""
        self._control.close()
        tree.end(self._guardian.pid)
        assert self._guardian.stdin is not None
        self._guardian.stdin.close()
        try:
            self._guardian.wait(ANSWER_SECONDS)
        except subprocess.TimeoutExpired:
            self._guardian.kill()
            self._guardian.wait()
        self._log.close()

    def _await_ready(self) -> int:
        self._control.settimeout(START_SECONDS)
        try:
            data, control, _, _ = self._control.recvmsg(MESSAGE, 1024)
        except OSError as error:
            raise ZygoteLost(f"the sandbox did not start: {error}; {self._last_words()}") from None
        if not data:
            raise ZygoteLost(f"the sandbox did not start: {self._last_words()}")
        for level, kind, payload in control:
            if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
                return int(struct.unpack("3i", payload[:12])[0])  # as this side's namespace numbers it
        raise ZygoteLost("the sandbox did not say who it is")

    def _message(self, seconds: float) -> dict[str, Any]:
        self._control.settimeout(seconds)
        with self._lost_if_broken():
            data = self._control.recv(MESSAGE)
            if not data:
                raise ConnectionError("closed")
        message: dict[str, Any] = json.loads(data)
        return message

    @contextlib.contextmanager
    def _lost_if_broken(self) -> Any:
        try:
            yield
        except OSError as error:
            raise ZygoteLost(f"the sandbox is lost: {error}; {self._last_words()}") from None

    def _last_words(self) -> str:
        if self._log.closed:
            return ""
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - 2000))
        return self._log.read().decode("utf-8", errors="replace").strip()


def _python(folder: Path, module: str, *flags: str) -> tuple[str, ...]:
    code = f"import sys; sys.path.insert(0, {str(folder)!r}); from inside.{module} import main; "
    ending = "sys.exit(main(sys.argv[1:]))" if module == "guardian" else "main()"
    return (sys.executable, *flags, "-s", "-u", "-B", "-c", code + ending)
