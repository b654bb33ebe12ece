"""How nova makes servers, and removes them with all that hangs on them."""

from __future__ import annotations

from typing import Any

from tests.fake_cloud.compute import FLAVORS, GROUPS, KEYPAIRS
from tests.fake_cloud.images import IMAGES
from tests.fake_cloud.messages import Answer, Document, RefusalError, Request, answer_json
from tests.fake_cloud.networks import NETWORKS
from tests.fake_cloud.ports import PORTS
from tests.fake_cloud.release import Microversion
from tests.fake_cloud.servers import SERVERS, STARTED, list_ports
from tests.fake_cloud.state import State
from tests.fake_cloud.volume_actions import attach_volume, detach_volume
from tests.fake_cloud.volumes import VOLUMES, add_links

_NETWORKS_SINCE: Microversion = (2, 37)
_NOT_REQUESTED = "accessIPv4 accessIPv6 adminPass min_count max_count OS-DCF:diskConfig"
_REQUESTED = frozenset(
    f"""
    {_NOT_REQUESTED} availability_zone block_device_mapping_v2 config_drive flavorRef imageRef
    key_name metadata name networks security_groups user_data
    """.split()
)
_REQUESTED_SINCE: dict[str, Microversion] = {
    "description": (2, 19),
    "tags": (2, 52),
    "trusted_image_certificates": (2, 63),
    "host": (2, 74),
    "hostname": (2, 90),
}
_HINTS = ("os:scheduler_hints", "OS-SCH-HNT:scheduler_hints")
_BUILDING = {
    "status": "BUILD",
    "OS-EXT-STS:vm_state": "building",
    "OS-EXT-STS:task_state": "spawning",
    "OS-EXT-STS:power_state": 0,
}


def create_server(state: State, request: Request) -> Answer:
    """Make a server from an image or volumes, with its ports; everything is checked before."""
    document = request.read_json()
    body = request.read_object("server")
    _check_body(request, body)
    hints: Document = next((document[key] for key in _HINTS if document.get(key)), {})
    flavor_id = str(body.get("flavorRef"))
    if flavor_id not in FLAVORS.open(state):
        raise RefusalError(400, f"Flavor {flavor_id} could not be found.")
    if body.get("key_name") and body["key_name"] not in KEYPAIRS.open(state):
        raise RefusalError(400, "Invalid key_name provided.")
    image = _find_image(state, body)
    volumes = _find_volumes(state, body)
    ports = _find_ports(state, body)
    if image is None and not any(disk.get("boot_index") == 0 for _, disk in volumes):
        raise RefusalError(400, "Block Device Mapping is Invalid: no boot device.")
    group = _find_group(state, hints)
    SERVERS.check_limit(state)
    server = _build_server(state, body, flavor_id, image, hints)
    SERVERS.open(state)[server["id"]] = server
    if group is not None:
        group["members"] = [*group["members"], server["id"]]
        server["server_groups"] = [group["id"]]
    if image is not None:
        state.data[server["id"]] = state.data.get(image["id"], b"")
    for number, (volume, disk) in enumerate(volumes, start=0 if image is None else 1):
        join_volume(state, server, volume, number, bool(disk.get("delete_on_termination")))
    for port, is_own in ports:
        join_port(state, server, port, is_own=is_own)
    state.begin("servers.create", server, _BUILDING, lambda: server.update(STARTED))
    linked = add_links(request, "servers", server)
    shown = {"id": server["id"], "links": linked["links"], "adminPass": "secret"}
    shown |= {"OS-DCF:diskConfig": "MANUAL", "security_groups": [{"name": "default"}]}
    location = linked["links"][0]["href"]
    return answer_json(202, {"server": shown}, Location=location)


def _check_body(request: Request, body: Document) -> None:
    newer = {name for name, first in _REQUESTED_SINCE.items() if request.microversion >= first}
    if unknown := sorted(set(body) - _REQUESTED - newer):
        text = f"Additional properties are not allowed ('{unknown[0]}' was unexpected)"
        raise RefusalError(400, f"Invalid input for field/attribute server. {text}")
    if not isinstance(body.get("name"), str) or not body["name"].strip():
        text = f"Value: {body.get('name')}. '' is too short"
        raise RefusalError(400, f"Invalid input for field/attribute name. {text}")
    if request.microversion >= _NETWORKS_SINCE and "networks" not in body:
        raise RefusalError(400, "Invalid input: 'networks' is a required property")


def _list_disks(body: Document, source: str) -> list[Document]:
    disks = body.get("block_device_mapping_v2") or []
    return [disk for disk in disks if disk.get("source_type") == source]


def _find_image(state: State, body: Document) -> Document | None:
    ids = [disk["uuid"] for disk in _list_disks(body, "image")]
    image_id = body.get("imageRef") or (ids[0] if ids else None)
    if not image_id:
        return None
    image = IMAGES.open(state).get(image_id)
    if image is None or not IMAGES.is_visible(state, image):
        raise RefusalError(400, "Can not find requested image")
    if image["status"] != "active":
        raise RefusalError(400, f"Image {image_id} is not active.")
    return image


