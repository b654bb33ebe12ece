"""The demo tenant: what a small team might run, made in the source cloud by an ordinary member."""

import base64
import secrets
import struct
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from demo.sandbox.cloud import Cloud
from demo.sandbox.disks import Disk, open_root_disk, open_volume

IMAGE_NAME = "cirros-0.3.5-x86_64-disk"
IMAGE_SIZE_BYTES = 64 << 20


def fill_project(connection: Any, cloud: Cloud, scratch: Path) -> None:
    """Make the whole demo tenant and write a pattern into every disk.

    ``connection`` is an ``openstack.connection.Connection`` of a member of an empty project of
    ``cloud``, ``scratch`` a directory for temporary files.
    """
    create_keypairs(connection)
    image = upload_image(connection, scratch)
    networks = create_networks(connection)
    groups = create_security_groups(connection)
    volumes = create_volumes(connection, image)
    servers = create_servers(connection, image, networks, groups, volumes)
    connection.compute.create_volume_attachment(
        servers["downpour-demo-tiny"], volume_id=volumes["downpour-demo-attached"].id
    )
    connection.block_storage.wait_for_status(
        connection.block_storage.get_volume(volumes["downpour-demo-attached"].id),
        status="in-use",
        interval=1,
    )
    for name, volume in volumes.items():
        open_volume(cloud, volume.id).write_pattern(name)
    root_disk = open_root_disk(cloud, servers["downpour-demo-tiny"].id)
    root_disk.write_pattern("downpour-demo-tiny")


def create_keypairs(connection: Any) -> None:
    """Make two keypairs; a nova of today only takes public keys, it generates none."""
    for name in ("downpour-demo", "downpour-demo2"):
        connection.compute.create_keypair(name=name, public_key=make_public_key(name))


def make_public_key(comment: str) -> str:
    """An ``ssh-ed25519`` public key that has no private key, which the demo does not need."""
    words = (b"ssh-ed25519", secrets.token_bytes(32))
    blob = b"".join(struct.pack(">I", len(word)) + word for word in words)
    return f"ssh-ed25519 {base64.b64encode(blob).decode()} {comment}"


def upload_image(connection: Any, scratch: Path) -> Any:
    """Make a small qcow2 with a pattern in it, and upload it under the name of a CirrOS image."""
    raw = scratch / "image.raw"
    with raw.open("wb") as disk:
        disk.truncate(IMAGE_SIZE_BYTES)
    Disk(raw).write_pattern(IMAGE_NAME)
    qcow2 = scratch / "image.qcow2"
    subprocess.run(
        ["qemu-img", "convert", "-f", "raw", "-O", "qcow2", str(raw), str(qcow2)], check=True
    )
    image = connection.image.create_image(
        IMAGE_NAME,
        filename=str(qcow2),
        disk_format="qcow2",
        container_format="bare",
        visibility="private",
        min_disk=1,
        hw_disk_bus="virtio",
        os_distro="cirros",
        wait=True,
    )
    raw.unlink()
    qcow2.unlink()
    return image


def create_networks(connection: Any) -> dict[str, Any]:
    """Make two networks: one behind a router with a gateway, one closed and without a gateway."""
    network = connection.network
    front = network.create_network(name="downpour-demo-front", description="reaches the world")
    front_subnet = network.create_subnet(
        name="downpour-demo-front-v4",
        network_id=front.id,
        ip_version=4,
        cidr="10.10.0.0/24",
        dns_nameservers=["192.0.2.54", "192.0.2.53"],
    )
    back = network.create_network(name="downpour-demo-back", mtu=1400)
    network.create_subnet(
        name="downpour-demo-back-v4",
        network_id=back.id,
        ip_version=4,
        cidr="10.20.0.0/24",
        gateway_ip=None,
        allocation_pools=[{"start": "10.20.0.100", "end": "10.20.0.200"}],
    )
    public = network.find_network("public", ignore_missing=False)
    router = network.create_router(
        name="downpour-demo-router", external_gateway_info={"network_id": public.id}
    )
    network.add_interface_to_router(router, subnet_id=front_subnet.id)
    return {"front": front, "back": back}


def create_security_groups(connection: Any) -> dict[str, Any]:
    """Make two groups whose rules refer to each other, so no order of creation fits both."""
    network = connection.network
    groups = {
        name: network.create_security_group(name=f"downpour-demo-{name}", description=description)
        for name, description in (("web", "answers the world"), ("database", "answers web only"))
    }
    web, database = groups["web"], groups["database"]
    for group, facts in (
        (web, {"protocol": "tcp", "port_range_min": 80, "port_range_max": 80}),
        (web, {"protocol": "tcp", "port_range_min": 443, "port_range_max": 443}),
        (web, {"protocol": "icmp", "port_range_min": 8, "port_range_max": 0}),
        (web, {"protocol": "tcp", "remote_group_id": database.id}),
        (
            database,
            {
                "protocol": "tcp",
                "port_range_min": 5432,
                "port_range_max": 5432,
                "remote_group_id": web.id,
            },
        ),
    ):
        network.create_security_group_rule(
            security_group_id=group.id, direction="ingress", ether_type="IPv4", **facts
        )
    return groups


def create_volumes(connection: Any, image: Any) -> dict[str, Any]:
    """Make a volume to attach, one to leave alone, and one to boot from; return them by name."""
    storage = connection.block_storage
    volumes = {
        "downpour-demo-attached": storage.create_volume(name="downpour-demo-attached", size=1),
        "downpour-demo-unattached": storage.create_volume(
            name="downpour-demo-unattached", size=1, metadata={"purpose": "archive"}
        ),
        "downpour-demo-root": storage.create_volume(
            name="downpour-demo-root", size=1, image_id=image.id
        ),
    }
    for name, volume in volumes.items():
        volumes[name] = storage.wait_for_status(volume, status="available", interval=1)
    return volumes


def create_servers(
    connection: Any,
    image: Any,
    networks: Mapping[str, Any],
    groups: Mapping[str, Any],
    volumes: Mapping[str, Any],
) -> dict[str, Any]:
    """Make a server booted from the image and one booted from a volume; return them by name."""
    compute = connection.compute
    root_device = {
        "boot_index": 0,
        "uuid": volumes["downpour-demo-root"].id,
        "source_type": "volume",
        "destination_type": "volume",
        "delete_on_termination": False,
    }
    servers = {
        "downpour-demo-tiny": compute.create_server(
            name="downpour-demo-tiny",
            image_id=image.id,
            flavor_id=compute.find_flavor("m1.tiny", ignore_missing=False).id,
            key_name="downpour-demo",
            metadata={"team": "demo"},
            networks=create_ports(connection, networks.values(), [groups["web"]]),
        ),
        "downpour-demo-volume": compute.create_server(
            name="downpour-demo-volume",
            flavor_id=compute.find_flavor("m1.nodisk", ignore_missing=False).id,
            key_name="downpour-demo2",
            block_device_mapping=[root_device],
            networks=create_ports(connection, [networks["back"]], [groups["database"]]),
        ),
    }
    for name, server in servers.items():
        servers[name] = compute.wait_for_server(server, interval=1)
    return servers


def create_ports(connection: Any, networks: Any, groups: Sequence[Any]) -> list[dict[str, str]]:
    """Make one port on each network, in order; return them as nova wants them."""
    return [
        {
            "port": connection.network.create_port(
                network_id=network.id, security_group_ids=[group.id for group in groups]
            ).id
        }
        for network in networks
    ]
