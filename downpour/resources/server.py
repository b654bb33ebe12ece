"""Servers: what they hang on, and in which order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from downpour.resources.image import bring_other_images
from downpour.resources.inventory import Inventory
from downpour.resources.model import (
    Carried,
    DestinationValue,
    Field,
    Finding,
    Key,
    Reference,
    Resource,
    ResourceType,
    note,
    omission,
)
from downpour.resources.volume import choose_zone


def get_image_id(server: Resource) -> str | None:
    """Return the id of the image a server was booted from, ``None`` for boot from volume."""
    return (server["image"] or {}).get("id")


def list_ports(server: Resource, inventory: Inventory) -> list[Resource]:
    """Return the server's ports in the order of its network cards.

    Nova lists the addresses of a server in that order, grouped by network
    (nova/api/openstack/common.py, ``get_networks_for_instance``).
    """
    order: list[str] = []
    for addresses in (server["addresses"] or {}).values():
        order.extend(str(address.get("OS-EXT-IPS-MAC:mac_addr")) for address in addresses)
    ports = [
        port for port in inventory.read_type("port").values() if port["device_id"] == server.id
    ]

    def find_place(port: Resource) -> tuple[int, str, str]:
        mac_address = port["mac_address"]
        place = order.index(mac_address) if mac_address in order else len(order)
        return (place, str(port["created_at"]), port.id)

    return sorted(ports, key=find_place)


def list_volumes(server: Resource, inventory: Inventory) -> list[Resource]:
    """Return the visible attached volumes in the order of their devices (vdb, … vdz, vdaa)."""
    attached = {item["id"] for item in server["os-extended-volumes:volumes_attached"] or ()}
    volumes = [
        volume
        for volume in inventory.read_type("volume").values()
        if volume.id in attached or _get_device(volume, server) is not None
    ]

    def find_place(volume: Resource) -> tuple[int, str, str]:
        device = _get_device(volume, server) or ""
        return (len(device), device, volume.id)

    return sorted(volumes, key=find_place)


def _get_device(volume: Resource, server: Resource) -> str | None:
    for attachment in volume["attachments"] or ():
        if attachment["server_id"] == server.id:
            return attachment.get("device") or ""
    return None


def get_root_volume(server: Resource, inventory: Inventory) -> Resource | None:
    """Return the volume that a server boots from, ``None`` when it boots from an image."""
    volumes = list_volumes(server, inventory)
    return volumes[0] if not get_image_id(server) and volumes else None


def bring_parts(server: Resource, inventory: Inventory) -> Iterator[Key]:
    """Yield keypair, ports and volumes; whether the image comes depends on the resource file."""
    image = inventory.get(("image", get_image_id(server) or ""))
    if image is not None:
        yield from bring_other_images(image, inventory)
    if server["key_name"] and inventory.get(("keypair", server["key_name"])):
        yield ("keypair", server["key_name"])
    for port in list_ports(server, inventory):
        yield port.key
    for volume in list_volumes(server, inventory):
        yield volume.key


def find_server(server: Resource, inventory: Inventory) -> Iterator[Finding]:
    """Tell what of a server a tenant cannot read or take along."""
    ports = {port.id for port in list_ports(server, inventory)}
    for address in inventory.read_floating_ips():
        if address["port_id"] in ports:
            floating = address["floating_ip_address"]
            yield omission(server, f"its floating IP {floating} is left out: give it a new one")
    flavor = server["flavor"] or {}
    if flavor.get("ephemeral") or flavor.get("swap"):
        yield omission(server, "the contents of its ephemeral and swap disks are left out")
    for group in inventory.read_server_groups():
        if server.id in (group.get("members") or group.get("member_ids") or ()):
            yield omission(server, f"its server group {group.get('name')!r} is not carried")
    for port in list_ports(server, inventory):
        if not inventory.is_owned(port):
            yield omission(server, f"its port {port.id} is left out: it is another project's")
    attached = {item["id"] for item in server["os-extended-volumes:volumes_attached"] or ()}
    for volume_id in sorted(attached - set(inventory.read_type("volume"))):
        yield omission(server, f"its volume {volume_id} is left out: it is not visible")
    if len(server["addresses"] or {}) > 1 and any(
        len({address.get("OS-EXT-IPS-MAC:mac_addr") for address in group}) > 1
        for group in server["addresses"].values()
    ):
        yield note(server, "it has several ports in one network: check the order of its ports")
    if server["status"] in ("PAUSED", "SUSPENDED"):
        yield note(server, f"it is {server['status']}; in the destination it will be running")
    if not server["OS-EXT-SRV-ATTR:user_data"]:
        yield note(server, "user data cannot be read by a tenant; if it had any, it is left out")


def extend_server(server: Resource, carried: Carried) -> dict[str, Any]:
    """Name flavor, root disk, keypair, ports and volumes."""
    inventory = carried.inventory
    arguments: dict[str, Any] = {
        "flavor": choose_flavor(server, inventory),
        "ports": [
            Reference(*port.key)
            for port in list_ports(server, inventory)
            if carried.holds(*port.key)
        ],
        "volumes": _list_attachments(server, carried),
    }
    image_id = get_image_id(server)
    if image_id:
        saved = carried.data_for(server) is not None
        arguments["image"] = Reference(
            "root disk" if saved else "image", server.id if saved else image_id
        )
    key_name = carried.options_for(server).key_name or server["key_name"]
    if key_name:
        known = carried.holds("keypair", key_name)
        arguments["key_name"] = Reference("keypair", key_name) if known else key_name
    if server["OS-EXT-AZ:availability_zone"]:
        arguments["availability_zone"] = choose_zone(server["OS-EXT-AZ:availability_zone"])
    if str(server["config_drive"]).lower() == "true":
        arguments["config_drive"] = True
    if is_stopped(server):
        arguments["is_stopped"] = True
    return arguments


def _list_attachments(server: Resource, carried: Carried) -> list[dict[str, Any]]:
    kept = {
        item["id"]: not item.get("delete_on_termination")
        for item in server["os-extended-volumes:volumes_attached"] or ()
    }
    root = get_root_volume(server, carried.inventory)
    attachments = []
    for volume in list_volumes(server, carried.inventory):
        if carried.holds(*volume.key):
            attachment: dict[str, Any] = {"volume": Reference(*volume.key)}
            if not kept.get(volume.id, True):
                attachment["delete_on_termination"] = True
            if root is not None and volume.id == root.id:
                attachment["boot_index"] = 0
            attachments.append(attachment)
    return attachments


def choose_flavor(server: Resource, inventory: Inventory) -> DestinationValue:
    """Return the choice in ``destination.yml`` for a server's flavor, with its size.

    Since compute API 2.47 a server tells its flavor's name and size, not its id; before, only the
    id.
    """
    flavor = server["flavor"] or {}
    known = {item["id"]: item for item in inventory.read_flavors()}.get(flavor.get("id"), {})
    name = flavor.get("original_name") or known.get("name") or flavor.get("id") or ""
    size = {**known, **{key: value for key, value in flavor.items() if value is not None}}
    facts = f"{size.get('vcpus')} vCPU, {size.get('ram')} MiB RAM, {size.get('disk')} GiB disk"
    return DestinationValue("flavors", str(name), str(name), facts, str(name))


def is_stopped(server: Resource) -> bool:
    """Tell whether a server was switched off, which it then is in the destination too."""
    return server["status"] in ("SHUTOFF", "SHELVED", "SHELVED_OFFLOADED")


def build_readiness(server: Resource) -> dict[str, Any]:
    """Return what to wait for."""
    return {
        "id": Reference(*server.key),
        "old_id": server.id,
        "name": server.name,
        "is_stopped": is_stopped(server),
    }


SERVER = ResourceType(
    name="server",
    sdk_class="openstack.compute.v2.server:Server",
    listing="compute.servers",
    module="server",
    task_file="servers",
    fields=(
        Field("name"),
        Field("description"),
        Field("metadata", default={}),
        Field("tags", default=[]),
    ),
    special=frozenset(
        """
        OS-EXT-AZ:availability_zone OS-EXT-SRV-ATTR:user_data addresses config_drive flavor image
        key_name os-extended-volumes:volumes_attached server_groups status
        """.split()
    ),
    read_only=frozenset(
        """
        OS-DCF:diskConfig OS-EXT-SRV-ATTR:host OS-EXT-SRV-ATTR:hostname
        OS-EXT-SRV-ATTR:hypervisor_hostname OS-EXT-SRV-ATTR:instance_name OS-EXT-SRV-ATTR:kernel_id
        OS-EXT-SRV-ATTR:launch_index OS-EXT-SRV-ATTR:ramdisk_id OS-EXT-SRV-ATTR:reservation_id
        OS-EXT-SRV-ATTR:root_device_name OS-EXT-STS:power_state OS-EXT-STS:task_state
        OS-EXT-STS:vm_state OS-SRV-USG:launched_at OS-SRV-USG:terminated_at adminPass
        block_device_mapping_v2 created fault flavorRef host hostId host_status imageRef links
        max_count min_count networks personality pinned_availability_zone progress security_groups
        tenant_id updated user_id
        """.split()
    ),
    dropped={
        "OS-SCH-HNT:scheduler_hints": "hints name hosts and groups of the source",
        "accessIPv4": "it is an address of the source",
        "accessIPv6": "it is an address of the source",
        "locked": "lock it again once it is moved",
        "locked_reason": "lock it again once it is moved",
        "trusted_image_certificates": "certificates belong to the source cloud",
    },
    volatile=frozenset(
        {"OS-EXT-STS:power_state", "OS-EXT-STS:task_state", "fault", "links", "progress", "updated"}
    ),
    bring=bring_parts,
    find=find_server,
    extend_arguments=extend_server,
)
