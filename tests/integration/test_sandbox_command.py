"""``python -m demo.sandbox``: starting, stopping and wiping clouds, and what can go wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import openstack
import pytest

from demo.sandbox.cloud import Cloud
from demo.sandbox.environment import check_programs
from demo.sandbox.errors import SandboxError
from demo.sandbox.processes import ProcessIdentity, wait_while
from demo.sandbox.sandbox import Sandbox, bind_ports, close_sockets, find_state_directory
from demo.sandbox.services import PROCESSES

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def owner() -> Iterator[subprocess.Popen[bytes]]:
    """A process for clouds to belong to."""
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """An empty state directory, beside that of the session's clouds; stopped at the end."""
    sandbox = Sandbox(tmp_path / "state", find_state_directory())
    yield sandbox
    sandbox.stop_clouds(["solo"], wipe=True)


@pytest.fixture
def run_command(
    sandbox: Sandbox, owner: subprocess.Popen[bytes]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """A function that runs an action of the command on the cloud ``solo``."""

    def run(action: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "demo.sandbox", "--state-dir", str(sandbox.state)]
        command += ["--cache-dir", str(sandbox.cache), "--owner-pid", str(owner.pid)]
        return subprocess.run(
            [*command, action, "solo"], cwd=CHECKOUT, capture_output=True, text=True, check=False
        )

    return run


def list_networks(sandbox: Sandbox) -> list[str]:
    """Return the names of the networks that the member of alpha sees."""
    cloud = Cloud(sandbox.state / "solo")
    return [
        network.name
        for network in cloud.connect(cloud.credentials["solo-alpha"]).network.networks()
    ]


def test_life_of_a_cloud(
    clouds: tuple[Cloud, Cloud],
    sandbox: Sandbox,
    run_command: Callable[..., subprocess.CompletedProcess[str]],
    owner: subprocess.Popen[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Up, down, up elsewhere with all that was there, a failure, reset, and the owner's end."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(sandbox.clouds_file))
    assert run_command("status").returncode == 1
    up = run_command("up")
    assert up.returncode == 0, up.stderr
    assert up.stdout == f"export OS_CLIENT_CONFIG_FILE={sandbox.clouds_file}\n"
    assert sandbox.clouds_file.stat().st_mode & 0o777 == 0o600
    cloud = sandbox.open_cloud("solo")
    port_base = cloud.settings.port_base
    assert port_base not in {other.settings.port_base for other in clouds}
    openstack.connect(cloud="solo-alpha").network.create_network(name="kept")
    first_processes = cloud.list_processes()
    assert set(first_processes) == set(PROCESSES)

    # Up again: nothing to do.
    assert run_command("up").returncode == 0
    assert cloud.list_processes() == first_processes
    status = run_command("status")
    assert status.returncode == 0
    assert "solo: up" in status.stdout

    assert run_command("down").returncode == 0
    assert cloud.list_processes() == {}
    assert not any(process.is_running for process in first_processes.values())

    # A service that cannot start is named, with its log; nothing is left running.
    database = cloud.directory / "db" / "cinder.sqlite"
    intact = database.read_bytes()
    database.write_bytes(b"this is no database" * 1000)
    failure = run_command("up")
    assert failure.returncode == 1
    assert "cinder of the cloud solo has died" in failure.stderr
    assert f"--- {cloud.directory}/log/cinder.log" in failure.stderr
    assert "file is not a database" in failure.stderr
    assert cloud.list_processes() == {}
    database.write_bytes(intact)

    # Another program has taken the ports meanwhile: this one, if no other was faster. What was
    # killed a moment ago may still have them.
    end = time.monotonic() + 10
    while not (taken := bind_ports(port_base)) and time.monotonic() < end:
        time.sleep(0.05)
    assert run_command("up").returncode == 0
    close_sockets(taken or {})
    cloud = sandbox.open_cloud("solo")
    assert cloud.settings.port_base != port_base
    assert set(list_networks(sandbox)) == {"kept", "public"}

    old_password = cloud.settings.passwords["alpha"]
    assert run_command("reset").returncode == 0
    cloud = sandbox.open_cloud("solo")
    assert list_networks(sandbox) == ["public"]
    assert cloud.settings.passwords["alpha"] != old_password

    processes = cloud.list_processes().values()
    owner.kill()
    owner.wait()
    end = time.monotonic() + 5
    while any(process.is_running for process in processes):
        assert time.monotonic() < end, "the services outlive their owner"
        time.sleep(0.05)


def test_missing_qemu_img_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without qemu-img there is one message, with the one command to run."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxError, match="run: apt-get install qemu-utils"):
        check_programs()


@pytest.mark.parametrize("name", ["", "..", "a/b", "A", "venv-1", "x" * 40])
def test_bad_names_are_refused(sandbox: Sandbox, name: str) -> None:
    """A cloud's name can be no path, and nothing else that is in the state directory."""
    with pytest.raises(SandboxError, match="cannot name a cloud"):
        sandbox.start_clouds([name])


def test_reused_pid_is_another_process(tmp_path: Path) -> None:
    """A record of a process that has ended never stands for one that got its pid since."""
    here = ProcessIdentity.of_pid(os.getpid())
    assert here is not None
    assert here.is_running
    former = ProcessIdentity(here.pid, here.started - 1)
    assert not former.is_running
    former.send_signal(signal.SIGKILL)
    here.write(tmp_path / "pid")
    assert ProcessIdentity.read(tmp_path / "pid") == here
    (tmp_path / "pid").write_text("nonsense")
    assert ProcessIdentity.read(tmp_path / "pid") is None


def test_watch_ends_with_the_process() -> None:
    """The end of a watched process is noticed at once, and so is one that ended before."""
    with subprocess.Popen(["sleep", "0.3"]) as process:
        identity = ProcessIdentity.of_pid(process.pid)
        assert identity is not None
        began = time.monotonic()
        wait_while(identity, lambda: True, check_seconds=30)
        assert 0.1 < time.monotonic() - began < 5
    wait_while(identity, lambda: True, check_seconds=30)
    wait_while(ProcessIdentity.of_pid(os.getpid()), lambda: False, check_seconds=30)
