"""Start and stop clouds in a state directory.

``STATE/clouds.yaml`` has the credentials for all of them, ``STATE/<name>/`` is one cloud,
``CACHE/venv-*`` the services' Python and ``CACHE/templates-*`` their migrated databases.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path

import yaml

from . import content
from .cloud import Cloud, Settings
from .configuration import write_configuration
from .databases import copy_databases, move_endpoints, prepare_templates
from .environment import (
    REPOSITORY,
    check_programs,
    list_variables,
    lock_file,
    prepare_environment,
)
from .errors import SandboxError
from .processes import ProcessIdentity, stop_processes
from .services import HOST, PORT_OFFSETS, PROCESSES

DEFAULT_NAMES = ("src", "dst")
NAME = re.compile(r"[a-z][a-z0-9]{0,19}")
FIRST_PORT_BASE = 21_000
LAST_PORT_BASE = 32_000
PORT_BASE_STEP = 100
START_SECONDS = 300.0

Sockets = dict[str, socket.socket]


def find_state_directory() -> Path:
    """Return $DOWNPOUR_SANDBOX_DIR, or a directory in the user's cache."""
    if configured := os.environ.get("DOWNPOUR_SANDBOX_DIR"):
        return Path(configured).absolute()
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache, "downpour-sandbox").absolute()


def bind_ports(port_base: int) -> Sockets | None:
    """Listen on the ports of one cloud; None if one of them is taken.

    The services get these very sockets, so nobody can take a port in between.
    """
    sockets: Sockets = {}
    for service, offset in PORT_OFFSETS.items():
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sockets[service] = listener
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port_base + offset))
            listener.listen(128)
        except OSError:
            close_sockets(sockets)
            return None
    return sockets


def close_sockets(sockets: Sockets) -> None:
    """Close all sockets of a cloud."""
    for listener in sockets.values():
        listener.close()


def bind_free_ports(preferred: int | None) -> tuple[int, Sockets]:
    """Listen on the preferred ports, else on the first free ones; return their base, too."""
    candidates = list(range(FIRST_PORT_BASE, LAST_PORT_BASE, PORT_BASE_STEP))
    for port_base in [preferred, *candidates] if preferred else candidates:
        if sockets := bind_ports(port_base):
            return port_base, sockets
    raise SandboxError(f"no free ports on {HOST} from {FIRST_PORT_BASE} to {LAST_PORT_BASE}")


def write_keys(directory: Path, count: int = 2) -> None:
    """Write new Fernet keys."""
    from base64 import urlsafe_b64encode

    directory.mkdir(mode=0o700)
    for number in range(count):
        (directory / str(number)).write_bytes(urlsafe_b64encode(os.urandom(32)))


