"""Servers: what they hang on, and in which order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from downpour.collection import DECLARATIONS
from downpour.resources.captures import GIB, Capture, Route
from downpour.resources.declaration import FileSection, ResourceType, Selector, Wait
from downpour.resources.image import IMAGE, OTHER_IMAGES
from downpour.resources.inventory import Inventory
from downpour.resources.model import (
    Attributes,
    DestinationValue,
    Key,
    Listing,
    Options,
    Reference,
    Resource,
    SavedFile,
    Task,
    describe_resource,
)
from downpour.resources.scope import Scope
from downpour.resources.server_group import read_members
from downpour.resources.volume import choose_zone, read_servers

FLAVORS = Listing("compute.flavors")
# nova/compute/api.py: the states in which createImage is allowed
_STATES_WITH_SNAPSHOTS = frozenset({"ACTIVE", "PAUSED", "SHUTOFF", "SUSPENDED"})
_BROKEN_STATES = frozenset({"BUILD", "DELETED", "ERROR", "SOFT_DELETED", "UNKNOWN"})
_STOPPED_STATES = frozenset({"SHUTOFF", "SHELVED", "SHELVED_OFFLOADED"})


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
    ports = inventory.find_by("port", "device_id", server.id)

    def find_place(port: Resource) -> tuple[int, str, str]:
        mac_address = port["mac_address"]
        place = order.index(mac_address) if mac_address in order else len(order)
        return (place, str(port["created_at"]), port.id)

    return sorted(ports, key=find_place)


def list_volumes(server: Resource, inventory: Inventory) -> list[Resource]:
    """Return the visible attached volumes in the order of their devices (vdb, … vdz, vdaa)."""
    told = (inventory.get(("volume", item["id"])) for item in _list_attached(server))
    volumes = {volume.id: volume for volume in told if volume is not None}
    for volume in inventory.find_by("volume", read_servers, server.id):
        volumes[volume.id] = volume

    def find_place(volume: Resource) -> tuple[int, str, str]:
        device = _get_device(volume, server) or ""
        return (len(device), device, volume.id)

    return sorted(volumes.values(), key=find_place)


def _list_attached(server: Resource) -> list[Attributes]:
    return server["os-extended-volumes:volumes_attached"] or []


def _get_device(volume: Resource, server: Resource) -> str | None:
    for attachment in volume["attachments"] or ():
        if attachment["server_id"] == server.id:
            return attachment.get("device") or ""
    return None


def get_root_volume(server: Resource, inventory: Inventory) -> Resource | None:
    """Return the volume that a server boots from, ``None`` when it boots from an image."""
    volumes = list_volumes(server, inventory)
    return volumes[0] if not get_image_id(server) and volumes else None


def bring_parts(server: Resource, options: Options, inventory: Inventory) -> Iterator[Key]:
    """Yield image or what it is made of, keypairs, ports and volumes."""
    image = inventory.get(("image", get_image_id(server) or ""))
    if image is not None:
        if options.is_state_saved:
            yield from IMAGE.list_earlier(image)
        else:
            yield image.key
    for key_name in (server["key_name"], options.key_name):
        if key_name and inventory.get(("keypair", key_name)):
            yield ("keypair", key_name)
    for port in list_ports(server, inventory):
        yield port.key
    for volume in list_volumes(server, inventory):
        yield volume.key
    for group_id in list_groups(server, inventory):
        yield ("server group", group_id)


def list_groups(server: Resource, inventory: Inventory) -> list[str]:
    """Return the groups of a server; it tells them itself since compute API 2.71."""
    known = inventory.find_by("server group", read_members, server.id)
    return sorted({group.id for group in known} | set(server["server_groups"] or ()))


def refuse_server(server: Resource, scope: Scope) -> Iterator[str]:
    """Yield why a server cannot be made again: its state, or what it boots from."""
    status, image_id = server["status"], get_image_id(server)
    is_saved = scope.options_for(server).is_state_saved
    if status in _BROKEN_STATES:
        yield f"cannot be carried: its status is {status}"
    elif image_id and is_saved:
        if status not in _STATES_WITH_SNAPSHOTS or server["OS-EXT-STS:task_state"]:
            yield (
                f"cannot be carried: no snapshot can be taken in status {status}"
                f" (task {server['OS-EXT-STS:task_state']})"
            )
    elif image_id:
        if not scope.is_carried(("image", image_id)):
            yield f"cannot be carried: its image {image_id} cannot be; save its state instead"
    else:
        yield from _refuse_root_volume(get_root_volume(server, scope.inventory), scope)


def _refuse_root_volume(root: Resource | None, scope: Scope) -> Iterator[str]:
    if root is None:
        yield "cannot be carried: neither its image nor its root volume is visible"
    elif scope.is_lost(root.key):
        yield f"cannot be carried: its root {describe_resource(root)} cannot be"
    elif not scope.options_for(root).is_state_saved:
        yield (
            f"cannot be carried: its root {describe_resource(root)} is named with "
            "save_state: false and would be empty"
        )


def add_root_disk(server: Resource, scope: Scope) -> Iterator[Task]:
    """Yield the upload of what a server that boots from an image had on its root disk."""
    if not _has_root_disk(server, scope):
        return
    arguments = {
        "old_id": server.id,
        "owner": "server",
        "recorded": False,
        "name": server.name,
        "file": SavedFile(server.key, "path"),
        "sha512": SavedFile(server.key, "sha512"),
        "disk_format": SavedFile(server.key, "disk_format"),
        "container_format": SavedFile(server.key, "container_format"),
        "min_disk": SavedFile(server.key, "min_disk_gib"),
        "min_ram": SavedFile(server.key, "min_ram_mib"),
        "properties": SavedFile(server.key, "properties", tuple(OTHER_IMAGES.items())),
    }
    creates = Reference(*server.key, part="root_disk")
    yield Task("Root disk of server", IMAGE.module, arguments, IMAGE.task_file, server, creates)


def _has_root_disk(server: Resource, scope: Scope) -> bool:
    """Tell whether the bundle has the bytes of a server's own root disk."""
    return bool(get_image_id(server)) and scope.options_for(server).is_state_saved


