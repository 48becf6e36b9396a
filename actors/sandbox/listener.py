"""What the kernel asks us before a script opens a file or makes a process (seccomp_unotify(2))."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import socket
import struct
from collections.abc import Callable

from actors.sandbox.inside import seccomp
from actors.sandbox.inside.hiding import Hiding

RECEIVE, SEND, IS_VALID = 0xC0502100, 0xC0182101, 0x40082102
GO_ON = 1  # SECCOMP_USER_NOTIF_FLAG_CONTINUE
CURRENT = -100 & 0xFFFFFFFF  # AT_FDCWD
QUESTION = struct.Struct("=QII iIQ6Q")  # id, pid, flags; call, architecture, instruction, arguments
ANSWER = struct.Struct("=QqiI")  # id, value, error, flags
PATH_BYTES = 4096
LINKS = 40  # followed in one path, as the kernel does
TURN, WAIT = 256, 1  # questions answered, and milliseconds waited for one, before others get a look


class Listener:
    """The listener of one execution; what is forbidden is never answered, for the script is to be killed."""

    def __init__(self, hiding: Hiding, room: Callable[[], int]) -> None:
        """`room` counts how many more processes and threads there may be."""
        self.hidden = ""  # the first hidden path that was asked for
        self.full = False  # whether there was no room for a process
        self._hiding = hiding
        self._room = room
        self._left = 0  # of the room, as last counted
        self._calls = seccomp.opening()
        self._ours, self._theirs = socket.socketpair()
        self._listener = -1

    @property
    def writer(self) -> int:
        """The socket through which the script hands the listener over."""
        return self._theirs.fileno()

    def close_writer(self) -> None:
        """Leave that end to the script alone."""
        self._theirs.close()

    def fileno(self) -> int:
        """What to wait for, -1 when nothing more can come."""
        return self._listener if self._listener >= 0 else self._ours.fileno()

    def pump(self) -> None:
        """Take the listener, or answer what is asked."""
        if self._listener >= 0:
            self._answer_all()
            return
        _, fds, _, _ = socket.recv_fds(self._ours, 16, 1)
        self._ours.close()
        if fds:  # none where the kernel has no listeners
            self._listener = fds[0]
            os.set_inheritable(self._listener, False)

    def close(self) -> None:
        """Ask no more; the processes of the script must be gone or about to be killed."""
        self._theirs.close()
        self._ours.close()
        if self._listener >= 0:
            os.close(self._listener)
            self._listener = -1

    def _answer_all(self) -> None:
        poll = select.poll()
        poll.register(self._listener, select.POLLIN)
        for _ in range(TURN):
            events = poll.poll(WAIT)
            if not events or self.hidden or self.full:
                return
            if not events[0][1] & select.POLLIN:  # everyone under the filter is gone
                self.close()
                return
            with contextlib.suppress(FileNotFoundError):  # whoever asked has died meanwhile
                self._answer()

    def _answer(self) -> None:
        data = bytearray(QUESTION.size)
        fcntl.ioctl(self._listener, RECEIVE, data)
        number, pid, _, call, _, _, *arguments = QUESTION.unpack(data)
        error, flags = 0, GO_ON
        if call not in self._calls:
            self._left = (self._left or max(0, self._room())) - 1
            self.full = self._left < 0
            if not self.full:
                fcntl.ioctl(self._listener, SEND, ANSWER.pack(number, 0, 0, GO_ON))
            return
        try:
            paths = [self._path(pid, arguments, *places) for places in self._calls[call]]
        except PermissionError:  # a process that closed its memory: what cannot be checked is refused
            paths, error, flags = [], errno.EACCES, 0
        found = [path for path in paths if self._is_hidden(path, moves=len(paths) > 1)]
        if found:
            fcntl.ioctl(self._listener, IS_VALID, struct.pack("=Q", number))  # the pid was still its own
            self.hidden = found[0]
        else:
            fcntl.ioctl(self._listener, SEND, ANSWER.pack(number, 0, -error, flags))

    def _is_hidden(self, path: str, moves: bool) -> bool:
        return self._hiding.covers(path) or (moves and self._hiding.lies_below(path))

    def _path(self, pid: int, arguments: list[int], folder: int | None, path: int) -> str:
        """The real path that a call of a process names, "" for one that the kernel will not find."""
        memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY | os.O_CLOEXEC)
        try:
            text = os.fsdecode(os.pread(memory, PATH_BYTES, arguments[path]).split(b"\0")[0])
        except (OSError, OverflowError):
            return ""  # no such address
        finally:
            os.close(memory)
        if text.startswith("/"):
            return real_path(pid, text)
        start = CURRENT if folder is None else arguments[folder] & 0xFFFFFFFF
        link = f"/proc/{pid}/cwd" if start == CURRENT else f"/proc/{pid}/fd/{start}"
        try:
            return real_path(pid, f"{os.readlink(link)}/{text}")
        except FileNotFoundError:
            return ""  # no such descriptor


def real_path(pid: int, path: str) -> str:
    """An absolute path with its links followed as process `pid` would, /proc/self among them."""
    left = path.split("/")[::-1]
    real, links = "", 0
    while left:
        name = left.pop()
        if name in ("", "."):
            continue
        if name == "..":
            real = real.rpartition("/")[0]
            continue
        if real == "/proc" and name in ("self", "thread-self"):
            real = f"/proc/{pid}"
            continue
        real = f"{real}/{name}"
        with contextlib.suppress(OSError):  # no link, or nothing at all
            target = os.readlink(real)
            links += 1
            if links > LINKS:
                return real
            real = "" if target.startswith("/") else real.rpartition("/")[0]
            left += target.split("/")[::-1]
    return real or "/"
