"""Volumes, with or without their data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from downpour.collection import DECLARATIONS, INTERNAL_VOLUME_METADATA
from downpour.resources.captures import GIB, Capture, Route
from downpour.resources.declaration import FileSection, ResourceType, Selector, Wait
from downpour.resources.image import OTHER_IMAGES, select_properties
from downpour.resources.model import DestinationValue, Listing, Reference, Resource, SavedFile
from downpour.resources.scope import Scope

# cinder/volume/volume_utils.py copies these from an image; they describe that image.
_FACTS_OF_THE_IMAGE = frozenset(
    "checksum container_format disk_format image_id image_name min_disk min_ram size".split()
)
_TYPE_OF_THE_CLOUD = "__DEFAULT__"


def select_image_metadata(volume: Resource) -> dict[str, str]:
    """Return the image properties that decide how a server boots from the volume."""
    document = volume["volume_image_metadata"] or {}
    return {
        name: value
        for name, value in select_properties(document).items()
        if name not in _FACTS_OF_THE_IMAGE and name not in OTHER_IMAGES
    }


def is_read_only(volume: Resource) -> bool:
    """Tell whether servers may only read the volume."""
    return str((volume["metadata"] or {}).get("readonly", "")).lower() == "true"


def refuse_volume(volume: Resource, scope: Scope) -> Iterator[str]:
    """Yield why the data of a volume cannot be read."""
    if not scope.options_for(volume).is_state_saved:
        return
    if volume["encrypted"]:
        yield (
            "cannot be carried: it is encrypted and the key stays in the source; copy the "
            "data to a volume that is not, or name it with save_state: false"
        )
    elif volume["status"] not in ("available", "in-use"):
        yield f"cannot be carried: its status is {volume['status']}"


def describe_volume(volume: Resource, scope: Scope) -> dict[str, Any]:
    """Name the volume type, the availability zone and the data."""
    arguments: dict[str, Any] = {}
    metadata = {
        name: value
        for name, value in (volume["metadata"] or {}).items()
        if name not in INTERNAL_VOLUME_METADATA
    }
    if metadata:
        arguments["metadata"] = metadata
    volume_type = volume["volume_type"]
    if volume_type:
        proposal = None if volume_type == _TYPE_OF_THE_CLOUD else volume_type
        arguments["volume_type"] = DestinationValue(
            "volume_types", volume_type, volume_type, proposal=proposal
        )
    if volume["multiattach"]:
        scope.note(
            volume, "it can be attached more than once: choose a volume type that allows that"
        )
    zone = volume["availability_zone"]
    if zone:
        arguments["availability_zone"] = choose_zone(zone)
    if scope.options_for(volume).is_state_saved:
        arguments["data"] = {
            "file": SavedFile(volume.key, "path"),
            "sha512": SavedFile(volume.key, "sha512"),
            "disk_format": SavedFile(volume.key, "disk_format"),
            "properties": select_image_metadata(volume),
        }
    return arguments


def choose_zone(zone: str) -> DestinationValue:
    """Return the choice in ``destination.yml`` for an availability zone; none by default."""
    return DestinationValue("availability_zones", zone, zone)


def describe_settings(volume: Resource, scope: Scope) -> dict[str, Any]:
    """Return what is set on a volume once it is available."""
    return {
        "id": Reference(*volume.key),
        "old_id": volume.id,
        "name": volume.name,
        "bootable": bool(volume["bootable"]),
        "readonly": is_read_only(volume),
        "image_metadata": select_image_metadata(volume),
    }


def read_servers(volume: Resource) -> Iterator[str]:
    """Yield the servers that a volume is attached to."""
    for attachment in volume["attachments"] or ():
        yield attachment["server_id"]


def capture_volume(volume: Resource, scope: Scope) -> Capture | None:
    """Upload a detached volume; snapshot and copy one that is in use."""
    if not scope.options_for(volume).is_state_saved:
        return None
    size_bytes = int(volume["size"]) * GIB
    if volume["status"] == "available":
        return Capture(volume, Route.VOLUME_UPLOAD, size_bytes, volume.id)
    servers = sorted(read_servers(volume))
    running = tuple(
        server_id
        for server_id in servers
        if (server := scope.inventory.get(("server", server_id))) and server["status"] == "ACTIVE"
    )
    group = servers[0] if servers else volume.id
    return Capture(volume, Route.VOLUME_SNAPSHOT, size_bytes, group, running)


VOLUME = ResourceType(
    declaration=DECLARATIONS["volume"],
    sdk_class="openstack.block_storage.v3.volume:Volume",
    listing=Listing("block_storage.volumes"),
    section=FileSection(
        "volumes", (Selector("volume-name", "volumes by name"),), keys=("save_state",)
    ),
    wait=Wait("volumes_ready", "Wait for the volumes", "volumes", describe_settings),
    special=frozenset(
        {
            "availability_zone",
            "bootable",
            "encrypted",
            "metadata",
            "multiattach",
            "volume_image_metadata",
            "volume_type",
        }
    ),
    read_only=frozenset(
        """
        OS-SCH-HNT:scheduler_hints attachments backup_id cluster_name consumes_quota
        encryption_key_id imageRef os-vol-host-attr:host os-vol-mig-status-attr:migstat
        os-vol-mig-status-attr:name_id os-vol-tenant-attr:tenant_id
        os-volume-replication:driver_data os-volume-replication:extended_status provider_id
        replication_status service_uuid shared_targets snapshot_id source_volid status
        user_id volume_type_id
        """.split()
    ),
    dropped={
        "consistencygroup_id": "volume groups are not carried",
        "group_id": "volume groups are not carried",
    },
    refuse=refuse_volume,
    describe=describe_volume,
    capture=capture_volume,
)
