"""A tenant that a test writes by hand: listings as a cloud would give them."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from typing import Any

from downpour.bundle.layout import name_data_file
from downpour.collection import Argument
from downpour.plan import Plan, make_plan
from downpour.resources import RESOURCE_TYPES
from downpour.resources.inventory import Inventory
from downpour.resources.model import DataFile, Finding, Key, Listing, Options, Resource, Severity
from downpour.resources.scope import Scope
from downpour.walk import Closure, walk_selection

PROJECT = "11111111111111111111111111111111"
OTHER_PROJECT = "22222222222222222222222222222222"

_DEFAULTS: dict[str, dict[str, Any]] = {
    "keypair": {"type": "ssh", "public_key": "ssh-ed25519 AAAA comment"},
    "image": {
        "owner": PROJECT,
        "status": "active",
        "size": 1000,
        "disk_format": "raw",
        "container_format": "bare",
        "visibility": "private",
    },
    "volume": {
        "status": "available",
        "size": 1,
        "attachments": [],
        "metadata": {},
        "encrypted": False,
        "bootable": False,
    },
    "server": {
        "status": "ACTIVE",
        "flavor": {"original_name": "m1.tiny", "vcpus": 1, "ram": 512, "disk": 1},
        "addresses": {},
        "os-extended-volumes:volumes_attached": [],
    },
    "network": {"project_id": PROJECT, "router:external": False, "shared": False},
    "subnet": {
        "project_id": PROJECT,
        "ip_version": 4,
        "cidr": "10.0.0.0/24",
        "gateway_ip": "10.0.0.1",
    },
    "router": {"project_id": PROJECT},
    "port": {
        "project_id": PROJECT,
        "mac_address": "fa:16:3e:00:00:01",
        "fixed_ips": [],
        "security_groups": [],
        "device_id": "",
        "device_owner": "compute:nova",
    },
    "server group": {"project_id": PROJECT, "policy": "affinity", "rules": {}, "members": []},
    "floating ip": {"project_id": PROJECT, "floating_ip_address": "198.51.100.7", "port_id": None},
    "security group": {"project_id": PROJECT},
    "security group rule": {
        "project_id": PROJECT,
        "direction": "ingress",
        "ethertype": "IPv4",
    },
}


class Tenant:
    """A project whose resources a test adds one by one; the ids count upwards."""

    def __init__(self) -> None:
        self.listings: dict[str, list[dict[str, Any]]] = {
            listing.name: []
            for resource_type in RESOURCE_TYPES.values()
            for listing in (resource_type.listing, *resource_type.more_listings)
        }
        self._count = 0

    def add(self, type_name: str, name: str = "", **attributes: Any) -> str:
        """Add a resource and return its id; attributes with a colon are given by ``**{}``."""
        self._count += 1
        source_id = f"{self._count:08x}-0000-4000-8000-000000000000"
        document = {
            "id": name if type_name == "keypair" else source_id,
            "name": name,
            **_DEFAULTS[type_name],
            **attributes,
        }
        self.listings[RESOURCE_TYPES[type_name].listing.name].append(document)
        return str(document["id"])

    def add_server(self, name: str = "", image: str | None = None, **attributes: Any) -> str:
        """Add a server that boots from an image, or (``None``) from a volume attached to it."""
        return self.add("server", name, image={"id": image} if image else "", **attributes)

    def add_attached_volume(
        self, server: str, name: str = "", device: str = "/dev/vdb", **attributes: Any
    ) -> str:
        """Add a volume that is attached to a server."""
        return self.add(
            "volume",
            name,
            status="in-use",
            attachments=[{"server_id": server, "device": device}],
            **attributes,
        )

    def inventory(self) -> Inventory:
        """Return the listings as an inventory; each call reads them anew."""
        return Inventory(RESOURCE_TYPES, self.read_listing, PROJECT)

    def read_listing(self, listing: Listing) -> list[dict[str, Any]]:
        """Return the documents of a listing."""
        return self.listings[listing.name]

    def get(self, type_name: str, source_id: str) -> Resource:
        """Return one resource that was added."""
        resource = self.inventory().get((type_name, source_id))
        assert resource is not None
        return resource

    def walk(self, *named: Key, options: Mapping[Key, Options] | None = None) -> Closure:
        """Return the closure of what is named."""
        return walk_selection(
            {key: (options or {}).get(key, Options()) for key in named}, self.inventory()
        )

    def plan(self, *named: Key, options: Mapping[Key, Options] | None = None) -> Plan:
        """Return the plan for what is named."""
        return make_plan(self.walk(*named, options=options))

    def bundle(
        self, *named: Key, options: Mapping[Key, Options] | None = None
    ) -> tuple[Plan, dict[Key, DataFile]]:
        """Return the plan for what is named, and its data files as if all had been saved."""
        plan = self.plan(*named, options=options)
        return plan, save_plan(plan)

    def describe(
        self, type_name: str, source_id: str, options: Options | None = None
    ) -> tuple[dict[str, Any], Findings]:
        """Return the arguments of a resource's task, and what is told of it.

        Everything else that the project owns is in the bundle.
        """
        inventory = self.inventory()
        members = {
            resource.key: resource
            for name in RESOURCE_TYPES
            for resource in inventory.read_type(name).values()
            if inventory.is_owned(resource)
        }
        key = (type_name, source_id)
        scope = Scope(inventory, members, {key: options or Options()})
        resource = self.get(type_name, source_id)
        arguments = RESOURCE_TYPES[type_name].build_arguments(resource, scope)
        for task in RESOURCE_TYPES[type_name].complete(resource, scope):
            arguments |= {"completion": task.arguments}
        return arguments, Findings(scope.findings)


@dataclasses.dataclass(frozen=True)
class Findings:
    """What was told."""

    findings: tuple[Finding, ...]

    @property
    def omissions(self) -> list[str]:
        """The reasons of the omissions."""
        return [item.reason for item in self.findings if item.severity is Severity.OMISSION]

    @property
    def notes(self) -> list[str]:
        """The reasons of the notes."""
        return [item.reason for item in self.findings if item.severity is Severity.NOTE]


def save_plan(plan: Plan) -> dict[Key, DataFile]:
    """Return data files whose digests are of nothing but their names, as if all were saved."""
    saved = {}
    for capture in plan.captures:
        resource = capture.resource
        disk_format = resource["disk_format"] or "qcow2"
        path = name_data_file(resource.type, resource.id, disk_format)
        saved[resource.key] = DataFile(
            path=path,
            size_bytes=capture.size_bytes,
            sha256=hashlib.sha256(path.encode()).hexdigest(),
            sha512=hashlib.sha512(path.encode()).hexdigest(),
            disk_format=disk_format,
            container_format=resource["container_format"] or "bare",
        )
    return saved


def choose_value(field: Argument) -> Any:
    """A value that is neither the field's default nor empty."""
    known: dict[str, Any] = {
        "disk_format": "raw",
        "container_format": "bare",
        "allocation_pools": [{"start": "10.0.0.9", "end": "10.0.0.10"}],
        "allowed_address_pairs": [{"ip_address": "10.0.0.9"}],
        "extra_dhcp_opts": [{"opt_name": "mtu", "opt_value": "9000", "ip_version": 4}],
        "host_routes": [{"destination": "10.9.0.0/16", "nexthop": "10.0.0.9"}],
        "ip_version": 6,
        "ipv6_address_mode": "slaac",
        "ipv6_ra_mode": "slaac",
        "metadata": {"key": "value"},
        "mtu": 1400,
        "os_hidden": True,
        "port_range_max": 0,
        "port_range_min": 0,
        "routes": [{"destination": "10.9.0.0/16", "nexthop": "10.0.0.9"}],
        "direction": "egress",
        "ethertype": "IPv6",
        "size": 3,
        "type": "x509",
    }
    name = str(field.wire_name)
    if name in known:
        return known[name]
    match field.implied:
        case bool():
            return not field.implied
        case int():
            return 7
        case list():
            return ["one"]
        case _:
            return f"a {name}"