def describe_server(server: Resource, scope: Scope) -> dict[str, Any]:
    """Name flavor, ports, volumes, root disk, keypair and zone."""
    arguments: dict[str, Any] = {
        "flavor": choose_flavor(server, scope.inventory),
        "ports": list(_refer_to_ports(server, scope)),
        "volumes": list(_describe_volumes(server, scope)),
    }
    image_id = get_image_id(server)
    if _has_root_disk(server, scope):
        arguments["image"] = Reference(*server.key, part="root_disk")
    elif image_id:
        arguments["image"] = Reference("image", image_id)
    elif not scope.options_for(server).is_state_saved:
        scope.note(
            server,
            "save_state: false says nothing here: it boots from a volume, which has a "
            "setting of its own",
        )
    key_name = scope.options_for(server).key_name or server["key_name"]
    if key_name:
        arguments["key_name"] = _refer_to_keypair(server, key_name, scope)
    if server["OS-EXT-AZ:availability_zone"]:
        arguments["availability_zone"] = choose_zone(server["OS-EXT-AZ:availability_zone"])
    if str(server["config_drive"]).lower() == "true":
        arguments["config_drive"] = True
    for group_id in list_groups(server, scope.inventory):
        what, key = f"its server group {group_id}", ("server group", group_id)
        arguments["server_group"] = scope.refer(server, key, what, "it is not visible")
    if server["status"] in _STOPPED_STATES:
        arguments["is_stopped"] = True
    _tell_about_losses(server, scope)
    return arguments


def _refer_to_ports(server: Resource, scope: Scope) -> Iterator[Reference]:
    for port in list_ports(server, scope.inventory):
        reference = scope.refer(server, port.key, f"its port {port.id}")
        if reference is not None:
            yield reference
    networks = (server["addresses"] or {}).values()
    visible = {port["mac_address"] for port in list_ports(server, scope.inventory)}
    for address in (item for addresses in networks for item in addresses):
        mac_address = address.get("OS-EXT-IPS-MAC:mac_addr", "")
        if mac_address and mac_address not in visible:
            scope.omit(
                server,
                f"its port with {address['addr']} ({mac_address}) is left out: it is not visible",
            )
    if len(networks) > 1 and any(
        len({address.get("OS-EXT-IPS-MAC:mac_addr") for address in addresses}) > 1
        for addresses in networks
    ):
        scope.note(server, "it has several ports in one network: check the order of its ports")


def _describe_volumes(server: Resource, scope: Scope) -> Iterator[dict[str, Any]]:
    kept = {item["id"]: not item.get("delete_on_termination") for item in _list_attached(server)}
    root = get_root_volume(server, scope.inventory)
    volumes = list_volumes(server, scope.inventory)
    for volume in volumes:
        reference = scope.refer(server, volume.key, f"its {describe_resource(volume)}")
        if reference is None:
            continue
        attachment: dict[str, Any] = {"volume": reference}
        if not kept.get(volume.id, True):
            attachment["delete_on_termination"] = True
        if root is not None and volume.id == root.id:
            attachment["boot_index"] = 0
        yield attachment
    for volume_id in sorted(set(kept) - {volume.id for volume in volumes}):
        scope.omit(server, f"its volume {volume_id} is left out: it is not visible")


