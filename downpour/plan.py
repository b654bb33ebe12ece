"""From the closed set to what will be done: which bytes by which route, and what is left behind.

Pure: reads only the closure and its inventory.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable, Iterator, Mapping

from downpour.resources.inventory import Inventory
from downpour.resources.model import (
    Finding,
    Key,
    Options,
    Resource,
    Severity,
    note,
    omission,
)
from downpour.resources.router import list_interfaces
from downpour.resources.server import get_image_id, get_root_volume, list_volumes
from downpour.walk import Closure, describe_resource

GIB = 1 << 30
# nova/compute/api.py: the states in which createImage is allowed
_SERVER_STATES = frozenset({"ACTIVE", "PAUSED", "SHUTOFF", "SUSPENDED"})
_BROKEN_SERVER_STATES = frozenset({"BUILD", "DELETED", "ERROR", "SOFT_DELETED", "UNKNOWN"})


class Route(enum.Enum):
    """How the bytes of a resource become an image that can be downloaded."""

    DOWNLOAD = "download"
    SERVER_SNAPSHOT = "server snapshot"
    VOLUME_UPLOAD = "volume upload"
    VOLUME_SNAPSHOT = "volume snapshot"


# The temporary objects that each route needs in the source cloud, in the order of their creation.
TEMPORARY_KINDS: dict[Route, tuple[str, ...]] = {
    Route.DOWNLOAD: (),
    Route.SERVER_SNAPSHOT: ("image",),
    Route.VOLUME_UPLOAD: ("image",),
    Route.VOLUME_SNAPSHOT: ("snapshot", "volume", "image"),
}


@dataclasses.dataclass(frozen=True)
class Capture:
    """The bytes of one resource; ``size_bytes`` is exact for images, else the most it can be.

    Captures of one ``group`` (a server) are frozen together before any is copied;
    ``server_ids`` are the servers that may write to the disk meanwhile.
    """

    resource: Resource
    route: Route
    size_bytes: int
    group: str
    server_ids: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Plan:
    """What an export takes: ``resources`` in the order of creation, ``captures`` for bytes."""

    inventory: Inventory
    resources: tuple[Resource, ...]
    options: Mapping[Key, Options]
    captures: tuple[Capture, ...]
    findings: tuple[Finding, ...]

    @property
    def size_bytes(self) -> int:
        """Return the most that the captures can take on disk."""
        return sum(capture.size_bytes for capture in self.captures)

    @property
    def has_omissions(self) -> bool:
        """Tell whether something that was asked for is left behind."""
        return any(finding.severity is Severity.OMISSION for finding in self.findings)

    def capture_for(self, resource: Resource) -> Capture | None:
        """Return how the bytes of a resource are taken, ``None`` when it has none."""
        for capture in self.captures:
            if capture.resource.key == resource.key:
                return capture
        return None


def group_captures(captures: Iterable[Capture]) -> list[list[Capture]]:
    """Return captures by their group; those of one group are frozen together."""
    groups: dict[str, list[Capture]] = {}
    for capture in captures:
        groups.setdefault(capture.group, []).append(capture)
    return list(groups.values())


def make_plan(closure: Closure) -> Plan:
    """Decide what is carried and how."""
    judge = _Judge(closure)
    carried = tuple(resource for resource in closure.resources if judge.is_carried(resource))
    captures = tuple(
        capture for resource in carried if (capture := judge.plan_capture(resource)) is not None
    )
    kept = {resource.key for resource in carried}
    findings = [
        finding for finding in closure.findings if (finding.type, finding.id) in kept
    ] + judge.findings
    return Plan(
        closure.inventory, carried, closure.options, captures, _sort_findings(findings, closure)
    )


def _sort_findings(findings: list[Finding], closure: Closure) -> tuple[Finding, ...]:
    order = {type_name: place for place, type_name in enumerate(closure.inventory.types)}
    return tuple(
        sorted(
            dict.fromkeys(findings),
            key=lambda finding: (
                finding.severity.value != "omission",
                order[finding.type],
                finding.name,
                finding.id,
                finding.reason,
            ),
        )
    )


class _Judge:
    """Finds for each resource why it cannot be carried, and remembers it as a finding."""

    def __init__(self, closure: Closure) -> None:
        self.closure = closure
        self.inventory = closure.inventory
        self.findings: list[Finding] = []
        self.lost: dict[Key, str] = {}
        members = {resource.key for resource in closure.resources}
        # In the order of creation: whether a server can be made depends on its volumes.
        for resource in closure.resources:
            reasons = list(self.find_reasons(resource, members))
            if reasons:
                self.lost[resource.key] = reasons[0]
                self.findings.extend(omission(resource, reason) for reason in reasons)
        for resource in closure.resources:
            if resource.type == "server" and resource.key not in self.lost:
                self.findings.extend(self.find_notes(resource))
            elif resource.type == "router":
                self.findings.extend(self.find_idle_interfaces(resource, members))

    def is_carried(self, resource: Resource) -> bool:
        """Tell whether a resource is created in the destination; ports go with their server."""
        if resource.type == "port":
            return ("server", resource["device_id"]) not in self.lost
        return resource.key not in self.lost

    def find_reasons(self, resource: Resource, members: set[Key]) -> Iterator[str]:
        """Yield why a resource cannot be carried at all."""
        is_saved = self.closure.options_for(resource).is_state_saved
        if resource.type == "image":
            if resource["status"] != "active":
                yield f"cannot be carried: its status is {resource['status']}"
            elif not resource["size"]:
                yield (
                    "cannot be carried: it has no bytes of its own "
                    "(an image of a server that boots from a volume?); export that server"
                )
        elif resource.type == "volume" and is_saved:
            if resource["encrypted"]:
                yield (
                    "cannot be carried: it is encrypted and the key stays in the source; copy the "
                    "data to a volume that is not, or name it with save_state: false"
                )
            elif resource["status"] not in ("available", "in-use"):
                yield f"cannot be carried: its status is {resource['status']}"
        elif resource.type == "server":
            yield from self.find_server_reasons(resource, is_saved, members)

    def find_server_reasons(
        self, server: Resource, is_saved: bool, members: set[Key]
    ) -> Iterator[str]:
        status, image_id = server["status"], get_image_id(server)
        if status in _BROKEN_SERVER_STATES:
            yield f"cannot be carried: its status is {status}"
        elif image_id and is_saved:
            if status not in _SERVER_STATES or server["OS-EXT-STS:task_state"]:
                yield (
                    f"cannot be carried: no snapshot can be taken in status {status}"
                    f" (task {server['OS-EXT-STS:task_state']})"
                )
        elif image_id:
            if ("image", image_id) not in members or ("image", image_id) in self.lost:
                yield (f"cannot be carried: its image {image_id} cannot be; save its state instead")
        else:
            root = get_root_volume(server, self.inventory)
            if root is None:
                yield "cannot be carried: neither its image nor its root volume is visible"
            elif root.key in self.lost:
                yield f"cannot be carried: its root {describe_resource(root)} cannot be"
            elif not self.closure.options_for(root).is_state_saved:
                yield (
                    f"cannot be carried: its root {describe_resource(root)} is named with "
                    "save_state: false and would be empty"
                )

    def find_notes(self, server: Resource) -> Iterator[Finding]:
        """Yield what to know about a server that is carried."""
        for volume in list_volumes(server, self.inventory):
            if volume.key in self.lost:
                yield omission(server, f"it is made without its {describe_resource(volume)}")
        if not get_image_id(server) and not self.closure.options_for(server).is_state_saved:
            yield note(
                server,
                "save_state: false says nothing here: it boots from a volume, which has a "
                "setting of its own",
            )
        key_name = self.closure.options_for(server).key_name or server["key_name"]
        if key_name and self.inventory.get(("keypair", key_name)) is None:
            yield note(
                server, f"its keypair {key_name!r} is not visible: the destination must have it"
            )

    def find_idle_interfaces(self, router: Resource, members: set[Key]) -> Iterator[Finding]:
        """Yield the interfaces that stay behind because nothing that is carried uses them."""
        for subnet, address in list_interfaces(router, self.inventory):
            if subnet is not None and self.inventory.is_owned(subnet) and subnet.key not in members:
                yield note(
                    router,
                    f"its interface {address} in {describe_resource(subnet)} is left out: "
                    "nothing of this export is in that subnet",
                )

    def plan_capture(self, resource: Resource) -> Capture | None:
        """Return how the bytes of a resource are taken; ``None`` when there are none to take."""
        is_saved = self.closure.options_for(resource).is_state_saved
        if resource.type == "image":
            return Capture(resource, Route.DOWNLOAD, int(resource["size"]), resource.id)
        if resource.type == "volume" and is_saved:
            size_bytes = int(resource["size"]) * GIB
            if resource["status"] == "available":
                return Capture(resource, Route.VOLUME_UPLOAD, size_bytes, resource.id)
            servers = tuple(sorted(item["server_id"] for item in resource["attachments"] or ()))
            group = servers[0] if servers else resource.id
            return Capture(resource, Route.VOLUME_SNAPSHOT, size_bytes, group, servers)
        if resource.type == "server" and is_saved and get_image_id(resource):
            size_bytes = self.estimate_root_disk(resource)
            return Capture(resource, Route.SERVER_SNAPSHOT, size_bytes, resource.id, (resource.id,))
        return None

    def estimate_root_disk(self, server: Resource) -> int:
        """Return the size of a server's root disk: its flavor's, or its image's where that is 0."""
        disk_gib = int((server["flavor"] or {}).get("disk") or 0)
        image = self.inventory.get(("image", get_image_id(server) or ""))
        image_bytes = int((image["virtual_size"] or image["size"] or 0) if image else 0)
        return max(disk_gib * GIB, image_bytes)
