"""Ray without noise, with a private token, and a dead address refused at once."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from actors.errors import InputError
from runners.ray_session import private_token, probe, stderr_in

ROOT = Path(__file__).parent.parent.parent
NOISY = """
from runners.ray_session import environment, ray_session
environment()
from runners.settings import RaySettings
with ray_session(RaySettings(object_store_gib=0.2, slots=3)) as session:
    import ray

    @ray.remote(num_cpus=0)
    class Noisy:
        def work(self):
            print("stray line")

    actors = [Noisy.remote() for _ in range(6)]
    ray.get([actor.work.remote() for actor in actors])
    assert session.slots == 3
    assert session.nodes == 1
print("done")
"""


@pytest.mark.ray
def test_a_session_writes_nothing_of_its_own(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", NOISY],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def test_a_dead_address_is_refused_at_once() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    begun = time.monotonic()
    with pytest.raises(InputError, match=f"ray.address=127.0.0.1:{port}: nothing answers"):
        probe(f"127.0.0.1:{port}")
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("address", ["head", "head:", ":6379", "head:port"])
def test_a_malformed_address_is_refused(address: str) -> None:
    with pytest.raises(InputError, match="HOST:PORT"):
        probe(address)


def test_an_open_port_passes() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        probe(f"127.0.0.1:{server.getsockname()[1]}")


def test_the_token_becomes_the_owners_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = tmp_path / "token"
    token.write_text("secret")
    token.chmod(0o644)
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(token))
    private_token()
    assert token.stat().st_mode & 0o777 == 0o600


def test_stderr_goes_to_the_log_and_comes_back(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "sweep.log"
    with pytest.raises(ValueError, match="boom"):
        _fail_noisily(log)
    os.write(2, b"after\n")
    assert log.read_text() == "from C\n"
    assert capfd.readouterr().err == "after\n"


def _fail_noisily(log: Path) -> None:
    with stderr_in(log):
        os.write(2, b"from C\n")
        raise ValueError("boom")
