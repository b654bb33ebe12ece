"""A fresh project with one member on a cloud: what a test works in."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .cloud import Cloud
from .disks import Disk, open_root_disk, open_volume
from .requests import Request

if TYPE_CHECKING:
    from openstack.connection import Connection

# Service to the path and the key of a project's limits in its API.
QUOTAS = {
    "compute": ("/os-quota-sets", "quota_set"),
    "block_storage": ("/os-quota-sets", "quota_set"),
    "network": ("/quotas", "quota"),
}


@dataclass
class Project:
    """A project and its only user, who has the role ``member`` and no other."""

    cloud: Cloud
    id: str
    name: str
    user_id: str
    user_name: str
    password: str = field(repr=False)

    @property
    def credentials(self) -> dict[str, Any]:
        """The user's entry for a ``clouds.yaml``."""
        return self.cloud.build_credentials(self.user_name, self.password, self.name)

    @cached_property
    def connection(self) -> Connection:
        """A connection as the user, kept open."""
        return self.cloud.connect(self.credentials)

    # Requests.

    def mark_requests(self) -> int:
        """Return a mark to count requests from."""
        return self.cloud.requests.mark()

    def list_requests(
        self,
        since: int = 0,
        *,
        writes: bool | None = None,
        services: Collection[str] | None = None,
    ) -> list[Request]:
        """Return the requests that the user has made in this project (see ``RequestLog``)."""
        return self.cloud.requests.select(
            since, writes=writes, services=services, project_id=self.id
        )

    def count_requests(
        self,
        since: int = 0,
        *,
        writes: bool | None = None,
        services: Collection[str] | None = None,
    ) -> int:
        """Count them."""
        return len(self.list_requests(since, writes=writes, services=services))

    # Limits.

    def set_quota(self, service: str, **limits: int) -> None:
        """Set the project's limits, as administrator; -1 is none.

        ``service`` is ``compute``, ``block_storage`` or ``network``; the names of the limits are
        those of its API, for example ``instances``, ``gigabytes``, ``security_group_rule``.
        """
        path, key = QUOTAS[service]
        proxy = getattr(self.cloud.administrator, service)
        self._check(proxy.put(f"{path}/{self.id}", json={key: limits}))

    def read_usage(self, service: str) -> dict[str, int]:
        """Return what counts against the project's limits at present, by the limits' names.

        What is reserved counts, too.  Types of volumes have limits of their own
        (``volumes_file``).
        """
        path, key = QUOTAS[service]
        proxy = getattr(self.cloud.administrator, service)
        query = f"{path}/{self.id}/details.json" if service == "network" else f"{path}/{self.id}"
        query += {"compute": "/detail", "block_storage": "?usage=True"}.get(service, "")
        limits = self._check(proxy.get(query))[key]
        used = {"network": "used"}.get(service, "in_use")
        return {
            name: limit[used] + limit.get("reserved", 0)
            for name, limit in limits.items()
            if isinstance(limit, dict)
        }

    @staticmethod
    def _check(response: Any) -> dict[str, Any]:
        """Return what the API has answered; the SDK's exception if it refused."""
        from openstack.exceptions import raise_from_response

        raise_from_response(response)
        answer: dict[str, Any] = response.json()
        return answer

    # Bytes.

    def open_volume(self, volume_id: str) -> Disk:
        """Return a volume's bytes."""
        return open_volume(self.cloud, volume_id)

    def open_root_disk(self, server_id: str) -> Disk:
        """Return the bytes of a server's root disk."""
        return open_root_disk(self.cloud, server_id)

    def release_disks(self) -> int:
        """Free the room of the project's disks and images, which are of no use then.

        Quick: what the services know of them is left as it is.  Returns the bytes freed.
        """
        storage = self.connection.block_storage
        names = [f"volumes/volume-{volume.id}" for volume in storage.volumes(details=False)]
        names += [f"volumes/snapshot-{item.id}" for item in storage.snapshots(details=False)]
        servers = self.connection.compute.servers(details=False)
        names += [f"instances/{server.id}/disk" for server in servers]
        names += [f"images/{image.id}" for image in self.connection.image.images(owner=self.id)]
        disks = [Disk(self.cloud.directory / name) for name in names]
        disks = [disk for disk in disks if disk.path.exists()]
        freed_bytes = sum(disk.allocated_bytes for disk in disks)
        for disk in disks:
            disk.discard()
        return freed_bytes


def create_project(cloud: Cloud, label: str) -> Project:
    """Create a project, named after the label and a random part, with its member."""
    identity: Any = cloud.administrator.identity
    name = f"{label[:40]}-{secrets.token_hex(4)}"
    password = secrets.token_urlsafe(18)
    project = identity.create_project(name=name, domain_id="default")
    user = identity.create_user(name=name, password=password, domain_id="default")
    role = identity.find_role("member", ignore_missing=False)
    identity.assign_project_role_to_user(project, user, role)
    return Project(cloud, project.id, name, user.id, name, password)


def write_clouds_file(path: Path, projects: dict[str, Project]) -> None:
    """Write a ``clouds.yaml`` with one entry for each project, readable by its owner only."""
    import yaml

    path.touch(mode=0o600)
    entries = {name: project.credentials for name, project in projects.items()}
    path.write_text(yaml.safe_dump({"clouds": entries}), encoding="utf-8")
