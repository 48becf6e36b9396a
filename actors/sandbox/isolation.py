"""What each level puts around a zygote and around each script."""

from __future__ import annotations

import os
import site
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actors.sandbox import mounts
from actors.sandbox.hidden import expand, open_parts
from actors.sandbox.inside import landlock, seccomp
from actors.sandbox.settings import Level
from actors.sandbox.slots import Slot
from actors.sandbox.zygote import HERE

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
SETTINGS = (
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/timezone",
    "/sys/devices/system/cpu",
)
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


@dataclass(frozen=True)
class Isolation:
    """How to start a zygote in a slot, and how its scripts see the slot."""

    prefix: tuple[str, ...]  # the command that the zygote is started through
    inside: Path  # the folder that holds our code for the inside, as seen there
    slot: Path  # the slot's folder, as seen there
    bundles: Path | None  # the bundles, when scripts may read theirs in place
    uid: int | None  # the user that scripts run as, None for this one
    scratch: tuple[str, ...]  # folders to empty after each script
    confine: dict[str, Any]  # what the zygote and the scripts do to themselves, for inside/confine.py


def isolate(level: Level, slot: Slot, bundles: Path, hidden_paths: tuple[Path, ...]) -> Isolation:
    """The isolation of a level for one slot."""
    hidden = expand(hidden_paths)
    filtered = seccomp.supported()
    if level == "namespaces":
        in_place = landlock.abi() > 0
        as_root = mounts.as_root()
        readable = [*python_folders(), *SYSTEM, *SETTINGS]
        return Isolation(
            prefix=mounts.command(
                readable,
                hidden=hidden,
                slot=slot.folder,
                bundles=bundles if in_place else None,
                inside=HERE / "inside",
                root=as_root,
            ),
            inside=mounts.CODE.parent,
            slot=mounts.SLOT,
            bundles=mounts.BUNDLES if in_place else None,
            uid=slot.uid if as_root else None,
            scratch=("/tmp", "/dev/shm"),
            confine={
                "seccomp": filtered,
                "forks": False,
                "unix": True,
                # The mounts decide what exists; this keeps a script from other tasks' bundles.
                "script": {"around": [str(mounts.SLOT), str(mounts.BUNDLES)], "write": ["/dev", "/tmp"]}
                if in_place
                else None,
            },
        )
    uid = slot.uid if os.geteuid() == 0 and reachable(slot) else None
    # Root itself the kernel does not limit in processes: there we are asked about each.
    forks = uid is None and os.geteuid() == 0
    confine: dict[str, Any] = {"seccomp": filtered, "unix": False, "forks": forks}
    if level == "landlock":
        folders = [*python_folders(), str(HERE / "inside"), *SYSTEM, *SETTINGS, "/proc", "/sys/fs/cgroup"]
        granted, listed = [], []
        for folder in sorted({os.path.realpath(f) for f in folders if os.path.exists(f)}):
            parts = open_parts(folder, hidden)
            granted += parts[0]
            listed += parts[1]
        writable = [*DEVICES, "/dev/shm"]
        confine["zygote"] = {
            "read": [*granted, str(bundles)],
            "list": listed,
            "write": [*writable, str(slot.folder)],
        }
        confine["script"] = {"read": sorted({*folders}), "write": writable}
    else:
        confine["hidden"] = hidden
        confine["needed"] = [*python_folders(), str(HERE / "inside")]
    return Isolation(
        prefix=(),
        inside=HERE,
        slot=slot.folder,
        bundles=bundles if level == "landlock" else None,
        uid=uid,
        scratch=(),
        confine=confine,
    )


def python_folders() -> list[str]:
    """Where this interpreter and its packages live."""
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    folders = {sys.prefix, sys.base_prefix, *site.getsitepackages(), *map(sysconfig.get_path, names)}
    folders |= {path for path in sys.path if path.endswith(("site-packages", "dist-packages"))}
    folders |= {os.path.realpath(folder) for folder in folders}
    return sorted(f for f in folders if os.path.isdir(f) and f != "/")


def reachable(slot: Slot) -> bool:
    """Whether the slot's user, who is nobody else, can use this interpreter and the slot's folder."""
    check = "import os, sys; os.listdir(sys.argv[1]); os.listdir(sys.argv[2]); import numpy"
    try:
        done = subprocess.run(
            [sys.executable, "-s", "-c", check, str(slot.folder), str(HERE / "inside")],
            user=slot.uid,
            group=slot.uid,
            extra_groups=[],
            env={},
            cwd="/",
            capture_output=True,
            check=False,
        )
    except PermissionError:
        return False
    return done.returncode == 0
