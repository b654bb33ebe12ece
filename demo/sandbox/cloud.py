"""One cloud of the sandbox: where it keeps things, whether it runs, how to talk to it."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Collection
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from .errors import SandboxError
from .processes import ProcessIdentity
from .requests import RequestLog
from .services import PROCESSES, REGION, list_urls

if TYPE_CHECKING:
    from openstack.connection import Connection

# Projects that each cloud has from the start, each with one user who is a plain member.
PROJECTS = ("alpha", "beta")


@dataclass
class Settings:
    """What is decided once for a cloud; kept in ``cloud.json``."""

    port_base: int
    passwords: dict[str, str]
    """By user: admin, service (all service users), and each project's member."""
    is_filled: bool = False
    """Whether the first content is complete; if not, the cloud is of no use."""

    @classmethod
    def draw(cls, port_base: int) -> Self:
        """Return settings for a new cloud."""
        users = ("admin", "service", *PROJECTS)
        return cls(port_base, {user: secrets.token_urlsafe(18) for user in users})


class Cloud:
    """A cloud in a directory of its own, running or not."""

    def __init__(self, directory: Path):
        self.directory = directory
        self.name = directory.name

    # Settings.

    @cached_property
    def settings(self) -> Settings:
        """The cloud's settings; ``SandboxError`` if it was never started."""
        try:
            text = (self.directory / "cloud.json").read_text(encoding="utf-8")
        except FileNotFoundError:
            raise SandboxError(
                f"there is no cloud in {self.directory}; run: python -m demo.sandbox up"
            ) from None
        return Settings(**json.loads(text))

    def write_settings(self, settings: Settings) -> None:
        """Keep settings, at once or not at all."""
        part = self.directory / "cloud.json.part"
        part.touch(mode=0o600)
        part.write_text(json.dumps(asdict(settings)), encoding="utf-8")
        part.replace(self.directory / "cloud.json")
        self.settings = settings

    @property
    def is_filled(self) -> bool:
        """Whether the cloud was completely set up some time."""
        return (self.directory / "cloud.json").exists() and self.settings.is_filled

    @property
    def urls(self) -> dict[str, str]:
        """Service name to base URL."""
        return list_urls(self.settings.port_base)

    def build_credentials(self, user: str, password: str, project: str) -> dict[str, Any]:
        """Return an entry of a ``clouds.yaml``."""
        return {
            "auth": {
                "auth_url": f"{self.urls['keystone']}/v3",
                "username": user,
                "password": password,
                "project_name": project,
                "user_domain_id": "default",
                "project_domain_id": "default",
            },
            "region_name": REGION,
            "identity_api_version": "3",
        }

    @property
    def credentials(self) -> dict[str, dict[str, Any]]:
        """Entries of a ``clouds.yaml``: ``NAME-admin``, and the member of each project."""
        passwords = self.settings.passwords
        entries = {
            f"{self.name}-admin": self.build_credentials("admin", passwords["admin"], "admin")
        }
        for project in PROJECTS:
            entries[f"{self.name}-{project}"] = self.build_credentials(
                f"{project}-user", passwords[project], project
            )
        return entries

    # Talking to it.

    def connect(self, credentials: dict[str, Any]) -> Connection:
        """Return a new connection with an entry of a ``clouds.yaml``, not yet logged in."""
        import openstack

        return openstack.connect(load_yaml_config=False, load_envvars=False, **credentials)

    @cached_property
    def administrator(self) -> Connection:
        """A connection as the cloud's administrator, kept open."""
        return self.connect(self.credentials[f"{self.name}-admin"])

    @cached_property
    def requests(self) -> RequestLog:
        """The log of all API requests."""
        return RequestLog(self.directory / "log" / "requests.jsonl")

    def count_requests(
        self,
        since: int = 0,
        *,
        writes: bool | None = None,
        services: Collection[str] | None = None,
        project_id: str | None = None,
    ) -> int:
        """Count users' requests, as ``RequestLog.select`` selects them."""
        return len(
            self.requests.select(since, writes=writes, services=services, project_id=project_id)
        )

    # Processes.

    def list_processes(self) -> dict[str, ProcessIdentity]:
        """Return the processes of this cloud that run, by service."""
        recorded = {
            service: ProcessIdentity.read(self.directory / "run" / f"{service}.pid")
            for service in PROCESSES
        }
        return {
            service: process
            for service, process in recorded.items()
            if process and process.is_running
        }

    def is_ready(self, service: str) -> bool:
        """Whether a service has said that it answers."""
        return (self.directory / "run" / f"{service}.ready").exists()

    @property
    def is_running(self) -> bool:
        """Whether all services run and answer."""
        return len(self.list_processes()) == len(PROCESSES) and all(map(self.is_ready, PROCESSES))

    def read_log_ends(self, service: str, lines: int = 12) -> str:
        """Return the last lines of a service's output and of its log.

        Which of the two says why it died depends on how far it came.
        """
        ends = []
        for suffix in ("out", "log"):
            path = self.directory / "log" / f"{service}.{suffix}"
            if path.exists() and path.stat().st_size:
                text = path.read_text(encoding="utf-8", errors="replace")
                ends += [f"--- {path}", *text.splitlines()[-lines:]]
        return "\n".join(ends or [f"its log in {self.directory / 'log'} is empty"])

    def wait_until_ready(
        self, services: Collection[str], launcher: ProcessIdentity | None, end: float
    ) -> None:
        """Wait until services answer.

        Raises ``SandboxError`` with the end of a service's log as soon as that has died, at the
        monotonic time ``end`` at the latest.  While the launcher runs, a service may not yet exist.
        """
        missing = list(services)
        while missing := [service for service in missing if not self.is_ready(service)]:
            is_launching = launcher is not None and launcher.is_running
            processes = self.list_processes()
            for service in missing:
                has_started = (self.directory / "run" / f"{service}.pid").exists()
                has_died = service not in processes and (has_started or not is_launching)
                if (has_died and not self.is_ready(service)) or time.monotonic() > end:
                    what = "has died" if has_died else "does not get ready"
                    raise SandboxError(
                        f"{service} of the cloud {self.name} {what}:\n{self.read_log_ends(service)}"
                    )
            time.sleep(0.05)
