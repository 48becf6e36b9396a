"""The namespaces level: a bubblewrap command that shows an allow-list of folders and nothing else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from actors.sandbox.slots import FIRST_UID, SLOTS

ROOT = Path("/fivestar")
CODE, SLOT, BUNDLES = ROOT / "inside", ROOT / "slot", ROOT / "bundles"
SHM_BYTES = 1 << 30
TMP_BYTES = 64 << 20
NOTHING = "/dev/null"


def as_root() -> bool:
    """Whether to enter as root, who sets up the mounts and then turns into the slot's own user.

    Inside a user namespace root would stay root outside, whom the kernel does not limit in processes.
    """
    return os.geteuid() == 0 and _has_capability(21) and _has_users()  # CAP_SYS_ADMIN


def command(
    readable: Iterable[str],
    *,
    hidden: Sequence[str],
    slot: Path,
    bundles: Path | None,
    inside: Path,
    root: bool,
) -> tuple[str, ...]:
    """The bwrap command line; what is to run is appended to it."""
    program = shutil.which("bwrap") or "bwrap"
    shown = _outermost(readable)
    parts = [program, "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    if root:
        parts += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
        parts += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]  # to become the slot's user
    else:
        parts += ["--unshare-all", "--unshare-user", "--disable-userns"]
    parts += ["--hostname", "sandbox", "--chdir", "/"]
    parts += ["--proc", "/proc", "--dev", "/dev", *_tmpfs("/dev/shm", SHM_BYTES), *_tmpfs("/tmp", TMP_BYTES)]
    for path in _parents([*shown, str(CODE)]):
        if path != "/tmp":
            parts += ["--dir", path]  # made on the way they would be root's alone
    for path in shown:
        parts += ["--ro-bind", path, path]  # links too: a script cannot replace a mount
    parts += ["--ro-bind", str(inside), str(CODE), "--bind", str(slot), str(SLOT)]
    if bundles is not None:
        parts += ["--ro-bind", str(bundles), str(BUNDLES)]
    for path in _names(hidden, shown):
        if os.path.isdir(path):
            parts += [*_tmpfs(path, 4096), "--remount-ro", path]
        else:
            parts += ["--ro-bind", NOTHING, path]  # a device without its rights: cannot be opened
    return (*parts, "--remount-ro", "/dev", "--remount-ro", "/", "--")


def _outermost(paths: Iterable[str]) -> list[str]:
    """The existing paths that are not below another one, nor below a link, which shows its target's."""
    kept: list[str] = []
    for path in sorted({p for p in paths if os.path.exists(p)}):
        if not any(path.startswith(folder + "/") for folder in kept):
            kept.append(path)
    return kept


def _names(hidden: Iterable[str], shown: Iterable[str]) -> Iterator[str]:
    """Every path at which something hidden would be seen: a folder may be shown under several names."""
    for folder in shown:
        real = os.path.realpath(folder)
        yield from (folder + path.removeprefix(real) for path in hidden if path.startswith(real + "/"))


def _parents(paths: Iterable[str]) -> list[str]:
    """The folders above paths, outermost first."""
    return sorted({str(parent) for path in paths for parent in Path(path).parents} - {"/"})


def _tmpfs(path: str, size: int) -> list[str]:
    return ["--perms", "1777", "--size", str(size), "--tmpfs", path]


def _has_users() -> bool:
    """Whether the users of slots exist in this user namespace."""
    with open("/proc/self/uid_map", encoding="ascii") as file:
        spans = [tuple(map(int, line.split())) for line in file]
    return any(first <= FIRST_UID and first + count >= FIRST_UID + SLOTS for first, _, count in spans)


def _has_capability(number: int) -> bool:
    with open("/proc/self/status", encoding="ascii") as file:
        for line in file:
            if line.startswith("CapEff:"):
                return bool(int(line.split()[1], 16) >> number & 1)
    return False
