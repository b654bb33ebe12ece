"""What the tests move: tenants built by an ordinary member, with bytes in their disks."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from demo.sandbox.cloud import Cloud
from demo.sandbox.disks import Disk
from demo.sandbox.projects import Project, create_project
from tests.integration.api import KINDS, Api, make_public_key

UNLIMITED = {
    "compute": ("instances", "cores", "ram", "key_pairs"),
    "block_storage": ("volumes", "snapshots", "gigabytes"),
    "network": (
        *("network", "subnet", "port", "router"),
        *("security_group", "security_group_rule", "floatingip"),
    ),
}


def make_project(cloud: Cloud, label: str) -> Project:
    """Create a project whose limits no tenant here reaches."""
    project = create_project(cloud, label)
    for service, names in UNLIMITED.items():
        project.set_quota(service, **dict.fromkeys(names, -1))
    return project


def make_qcow2(directory: Path, seed: str, size_mib: int = 16) -> bytes:
    """Return a small qcow2 with a pattern in it."""
    raw, qcow2 = directory / "image.raw", directory / "image.qcow2"
    with raw.open("wb") as file:
        file.truncate(size_mib << 20)
    Disk(raw).write_pattern(seed)
    command = ["qemu-img", "convert", "-f", "raw", "-O", "qcow2", str(raw), str(qcow2)]
    subprocess.run(command, check=True)
    return qcow2.read_bytes()


class Tenant:
    """A project that is being filled; its resources' ids are found by labels of the test's own."""

    def __init__(self, project: Project, scratch: Path):
        self.project = project
        self.api = Api(project)
        self.scratch = scratch
        self.ids: dict[str, str] = {}
        self._flavors: dict[str, str] = {}

    def __getitem__(self, label: str) -> str:
        return self.ids[label]

    def add(self, kind: str, label: str, **body: Any) -> str:
        """Create a resource and remember its id; where no name is given it is the label."""
        body.setdefault("name", label)
        # Neutron takes tags in a request of their own.
        tags = body.pop("tags", None) if KINDS[kind].service == "network" else None
        document = self.api.create(kind, **body)
        self.ids[label] = document.get("id") or document["name"]
        if tags is not None:
            self.api.put(kind, self.ids[label], "/tags", tags=tags)
        return self.ids[label]

    def add_keypair(self, name: str, **body: Any) -> None:
        """Create a keypair."""
        self.add("keypair", name, public_key=make_public_key(name), **body)

    def add_image(self, label: str, data: bytes, **body: Any) -> str:
        """Create an image with data."""
        body.setdefault("name", label)
        self.ids[label] = self.api.upload_image(data, **body)["id"]
        return self.ids[label]

    def add_rules(self, group: str, *rules: dict[str, Any]) -> None:
        """Add rules to a group; they are for incoming IPv4 where they do not say otherwise."""
        listed = [
            {"direction": "ingress", "ethertype": "IPv4", "security_group_id": self[group]} | rule
            for rule in rules
        ]
        path = "/security-group-rules"
        self.api.send("security group rule", "POST", path, json={"security_group_rules": listed})

    def remove_egress(self, group: str) -> None:
        """Remove the two rules that every new group gets."""
        for rule in self.api.read("security group", self[group])["security_group_rules"]:
            if rule["direction"] == "egress":
                self.api.delete("security group rule", rule["id"])

    def join(self, router: str, **interface: str) -> None:
        """Give a router an interface: ``subnet_id`` or ``port_id``."""
        self.api.put("router", self[router], "/add_router_interface", **interface)

    def add_server(self, label: str, flavor: str, ports: list[str], **body: Any) -> str:
        """Create a server with ports in this order, and do not wait for it."""
        networks = [{"port": self[port]} for port in ports] or "none"
        return self.add(
            "server", label, flavorRef=self.find_flavor(flavor), networks=networks, **body
        )

    def attach(self, server: str, volume: str) -> None:
        """Attach a volume and wait until it is."""
        path = f"/servers/{self[server]}/os-volume_attachments"
        body = {"volumeAttachment": {"volumeId": self[volume]}}
        self.api.send("server", "POST", path, json=body)
        self.api.wait("volume", self[volume], "in-use")

    def wait(self, kind: str, status: str, *labels: str) -> None:
        """Wait until all of them have a status."""
        for label in labels:
            self.api.wait(kind, self[label], status)

    def find_flavor(self, name: str) -> str:
        """Return a flavor's id."""
        if not self._flavors:
            listed = self.api.send("server", "GET", "/flavors")["flavors"]
            self._flavors = {flavor["name"]: flavor["id"] for flavor in listed}
        return self._flavors[name]

    def find_network(self, name: str) -> str:
        """Return the id of a network that belongs to somebody else."""
        listed = self.api.send("network", "GET", "/networks", params={"name": name})["networks"]
        return str(listed[0]["id"])

    def read_default_group(self) -> str:
        """Return the id of the project's own default group, under the label ``default``."""
        groups = self.api.list_all("security group")
        self.ids["default"] = next(group["id"] for group in groups if group["name"] == "default")
        return self.ids["default"]


def share_neighbours_network(cloud: Cloud, project: Project) -> str:
    """Let a neighbour share a network with a project; return its id."""
    neighbour = Api(make_project(cloud, "neighbour"))
    network: str = neighbour.create("network", name="neighbours")["id"]
    neighbour.create("subnet", network_id=network, ip_version=4, cidr="10.9.0.0/24")
    policy = {"object_type": "network", "object_id": network, "action": "access_as_shared"}
    policy["target_tenant"] = project.id
    neighbour.send("network", "POST", "/rbac-policies", json={"rbac_policy": policy})
    return network


def build_small_tenant(project: Project, scratch: Path) -> Tenant:
    """Fill a project with one resource of each type, and a second volume that is not attached.

    The server ``server`` boots from ``image`` and has ``attached``; ``detached`` has data, too.
    """
    tenant = Tenant(project, scratch)
    for label in ("attached", "detached"):
        tenant.add("volume", label, size=1)
    tenant.add_image("image", make_qcow2(scratch, "image"), disk_format="qcow2")
    tenant.add_keypair("keypair")
    tenant.add("network", "network")
    tenant.add("subnet", "subnet", network_id=tenant["network"], ip_version=4, cidr="10.1.0.0/24")
    public = tenant.find_network("public")
    tenant.add("router", "router", external_gateway_info={"network_id": public})
    tenant.join("router", subnet_id=tenant["subnet"])
    tenant.add("security group", "group")
    tenant.add_rules("group", {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22})
    tenant.add("port", "port", network_id=tenant["network"], security_groups=[tenant["group"]])
    tenant.add_server("server", "m1.tiny", ["port"], imageRef=tenant["image"], key_name="keypair")
    tenant.wait("volume", "available", "attached", "detached")
    tenant.wait("server", "ACTIVE", "server")
    tenant.attach("server", "attached")
    for label in ("attached", "detached"):
        project.open_volume(tenant[label]).write_pattern(label)
    project.open_root_disk(tenant["server"]).write_pattern("server")
    return tenant
