# expect: ok
# needs: ray
# Goes for the Ray that runs it: what it holds in its object store, its sockets, ports, processes and token.
# A way that works prints LEAK and its name: what follows the prefix was found, or a handle was obtained.
import ctypes
import json
import mmap
import os
import re
import socket
import stat
import subprocess
import sys
import time

TARGETS = json.load(open("targets.json"))
SECRET = re.compile(TARGETS["prefix"].encode() + rb"[0-9a-f]{32}")
CHUNK, MOST = 1 << 20, 64 << 20  # bytes at once, and of one mapping
DEADLINE = time.monotonic() + 8.0
SEIZE, PIDFD_OPEN, PIDFD_GETFD = 0x4206, 434, 438
libc = ctypes.CDLL(None, use_errno=True)


class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def pids():
    others = [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]
    return list(dict.fromkeys([*TARGETS["pids"], os.getppid(), *others]))


def each(kind, items):
    """Try every item until one gives something."""
    for item in items:
        if time.monotonic() > DEADLINE:
            break
        try:
            found = kind(item)
        except (OSError, ValueError):
            continue
        if found:
            return f"{item} {found}"
    return ""


def in_descriptor(fd):
    """Search what a descriptor's file holds, passing over its holes."""
    size, at, read = os.fstat(fd).st_size, 0, 0
    while read < MOST:
        try:
            at = os.lseek(fd, at, os.SEEK_DATA)
        except OSError:
            return ""
        data = os.pread(fd, CHUNK, at)
        if SECRET.search(data):
            return f"at {at} of {size}"
        if not data:
            return ""
        at, read = at + len(data), read + len(data)
    return ""


def in_file(path):
    if not stat.S_ISREG(os.stat(path).st_mode):
        return ""
    fd = os.open(path, os.O_RDONLY)
    try:
        return in_descriptor(fd)
    finally:
        os.close(fd)


def shared_mappings(pid):
    """Where a process has mapped what looks like the store: files that it shares, most of them deleted."""
    for line in open(f"/proc/{pid}/maps"):
        span, rights, _, _, _, *name = line.split(maxsplit=5)
        if "s" in rights and "r" in rights and re.search("plasma|/dev/shm|memfd|deleted", "".join(name)):
            start, end = (int(number, 16) for number in span.split("-"))
            yield start, min(end, start + MOST)


def below(folder):
    for root, _, names in os.walk(folder):
        yield from (os.path.join(root, name) for name in names)


def session_file(path):
    return stat.S_ISREG(os.stat(path).st_mode) and open(path, "rb").read(10)


def unix_socket(address):
    if address.startswith("/") and not stat.S_ISSOCK(os.stat(address).st_mode):
        return ""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        client.connect(address)
        return "connected"


def abstract_sockets():
    for line in open("/proc/net/unix"):
        name = line.split()[-1]
        if name.startswith("@"):
            yield "\0" + name[1:]


def tcp(address):
    with socket.create_connection(address, 1):
        return "connected"


def own_descriptor(fd):
    mode = os.fstat(fd).st_mode
    if stat.S_ISSOCK(mode):
        return "a socket"
    if not stat.S_ISREG(mode):
        return ""
    with mmap.mmap(fd, min(os.fstat(fd).st_size, MOST), prot=mmap.PROT_READ) as view:
        return "mapped" if SECRET.search(view) else in_descriptor(fd)


def memory(pid):
    spans = list(shared_mappings(pid))
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as file:
        for start, end in spans:
            for at in range(start, end, CHUNK):
                if SECRET.search(os.pread(file.fileno(), min(CHUNK, end - at), at)):
                    return hex(at)
    return ""


def own_mapping(pid):
    return any(shared_mappings(pid)) and "mapped: " + memory(pid)


def links(folder):
    """Search the files behind the links of a folder in /proc that look like the store."""

    def search(pid):
        parts = os.listdir(f"/proc/{pid}/{folder}")
        paths = [f"/proc/{pid}/{folder}/{part}" for part in parts]
        return each(in_file, [p for p in paths if re.search("plasma|/dev/shm|memfd", os.readlink(p))])

    return search


def through_root(pid):
    top = f"/proc/{pid}/root"
    return each(session_file, below(top + TARGETS["session"])) or each(in_file, below(f"{top}/dev/shm"))


def environment(pid):
    return b"RAY_" in open(f"/proc/{pid}/environ", "rb").read()


def reads_memory(pid):
    """process_vm_readv, at an address of our own where maps tells none: forks have the same."""
    buffer = ctypes.create_string_buffer(CHUNK)
    try:
        start = next(shared_mappings(pid))[0]
    except (OSError, StopIteration):
        start = ctypes.addressof(buffer)
    here = Vector(ctypes.addressof(buffer), CHUNK)
    there = Vector(start, CHUNK)
    return libc.process_vm_readv(pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0) > 0


def traces(pid):
    return libc.ptrace(SEIZE, pid, None, None) == 0  # which its end undoes


def takes_descriptor(pid):
    handle = libc.syscall(PIDFD_OPEN, pid, 0)
    if handle < 0:
        return ""
    try:
        return any(libc.syscall(PIDFD_GETFD, handle, fd, 0) >= 0 for fd in range(256))
    finally:
        os.close(handle)


def token(path):
    return len(open(path).read())


def connects(address):
    """Join the cluster, even with its token known."""
    code = (
        f"import ray; ray.init(address={address!r}, logging_level='ERROR', log_to_driver=False); "
        "print('CONNECTED', len(ray.nodes()))"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": TARGETS["token"]},
            capture_output=True,
            text=True,
            timeout=TARGETS["init_seconds"],
        )
    except subprocess.TimeoutExpired:
        return ""
    return "CONNECTED" in done.stdout


WAYS = {
    "session": lambda: each(session_file, below(TARGETS["session"])),
    "sockets": lambda: each(unix_socket, [*TARGETS["sockets"], *below(TARGETS["session"])]),
    "abstract": lambda: each(unix_socket, abstract_sockets()),
    "ports": lambda: each(tcp, [(host, port) for host in TARGETS["hosts"] for port in TARGETS["ports"]]),
    "shm": lambda: each(in_file, below("/dev/shm")),
    "inherited": lambda: each(own_descriptor, range(3, 1024)),
    "own mappings": lambda: each(own_mapping, ["self"]),
    "own links": lambda: each(links("fd"), ["self"]),
    "root": lambda: each(through_root, pids()),
    "descriptors": lambda: each(links("fd"), pids()),
    "mapped files": lambda: each(links("map_files"), pids()),
    "memory": lambda: each(memory, pids()),
    "environ": lambda: each(environment, pids()),
    "process_vm_readv": lambda: each(reads_memory, pids()),
    "pidfd_getfd": lambda: each(takes_descriptor, pids()),
    "ptrace": lambda: each(traces, pids()),
    "token": lambda: each(token, [TARGETS["token_file"]]),
    "variables": lambda: ", ".join(name for name in os.environ if name.startswith("RAY_")),
    "init": lambda: each(connects, [TARGETS["gcs"]]),
}

for name, way in WAYS.items():
    try:
        found = way()
    except (OSError, ValueError) as error:
        found = print("refused", name, type(error).__name__)
    if found:
        print("LEAK", name, found)
print("tried", len(WAYS), "ways")
