"""Thousands of resources in a moment: straight into the store, without a request."""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Sequence

from tests.fake_cloud.cloud import FakeCloud
from tests.fake_cloud.messages import Document

_PUBLIC_KEY = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO0x+qMc8Fu+6Dt+95AAUrffs7lKsFA4hA9RZTxREEtL nobody"
)


@dataclasses.dataclass(frozen=True)
class Size:
    """How much a tenant has; ports and volumes are shared out among the servers."""

    servers: int = 10
    ports: int = 20
    volumes: int = 20
    networks: int = 2
    groups: int = 2
    rules: int = 20


def fill_project(cloud: FakeCloud, size: Size, label: str = "filled") -> dict[str, list[str]]:
    """Put a tenant in and return its ids by collection; the cloud needs its furniture.

    All servers boot from one image, with one keypair; every network has a subnet and hangs on one
    router, which is connected to the outside. Names begin with ``label``.
    """
    ids: dict[str, list[str]] = {"images": [_put_image(cloud, label)]}
    ids["os-keypairs"] = [cloud.put_keypair(f"{label}-key", _PUBLIC_KEY)]
    ids["security-groups"] = _put_groups(cloud, size, label)
    ids["networks"], ids["subnets"] = _put_networks(cloud, size, label)
    ids["routers"] = [_put_router(cloud, label, ids["networks"], ids["subnets"])]
    ids["servers"] = [cloud.state.make_id() for _ in range(size.servers)]
    ids["ports"] = _put_ports(cloud, size, ids)
    ids["volumes"] = _put_volumes(cloud, size, ids, label)
    _put_servers(cloud, ids, label)
    return ids


def _put_image(cloud: FakeCloud, label: str) -> str:
    return cloud.put_image(b"filled", name=f"{label}-image")


def _put_groups(cloud: FakeCloud, size: Size, label: str) -> list[str]:
    ids = [
        cloud.put("security-groups", name=f"{label}-group-{number}")
        for number in range(size.groups)
    ]
    for number in range(size.rules):
        port = 1 + number // max(size.groups, 1)
        cloud.put(
            "security-group-rules",
            security_group_id=ids[number % size.groups],
            direction="ingress",
            protocol="tcp",
            port_range_min=port,
            port_range_max=port,
        )
    return ids


def _put_networks(cloud: FakeCloud, size: Size, label: str) -> tuple[list[str], list[str]]:
    networks, subnets = [], []
    for number in range(size.networks):
        networks.append(cloud.put("networks", name=f"{label}-network-{number}"))
        base = f"10.{number % 250}"
        subnets.append(
            cloud.put(
                "subnets",
                name=f"{label}-subnet-{number}",
                network_id=networks[-1],
                cidr=f"{base}.0.0/16",
                gateway_ip=f"{base}.0.1",
                allocation_pools=[{"start": f"{base}.0.2", "end": f"{base}.255.254"}],
            )
        )
    return networks, subnets


def _put_router(
    cloud: FakeCloud, label: str, networks: Sequence[str], subnets: Sequence[str]
) -> str:
    router = cloud.make(
        "routers",
        name=f"{label}-router",
        external_gateway_info={"network_id": cloud.find_external_network()},
    )["id"]
    for network_id, subnet_id in zip(networks, subnets, strict=True):
        gateway = cloud.read("subnets", subnet_id)["gateway_ip"]
        cloud.put(
            "ports",
            network_id=network_id,
            device_id=router,
            device_owner="network:router_interface",
            mac_address=cloud.state.make_mac_address(),
            fixed_ips=[{"subnet_id": subnet_id, "ip_address": gateway}],
            port_security_enabled=False,
            status="ACTIVE",
        )
    return str(router)


def _put_ports(cloud: FakeCloud, size: Size, ids: dict[str, list[str]]) -> list[str]:
    ports = []
    for number in range(size.ports):
        place = number % size.networks
        address = ipaddress.IPv4Address(f"10.{place % 250}.0.10") + number // size.networks
        body: Document = {
            "network_id": ids["networks"][place],
            "mac_address": cloud.state.make_mac_address(),
            "fixed_ips": [{"subnet_id": ids["subnets"][place], "ip_address": str(address)}],
            "security_groups": ids["security-groups"][number % max(size.groups, 1) :][:1],
        }
        if size.servers:
            server_id = ids["servers"][number % size.servers]
            body |= {
                "device_id": server_id,
                "device_owner": "compute:nova",
                "status": "ACTIVE",
            }
        ports.append(cloud.put("ports", body))
    return ports


def _put_volumes(cloud: FakeCloud, size: Size, ids: dict[str, list[str]], label: str) -> list[str]:
    volumes = []
    for number in range(size.volumes):
        volume_id = cloud.put("volumes", name=f"{label}-volume-{number}", volume_type="file")
        if size.servers:
            server_id = ids["servers"][number % size.servers]
            device = f"/dev/vd{chr(ord('b') + number // size.servers)}"
            attachment = {
                "id": volume_id,
                "attachment_id": cloud.state.make_id(),
                "volume_id": volume_id,
                "server_id": server_id,
                "host_name": None,
                "device": device,
            }
            cloud.read("volumes", volume_id).update(status="in-use", attachments=[attachment])
        volumes.append(volume_id)
    return volumes


def _put_servers(cloud: FakeCloud, ids: dict[str, list[str]], label: str) -> None:
    flavor_id = cloud.find_flavor("m1.tiny")
    count = len(ids["servers"])
    for number, server_id in enumerate(ids["servers"]):
        attached = [
            {"id": volume_id, "delete_on_termination": False}
            for volume_id in ids["volumes"][number::count]
        ]
        body: Document = {
            "id": server_id,
            "name": f"{label}-server-{number}",
            "image": {"id": ids["images"][0]},
            "key_name": ids["os-keypairs"][0],
            "os-extended-volumes:volumes_attached": attached,
            "_flavor": flavor_id,
            "_ports": ids["ports"][number::count],
        }
        cloud.put("servers", body)