def _refer_to_keypair(server: Resource, key_name: str, scope: Scope) -> Reference | str:
    if scope.is_carried(("keypair", key_name)):
        return Reference("keypair", key_name)
    scope.note(server, f"its keypair {key_name!r} is not visible: the destination must have it")
    return key_name


def _tell_about_losses(server: Resource, scope: Scope) -> None:
    """Tell what of a server a tenant cannot read, or no argument could say."""
    flavor = server["flavor"] or {}
    if flavor.get("ephemeral") or flavor.get("swap"):
        scope.omit(server, "the contents of its ephemeral and swap disks are left out")
    if hints := set(server["OS-SCH-HNT:scheduler_hints"] or ()) - {"group"}:
        names = ", ".join(sorted(hints))
        scope.omit(server, f"its scheduler hints ({names}) are left out: they are the source's")
    if server["status"] in ("PAUSED", "SUSPENDED"):
        scope.note(server, f"it is {server['status']}; in the destination it will be running")
    if not server["OS-EXT-SRV-ATTR:user_data"]:
        scope.note(server, "user data cannot be read by a tenant; if it had any, it is left out")


def find_flavor(server: Resource, inventory: Inventory) -> dict[str, Any]:
    """Return what is known of a server's flavor: ``id``, ``name``, ``vcpus``, ``ram``, ``disk``.

    Since compute API 2.47 a server tells its flavor's name and size, not its id; before, only the
    id.
    """
    told = {key: value for key, value in (server["flavor"] or {}).items() if value is not None}
    known = inventory.read_documents(FLAVORS).get(told.get("id", ""), {})
    # The SDK fills in zeros where a server tells only the id.
    return {**told, **known, "name": told.get("original_name") or known.get("name")}


def choose_flavor(server: Resource, inventory: Inventory) -> DestinationValue:
    """Return the choice in ``destination.yml`` for a server's flavor, with its size."""
    flavor = find_flavor(server, inventory)
    name = str(flavor["name"] or flavor.get("id") or "")
    facts = (
        f"{flavor.get('vcpus')} vCPU, {flavor.get('ram')} MiB RAM, {flavor.get('disk')} GiB disk"
    )
    return DestinationValue("flavors", name, name, facts, name)


def read_flavor_labels(server: Resource, inventory: Inventory) -> Iterator[str]:
    """Yield name and id of a server's flavor; the server itself tells only one of them."""
    flavor = server["flavor"] or {}
    name, flavor_id = flavor.get("original_name") or flavor.get("name"), flavor.get("id")
    yield from (label for label in (name, flavor_id) if label)
    for known in inventory.read_documents(FLAVORS).values():
        if known["name"] == name or known["id"] == flavor_id:
            yield from (known["name"], known["id"])


def describe_readiness(server: Resource, scope: Scope) -> dict[str, Any]:
    """Return what to wait for."""
    return {
        "id": Reference(*server.key),
        "old_id": server.id,
        "name": server.name,
        "is_stopped": server["status"] in _STOPPED_STATES,
    }


def capture_server(server: Resource, scope: Scope) -> Capture | None:
    """Snapshot the root disk; one that boots from a volume has none of its own.

    The disk is as large as the flavor says, or as the image where that says 0.
    """
    if not _has_root_disk(server, scope):
        return None
    disk_gib = int((server["flavor"] or {}).get("disk") or 0)
    image = scope.inventory.get(("image", get_image_id(server) or ""))
    image_bytes = int((image["virtual_size"] or image["size"] or 0) if image else 0)
    running = (server.id,) if server["status"] == "ACTIVE" else ()
    size_bytes = max(disk_gib * GIB, image_bytes)
    return Capture(server, Route.SERVER_SNAPSHOT, size_bytes, server.id, running)


SERVER = ResourceType(
    declaration=DECLARATIONS["server"],
    sdk_class="openstack.compute.v2.server:Server",
    listing=Listing("compute.servers"),
    more_listings=(FLAVORS,),
    section=FileSection(
        "servers",
        (
            Selector("server-name", "servers by name"),
            Selector(
                "server-flavor", "servers by the name or id of their flavor", read_flavor_labels
            ),
        ),
        keys=("save_state", "key_name"),
    ),
    wait=Wait("servers_ready", "Wait for the servers", "servers", describe_readiness),
    special=frozenset(
        """
        OS-EXT-AZ:availability_zone OS-EXT-SRV-ATTR:user_data OS-SCH-HNT:scheduler_hints addresses
        availability_zone
        config_drive flavor image key_name os-extended-volumes:volumes_attached server_groups status
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
        updated user_id
        """.split()
    ),
    dropped={
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
    refuse=refuse_server,
    prepare=add_root_disk,
    describe=describe_server,
    capture=capture_server,
)
