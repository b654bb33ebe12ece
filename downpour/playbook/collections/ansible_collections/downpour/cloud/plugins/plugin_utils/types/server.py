"""Servers with their ports and volumes in their order; servers_ready waits for all of them."""

from __future__ import annotations

import base64
from typing import Any

from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import (
    TAGS,
    UNSET,
    Argument,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.comparison import is_same_list_of_parts
from ansible_collections.downpour.cloud.plugins.plugin_utils.facts import STOP_TAG
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import TaskError
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import Task
from ansible_collections.downpour.cloud.plugins.plugin_utils.listings import Listings
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import ServerTag
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import (
    ResourceType,
    get_tags,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.section import Listing, Section
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import escape_controls
from ansible_collections.downpour.cloud.plugins.plugin_utils.upload import find_file
from ansible_collections.downpour.cloud.plugins.plugin_utils.wire import Json

# Tags in the creating request; every nova since Pike has it.
_MICROVERSION = "2.52"
_ZONE = "OS-EXT-AZ:availability_zone"


def build_devices(task: Task, body: Json) -> Json:
    """Add ports and disks; never more than these: no automatic network or address."""
    arguments = task.arguments
    body = {name: value for name, value in body.items() if value or name == "name"}
    body["networks"] = [{"port": port} for port in arguments["ports"]] or "none"
    disks = _list_disks(task)
    if disks:
        body["block_device_mapping_v2"] = disks
    if arguments.get("user_data_file"):
        path = find_file(task.directory, arguments["user_data_file"])
        try:
            body["user_data"] = base64.b64encode(path.read_bytes()).decode("ascii")
        except OSError as error:
            raise TaskError(f"file {escape_controls(str(path))}", str(error.strerror)) from error
    return body


def choose_tags(task: Task) -> list[str]:
    """Tag a server that is to be stopped when it runs, so that this happens only once."""
    return [*get_tags(task), STOP_TAG] if task.arguments["is_stopped"] else get_tags(task)


def read_flavor(listings: Listings, server: Json, wanted: Any) -> str | None:
    """Return the id of the flavor; since 2.47 a server only tells its name (and its size)."""
    flavor = server.get("flavor") or {}
    name = flavor.get("original_name")
    ids = [
        str(item["id"])
        for item in listings.read("compute", "/flavors", "flavors")
        if item["name"] == name
    ]
    return str(flavor["id"]) if flavor.get("id") else next(iter(ids), name)


def read_image(server: Json) -> str | None:
    """Return the image that the server was made of, None if it boots from a volume."""
    image_id: str | None = (server.get("image") or {}).get("id")
    return image_id


def read_ports(listings: Listings, server: Json, wanted: Any) -> list[str]:
    """Return the ports in the order of the network cards, as far as a server tells it.

    Nova lists the addresses in that order, but grouped by network (nova,
    api/openstack/common.py, get_networks_for_instance): the wanted order is the one found if it
    is the same within that, or if the server has no addresses yet.
    """
    order = [
        str(address.get("OS-EXT-IPS-MAC:mac_addr"))
        for addresses in (server.get("addresses") or {}).values()
        for address in addresses
    ]
    places = {mac_address: place for place, mac_address in reversed(list(enumerate(order)))}
    ports = [
        port
        for port in listings.read("network", "/ports", "ports")
        if port["device_id"] == server["id"]
    ]
    ports.sort(key=lambda port: places.get(port["mac_address"], len(order)))
    found = [str(port["id"]) for port in ports]
    if wanted is UNSET or sorted(wanted) != sorted(found):
        return found
    if not all(port["mac_address"] in places for port in ports):
        return list(wanted)
    networks = {port["id"]: port["network_id"] for port in ports}
    first = {networks[port_id]: place for place, port_id in reversed(list(enumerate(wanted)))}
    by_network = sorted(wanted, key=lambda port_id: first[networks[port_id]])
    return list(wanted) if by_network == found else found


def read_volumes(listings: Listings, server: Json, wanted: Any) -> list[Json]:
    """Return the attached volumes in the order of their devices (vdb, … vdz, vdaa)."""
    devices = {
        str(volume["id"]): str(attachment.get("device") or "")
        for volume in listings.read("block_storage", "/volumes/detail", "volumes")
        for attachment in volume["attachments"]
        if attachment["server_id"] == server["id"]
    }
    is_deleted = {
        item["id"]: bool(item.get("delete_on_termination"))
        for item in server.get("os-extended-volumes:volumes_attached") or ()
    }
    volumes: list[Json] = [
        {"volume": volume_id, "delete_on_termination": is_deleted.get(volume_id, False)}
        for volume_id in sorted(devices, key=lambda item: (len(devices[item]), devices[item]))
    ]
    if volumes and not read_image(server):
        volumes[0]["boot_index"] = 0
    return volumes


def read_zone(server: Json) -> str | None:
    """Return the availability zone that the server runs in."""
    zone: str | None = server.get(_ZONE)
    return zone


def read_config_drive(server: Json) -> bool:
    """Whether there is a drive with the metadata; nova says so as text."""
    return str(server.get("config_drive")).lower() == "true"


def read_group(listings: Listings, server: Json, wanted: Any) -> str | None:
    """Return the group that the server is a member of."""
    for group in listings.read("compute", "/os-server-groups", "server_groups"):
        if server["id"] in group["members"]:
            return str(group["id"])
    return None


def hint_group(task: Task, request: Json) -> Json:
    """Name the group beside the server: that is where nova reads hints."""
    group = task.arguments.get("server_group")
    return {**request, "os:scheduler_hints": {"group": group}} if group else request


def read_description(listings: Listings, server: Json, wanted: Any) -> str:
    """Return the description; nova has null for an empty one."""
    return str(server.get("description") or "")


def _list_disks(task: Task) -> list[Json]:
    """Return the block devices; nova names them vda, vdb … in this order."""
    disks: list[Json] = []
    if task.arguments.get("image"):
        disks.append(
            {
                "boot_index": 0,
                "uuid": task.arguments["image"],
                "source_type": "image",
                "destination_type": "local",
                "delete_on_termination": True,
            }
        )
    for volume in task.arguments["volumes"]:
        boot_index = volume.get("boot_index")
        disks.append(
            {
                "boot_index": -1 if boot_index is None else boot_index,
                "uuid": volume["volume"],
                "source_type": "volume",
                "destination_type": "volume",
                "delete_on_termination": volume["delete_on_termination"],
            }
        )
    return disks


FLAVORS = Section(
    name="flavors",
    prefix="flavor",
    label="flavor",
    comment="Flavors, by their name in the source",
    description="Flavors",
    listings=(Listing("compute", "/flavors", "flavors"),),
)
AVAILABILITY_ZONES = Section(
    name="availability_zones",
    prefix="zone",
    label="availability zone",
    comment="Availability zones of servers and volumes; null: any",
    description="Names of availability zones of any service",
    listings=(
        *(
            Listing(
                service,
                "/os-availability-zone",
                "availabilityZoneInfo",
                name_key="zoneName",
                id_key="zoneName",
                is_optional=True,
            )
            for service in ("compute", "block_storage")
        ),
        Listing(
            "network", "/availability_zones", "availability_zones", id_key="name", is_optional=True
        ),
    ),
    returns="names",
    sample={"nova": "nova"},
)
SERVER = ResourceType(
    name="server",
    service="compute",
    path="/servers",
    key="server",
    marker=ServerTag(),
    listing="/servers/detail",
    microversion=_MICROVERSION,
    opening="Creates a server, or uses the one that stands for the old id already. It is not "
    "waited for.",
    description=(
        (
            "The server gets the given ports and volumes in the given order, and nothing else, so "
            "no automatic network, no floating IP."
        ),
    ),
    arguments=(
        Argument("description", "Description of the {type}."),
        Argument(
            "flavor", "Id of the flavor in the destination.", wire="flavorRef", is_required=True
        ),
        Argument(
            "image",
            "Id of the image in the destination. Left out for a server that boots from a volume.",
            wire="imageRef",
            refers_to="image",
            read=read_image,
        ),
        Argument("key_name", "Name of the keypair in the destination.", refers_to="keypair"),
        Argument(
            "ports",
            "Ids of the ports in the destination, in the order of the network cards.",
            "list",
            "str",
            wire=None,
            is_required=True,
            refers_to="port",
        ),
        Argument(
            "volumes",
            "The volumes, in the order of the devices.",
            "list",
            "dict",
            options=(
                Argument(
                    "volume",
                    "Id of the volume in the destination.",
                    is_required=True,
                    refers_to="volume",
                ),
                Argument(
                    "delete_on_termination",
                    "Whether the volume is deleted with the server.",
                    "bool",
                    default=False,
                ),
                Argument(
                    "boot_index",
                    "C(0) for the volume that the server boots from, left out for the others.",
                    "int",
                ),
            ),
            wire=None,
            default=[],
            is_same=is_same_list_of_parts,
        ),
        Argument(
            "server_group",
            "Id of the server group in the destination that it becomes a member of.",
            wire=None,
            refers_to="server group",
        ),
        Argument("metadata", "Metadata of the server. The values are text.", "dict", implied={}),
        TAGS,
        Argument(
            "availability_zone",
            "Availability zone in the destination. Null means its default.",
            read=read_zone,
        ),
        Argument(
            "config_drive",
            "Whether the server gets a drive with its metadata.",
            "bool",
            read=read_config_drive,
        ),
        Argument(
            "user_data_file",
            "File with the user data, relative to the playbook.",
            "path",
            wire=None,
            unreadable="a tenant cannot read user data",
        ),
        Argument(
            "is_stopped",
            "Whether M(downpour.cloud.servers_ready) is to stop the server when it has been built.",
            "bool",
            wire=None,
            default=False,
            unreadable="it is done once; later anybody may start the server and stop it again",
        ),
    ),
    readers={
        "description": read_description,
        "flavor": read_flavor,
        "ports": read_ports,
        "server_group": read_group,
        "volumes": read_volumes,
    },
    extend_body=build_devices,
    extend_request=hint_group,
    choose_tags=choose_tags,
    example="""\
- name: Create server web
  downpour.cloud.server:
    old_id: 8a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
    name: "web"
    flavor: "{{ destination.flavors.m1_tiny }}"
    image: "{{ image_cirros.id }}"
    key_name: "deploy"
    ports:
      - "{{ port_web.id }}"
    volumes:
      - volume: "{{ volume_data.id }}"
  register: server_web
""",
)
