"""A session from the inside: a shell and an editor that live from one command to the next.

It reads a JSON line a command from the worker's socket and answers with one. What a command prints
goes to the standard output, which the worker reads.
"""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess
import sys

from .editor import Editor

CONTROL = 4  # the descriptor of the socket


def serve() -> None:
    """Run commands until the worker goes or the shell ends; ends with the shell's exit code."""
    control = socket.socket(fileno=CONTROL)
    shell, editor = Shell(), Editor()
    with control.makefile("rb") as lines:
        for line in lines:
            command = str(json.loads(line))
            folder = shell.folder
            code = editor.run(command, folder) if editor.knows(command) else shell.run(command)
            sys.stdout.flush()
            answer = {"code": code, "file": editor.where, "folder": os.path.relpath(shell.folder)}
            control.sendall(json.dumps(answer).encode() + b"\n")


class Shell:
    """One bash; folder, variables and functions last from command to command."""

    def __init__(self) -> None:
        told, self._telling = os.pipe()
        self._told = os.fdopen(told, "rb")
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"], stdin=subprocess.PIPE, pass_fds=[self._telling]
        )
        os.close(self._telling)  # bash alone holds it, so that its end is seen

    @property
    def folder(self) -> str:
        """The shell's own working folder."""
        return os.readlink(f"/proc/{self._bash.pid}/cwd")

    def run(self, command: str) -> int:
        """Run a command and return its exit code; exits as the shell does when that ends."""
        assert self._bash.stdin is not None
        # The command has no input and cannot reach the descriptor that its exit code is told on.
        whole = f"eval {shlex.quote(command)} </dev/null {self._telling}>&-\n"
        whole += f"printf '%d\\n' $? >&{self._telling}\n"
        try:
            self._bash.stdin.write(whole.encode("utf-8", "surrogatepass"))
            self._bash.stdin.flush()
        except BrokenPipeError:
            sys.exit(self._bash.wait())
        code = self._told.readline()
        if not code:
            sys.exit(self._bash.wait())
        return int(code)
