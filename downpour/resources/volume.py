"""Volumes, with or without their data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from downpour.resources.image import select_properties
from downpour.resources.inventory import Inventory
from downpour.resources.model import (
    Carried,
    DestinationValue,
    Field,
    Finding,
    Reference,
    Resource,
    ResourceType,
    note,
)

# Cinder shows these beside the user's own metadata.
_INTERNAL_METADATA = frozenset({"attached_mode", "downpour", "readonly"})
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
        if name not in _FACTS_OF_THE_IMAGE and name not in ("kernel_id", "ramdisk_id")
    }


def is_read_only(volume: Resource) -> bool:
    """Tell whether servers may only read the volume."""
    return str((volume["metadata"] or {}).get("readonly", "")).lower() == "true"


def find_volume(volume: Resource, inventory: Inventory) -> Iterator[Finding]:
    """Tell what depends on the destination's volume types."""
    if volume["multiattach"]:
        yield note(
            volume, "it can be attached more than once: choose a volume type that allows that"
        )


def extend_volume(volume: Resource, carried: Carried) -> dict[str, Any]:
    """Name the data, the volume type and the availability zone."""
    arguments: dict[str, Any] = {}
    metadata = {
        name: value
        for name, value in (volume["metadata"] or {}).items()
        if name not in _INTERNAL_METADATA
    }
    if metadata:
        arguments["metadata"] = metadata
    volume_type = volume["volume_type"]
    if volume_type:
        proposal = None if volume_type == _TYPE_OF_THE_CLOUD else volume_type
        arguments["volume_type"] = DestinationValue(
            "volume_types", volume_type, volume_type, proposal=proposal
        )
    zone = volume["availability_zone"]
    if zone:
        arguments["availability_zone"] = choose_zone(zone)
    data = carried.data_for(volume)
    if data is not None:
        arguments["data"] = {
            "file": data.path,
            "sha512": data.sha512,
            "disk_format": data.disk_format,
            "properties": select_image_metadata(volume),
        }
    return arguments


def choose_zone(zone: str) -> DestinationValue:
    """Return the choice in ``destination.yml`` for an availability zone; none by default."""
    return DestinationValue("availability_zones", zone, zone)


def build_volume_settings(volume: Resource) -> dict[str, Any]:
    """Return what is set on a volume once it is available."""
    return {
        "id": Reference(*volume.key),
        "old_id": volume.id,
        "name": volume.name,
        "bootable": bool(volume["bootable"]),
        "readonly": is_read_only(volume),
        "image_metadata": select_image_metadata(volume),
    }


VOLUME = ResourceType(
    name="volume",
    sdk_class="openstack.block_storage.v3.volume:Volume",
    listing="block_storage.volumes",
    module="volume",
    task_file="volumes",
    fields=(Field("name"), Field("description", default=""), Field("size")),
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
        OS-SCH-HNT:scheduler_hints attachments backup_id cluster_name consumes_quota created_at
        encryption_key_id imageRef os-vol-host-attr:host os-vol-mig-status-attr:migstat
        os-vol-mig-status-attr:name_id os-vol-tenant-attr:tenant_id
        os-volume-replication:driver_data os-volume-replication:extended_status provider_id
        replication_status service_uuid shared_targets snapshot_id source_volid status updated_at
        user_id volume_type_id
        """.split()
    ),
    dropped={
        "consistencygroup_id": "volume groups are not carried",
        "group_id": "volume groups are not carried",
    },
    volatile=frozenset({"updated_at"}),
    find=find_volume,
    extend_arguments=extend_volume,
)