def _find_volumes(state: State, body: Document) -> list[tuple[Document, Document]]:
    found = []
    for disk in _list_disks(body, "volume"):
        volume = VOLUMES.open(state).get(disk["uuid"])
        if volume is None or not VOLUMES.is_visible(state, volume):
            text = f"failed to get volume {disk['uuid']}."
            raise RefusalError(400, f"Block Device Mapping is Invalid: {text}")
        if volume["status"] != "available" and not volume["multiattach"]:
            text = f"Volume {disk['uuid']} status must be available to reserve"
            status = f"but the current status is {volume['status']}."
            raise RefusalError(400, f"Invalid volume: {text}, {status}")
        found.append((volume, disk))
    return found


def _find_ports(state: State, body: Document) -> list[tuple[Document, bool]]:
    """Return the ports that are asked for, and whether they are made for this server."""
    wanted: Any = body.get("networks", "auto")
    if wanted == "auto":
        own = [net for net in NETWORKS.list_visible(state) if not net["router:external"]]
        wanted = [{"uuid": own[0]["id"]}] if len(own) == 1 else []
    found: list[tuple[Document, bool]] = []
    for network in [] if wanted == "none" else wanted:
        if port_id := network.get("port"):
            port = PORTS.open(state).get(port_id)
            if port is None or not PORTS.is_visible(state, port):
                raise RefusalError(400, f"Port id {port_id} could not be found.")
            if port["device_id"]:
                raise RefusalError(409, f"Port {port_id} is still in use.")
            found.append((port, False))
        else:
            found.append((PORTS.make(state, {"network_id": network["uuid"]}), True))
    return found


def _find_group(state: State, hints: Document) -> Document | None:
    group_id = hints.get("group")
    if not group_id:
        return None
    group = GROUPS.open(state).get(group_id)
    if group is None or not GROUPS.is_visible(state, group):
        raise RefusalError(400, f"Instance group {group_id} could not be found.")
    return group


def _build_server(
    state: State, body: Document, flavor_id: str, image: Document | None, hints: Document
) -> Document:
    zone = body.get("availability_zone") or None
    facts = {
        "name": body["name"],
        "metadata": dict(body.get("metadata") or {}),
        "tags": sorted(set(body.get("tags") or ())),
        "description": body.get("description"),
        "key_name": body.get("key_name"),
        "config_drive": "True" if body.get("config_drive") else "",
        "user_id": state.user_id,
        "image": {"id": image["id"]} if image is not None and _is_local(body) else "",
        "OS-EXT-AZ:availability_zone": zone or "nova",
        "pinned_availability_zone": zone,
        "OS-EXT-SRV-ATTR:hostname": body.get("hostname") or body["name"].lower(),
        "scheduler_hints": hints,
        "_flavor": flavor_id,
        "_user_data": body.get("user_data"),
    }
    server = SERVERS.build(state, facts)
    server["OS-SRV-USG:launched_at"] = server["created"].removesuffix("Z") + ".000000"
    return server


def _is_local(body: Document) -> bool:
    """Tell whether the root disk is no volume."""
    disks = _list_disks(body, "image")
    return not disks or disks[0].get("destination_type") != "volume"


def join_volume(
    state: State, server: Document, volume: Document, number: int, is_deleted_too: bool
) -> str:
    """Attach a volume as the disk of that number and return its device."""
    device = f"/dev/vd{chr(ord('a') + number)}"
    attach_volume(state, volume, server["id"], device)
    entry = {"id": volume["id"], "delete_on_termination": is_deleted_too}
    attached = server["os-extended-volumes:volumes_attached"]
    server["os-extended-volumes:volumes_attached"] = [*attached, entry]
    return device


def join_port(state: State, server: Document, port: Document, *, is_own: bool = False) -> None:
    """Attach a port as the last network card."""
    zone = server["OS-EXT-AZ:availability_zone"]
    port |= {"device_id": server["id"], "device_owner": f"compute:{zone}", "status": "ACTIVE"}
    server["_ports"] = [*server["_ports"], port["id"]]
    if is_own:
        server["_own_ports"] = [*server["_own_ports"], port["id"]]


def leave_port(state: State, server: Document, port: Document) -> None:
    """Detach a port; one that nova made goes with the server."""
    if port["id"] in server["_own_ports"]:
        PORTS.remove(state, port)
    else:
        port |= {"device_id": "", "device_owner": "", "status": "DOWN"}


def delete_server(state: State, request: Request, server_id: str) -> Answer:
    """Delete a server; what it had is free, or goes with it."""
    server = SERVERS.find(state, server_id)

    def finish() -> None:
        SERVERS.remove(state, server)
        state.data.pop(server_id, None)
        for port in list_ports(state, server):
            leave_port(state, server, port)
        for entry in server["os-extended-volumes:volumes_attached"]:
            volume = VOLUMES.open(state).get(entry["id"])
            if volume is not None:
                detach_volume(volume, server_id)
                if entry["delete_on_termination"]:
                    VOLUMES.remove(state, volume)
        for group in GROUPS.open(state).values():
            group["members"] = [member for member in group["members"] if member != server_id]

    state.begin("servers.delete", server, {"OS-EXT-STS:task_state": "deleting"}, finish)
    return Answer(204)