class Sandbox:
    """A state directory and the clouds in it."""

    def __init__(
        self,
        state: Path | None = None,
        cache: Path | None = None,
        say: Callable[[str], None] = lambda _text: None,
    ):
        """Use a state directory (default: ``find_state_directory()``).

        ``cache``: where environment and templates are, if not there.  ``say`` gets progress.
        """
        self.state = (state or find_state_directory()).absolute()
        self.cache = (cache or self.state).absolute()
        self._say = say

    @property
    def clouds_file(self) -> Path:
        """The ``clouds.yaml`` with the credentials for all clouds."""
        return self.state / "clouds.yaml"

    def open_cloud(self, name: str) -> Cloud:
        """Return a cloud, which need not exist; ``SandboxError`` if it cannot have this name."""
        if not NAME.fullmatch(name):
            raise SandboxError(f"{name!r} cannot name a cloud: use lower-case letters and digits")
        return Cloud(self.state / name)

    def list_clouds(self) -> list[Cloud]:
        """Return the clouds that were set up here, running or not."""
        clouds = [Cloud(path.parent) for path in sorted(self.state.glob("*/cloud.json"))]
        return [cloud for cloud in clouds if cloud.is_filled]

    def start_clouds(
        self, names: Sequence[str] = DEFAULT_NAMES, owner: ProcessIdentity | None = None
    ) -> list[Cloud]:
        """Start clouds that do not run, and return all that are named.

        Services of clouds started here end when the owner does.  Raises ``SandboxError``.
        """
        clouds = [self.open_cloud(name) for name in names]
        check_programs()
        with lock_file(self.state / "clouds.lock"):
            stopped = [cloud for cloud in clouds if not cloud.is_running]
            if stopped:
                self._say("preparing the services' environment")
                environment = prepare_environment(self.cache)
                self._say("preparing the databases")
                templates = prepare_templates(self.cache, environment)
                self._say(f"starting {' and '.join(cloud.name for cloud in stopped)}")
                try:
                    self._start_stopped(stopped, environment, templates, owner)
                except BaseException:
                    for cloud in stopped:
                        stop_processes(cloud.list_processes().values())
                    raise
            self.write_clouds_file()
        return clouds

    def stop_clouds(self, names: Sequence[str] = DEFAULT_NAMES, wipe: bool = False) -> None:
        """Stop clouds, and forget all that is in them if they are to be wiped."""
        clouds = [self.open_cloud(name) for name in names]
        with lock_file(self.state / "clouds.lock"):
            processes = [p for cloud in clouds for p in cloud.list_processes().values()]
            stop_processes(processes)
            if wipe:
                for cloud in clouds:
                    shutil.rmtree(cloud.directory, ignore_errors=True)
                self.write_clouds_file()

    def write_clouds_file(self) -> None:
        """Write the credentials for all clouds, readable by their owner only."""
        entries = {}
        for cloud in self.list_clouds():
            entries.update(cloud.credentials)
        part = self.clouds_file.with_suffix(".part")
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        part.write_text(yaml.safe_dump({"clouds": entries}), encoding="utf-8")
        part.replace(self.clouds_file)

    def _start_stopped(
        self,
        clouds: Sequence[Cloud],
        environment: Path,
        templates: Path,
        owner: ProcessIdentity | None,
    ) -> None:
        with ExitStack() as stack:
            all_sockets = {}
            for cloud in clouds:
                # Half of a cloud may be left from a crash.
                stop_processes(cloud.list_processes().values())
                all_sockets[cloud.name] = self._prepare_cloud(cloud, environment, templates)
                stack.callback(close_sockets, all_sockets[cloud.name])
            launcher = self._launch(clouds, all_sockets, environment, owner)
        identity = ProcessIdentity.of_pid(launcher.pid)
        end = time.monotonic() + START_SECONDS
        try:
            new_clouds = [cloud for cloud in clouds if not cloud.settings.is_filled]
            for cloud in clouds:
                cloud.wait_until_ready(["keystone"], identity, end)
                if cloud in new_clouds:
                    content.fill_identity(cloud)
                (cloud.directory / "run" / "identity.ready").touch()
            for cloud in clouds:
                cloud.wait_until_ready(PROCESSES, identity, end)
            for cloud in new_clouds:
                content.fill_resources(cloud)
                cloud.write_settings(
                    Settings(cloud.settings.port_base, cloud.settings.passwords, is_filled=True)
                )
        finally:
            # With its children: what is still being imported must not become a service now.
            with suppress(ProcessLookupError):
                os.killpg(launcher.pid, signal.SIGKILL)
            launcher.wait()

    def _prepare_cloud(self, cloud: Cloud, environment: Path, templates: Path) -> Sockets:
        """Make a cloud's directory ready for its services and listen on its ports."""
        if cloud.is_filled:
            port_base, sockets = bind_free_ports(cloud.settings.port_base)
            if port_base != cloud.settings.port_base:
                databases = cloud.directory / "db"
                move_endpoints(databases, cloud.settings.port_base, port_base)
                cloud.write_settings(Settings(port_base, cloud.settings.passwords, is_filled=True))
            is_new = False
        else:
            shutil.rmtree(cloud.directory, ignore_errors=True)
            cloud.directory.mkdir(mode=0o700)
            port_base, sockets = bind_free_ports(None)
            cloud.write_settings(Settings.draw(port_base))
            is_new = True
        shutil.rmtree(cloud.directory / "run", ignore_errors=True)
        write_configuration(
            cloud.directory,
            cloud.name,
            cloud.urls,
            cloud.settings.passwords["service"],
            environment / "etc",
        )
        if is_new:
            copy_databases(templates, cloud.directory / "db")
            write_keys(cloud.directory / "etc" / "fernet")
            write_keys(cloud.directory / "etc" / "credential")
        return sockets

    def _launch(
        self,
        clouds: Sequence[Cloud],
        all_sockets: dict[str, Sockets],
        environment: Path,
        owner: ProcessIdentity | None,
    ) -> subprocess.Popen[bytes]:
        """Start the process that forks all services."""
        descriptors = {
            name: {service: listener.fileno() for service, listener in sockets.items()}
            for name, sockets in all_sockets.items()
        }
        request = [
            {
                "name": cloud.name,
                "directory": str(cloud.directory),
                "urls": cloud.urls,
                "sockets": descriptors[cloud.name],
                "admin_password": cloud.settings.passwords["admin"],
                "owner": asdict(owner) if owner else None,
            }
            for cloud in clouds
        ]
        with (clouds[0].directory / "log" / "launch.out").open("ab") as log:
            launcher = subprocess.Popen(
                [environment / "bin" / "python", "-m", "demo.sandbox.driver.launch"],
                env=list_variables(environment),
                cwd=REPOSITORY,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=[fd for sockets in descriptors.values() for fd in sockets.values()],
            )
        assert launcher.stdin is not None
        launcher.stdin.write(json.dumps(request).encode())
        launcher.stdin.close()
        return launcher
