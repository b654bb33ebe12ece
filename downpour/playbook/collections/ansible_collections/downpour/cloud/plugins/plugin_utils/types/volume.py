"""Volumes, empty or with data from a file of the bundle; volumes_ready waits for all of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import DESCRIPTION, Argument
from ansible_collections.downpour.cloud.plugins.plugin_utils.facts import (
    INTERNAL_VOLUME_METADATA,
    MARKER_PREFIX,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import Task
from ansible_collections.downpour.cloud.plugins.plugin_utils.listings import Listings
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import VolumeMetadata
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import (
    ResourceType,
    create_with,
    find_marked,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.section import Listing, Section
from ansible_collections.downpour.cloud.plugins.plugin_utils.types.image import IMAGE, create_image
from ansible_collections.downpour.cloud.plugins.plugin_utils.upload import (
    discard_unusable,
    find_file,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.wire import Json

if TYPE_CHECKING:
    from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Cloud

_TEMPORARY_PREFIX = f"{MARKER_PREFIX}volume:"


def drop_empty_texts(task: Task, body: Json) -> Json:
    """Leave out what the destination decides."""
    return {name: value for name, value in body.items() if value != "" or name == "name"}


def find_volume(volume: ResourceType, task: Task, is_fresh: bool) -> Json | None:
    """Return the volume with the marker; look for the file first, also in check mode."""
    data = task.arguments.get("data")
    if data:
        find_file(task.directory, data["file"])
    return find_marked(volume, task, is_fresh)


def create_volume(volume: ResourceType, task: Task) -> Json:
    """Upload the data into a temporary image, then create the volume from it."""
    data = task.arguments.get("data")
    if not data:
        return create_with(volume, task, {})
    path = find_file(task.directory, data["file"])
    image = obtain_temporary_image(task.cloud, task.old_id, data, path)
    return create_with(volume, task, {"imageRef": image["id"]})


def make_temporary_tag(volume_old_id: str) -> str:
    """Return the tag of the image that only exists to make one volume of it."""
    return _TEMPORARY_PREFIX + volume_old_id


def obtain_temporary_image(cloud: Cloud, volume_old_id: str, data: Json, path: Path) -> Json:
    """Return the temporary image with a volume's data, uploaded unless it is there already."""
    tag = make_temporary_tag(volume_old_id)
    found = discard_unusable(cloud, IMAGE.list_marked(cloud, tag), path, data["sha512"])
    if found:
        return found[0]
    body = {
        **(data.get("properties") or {}),
        "name": f"downpour volume {volume_old_id}",
        "disk_format": data["disk_format"],
        "container_format": "bare",
        "visibility": "private",
        "tags": [tag],
    }
    return create_image(cloud, body, path, data["sha512"])


def find_temporary_images(cloud: Cloud, volume_old_ids: set[str]) -> dict[str, list[Json]]:
    """Return the temporary images of these volumes, by one listing of the project's own images."""
    old_ids = {make_temporary_tag(old_id): old_id for old_id in volume_old_ids}
    images = IMAGE.list_all(cloud, {"owner": cloud.get_project_id()}) if old_ids else []
    found: dict[str, list[Json]] = {}
    for image in images:
        for tag in old_ids.keys() & set(image.get("tags") or ()):
            found.setdefault(old_ids[tag], []).append(image)
    return found


def read_metadata(volume: Json) -> Json:
    """Return the metadata without the marker and without what cinder shows beside it."""
    metadata = volume.get("metadata") or {}
    return {key: value for key, value in metadata.items() if key not in INTERNAL_VOLUME_METADATA}


def read_volume_type(listings: Listings, volume: Json, wanted: Any) -> str | None:
    """Return the volume type: its name, or its id if that is what was asked for."""
    name: str | None = volume.get("volume_type")
    for item in listings.read("block_storage", "/types", "volume_types"):
        if item["id"] == wanted and item["name"] == name:
            return str(wanted)
    return name


VOLUME_TYPES = Section(
    name="volume_types",
    prefix="volume_type",
    label="volume type",
    comment="Volume types; null: the destination's own default",
    description="Volume types",
    listings=(Listing("block_storage", "/types", "volume_types"),),
)
VOLUME = ResourceType(
    name="volume",
    service="block_storage",
    path="/volumes",
    key="volume",
    marker=VolumeMetadata(),
    listing="/volumes/detail",
    services=("block_storage", "image"),
    opening="Creates a volume, or uses the one that stands for the old id already. It is not "
    "waited for.",
    description=(
        (
            "With O(data) a temporary image is uploaded first, and the volume is created from it. "
            "M(downpour.cloud.volumes_ready) deletes that image when the volume is ready."
        ),
    ),
    arguments=(
        DESCRIPTION,
        Argument("size", "Size in GiB.", "int", is_required=True),
        Argument(
            "volume_type",
            "Name or id of the volume type in the destination. Null means its default.",
        ),
        Argument(
            "availability_zone", "Availability zone in the destination. Null means its default."
        ),
        Argument(
            "metadata",
            "Metadata of the volume. The marker is added to it.",
            "dict",
            default={},
            read=read_metadata,
        ),
        Argument(
            "data",
            "What is on the volume. Left out, it is empty.",
            "dict",
            options=(
                Argument(
                    "file",
                    "File with the data, relative to the playbook.",
                    "path",
                    is_required=True,
                ),
                Argument("sha512", "SHA-512 of the file in hexadecimal digits.", is_required=True),
                Argument("disk_format", "Format of the file.", is_required=True),
                Argument(
                    "properties",
                    "Properties of the temporary image, which become the volume's image metadata.",
                    "dict",
                    default={},
                ),
            ),
            wire=None,
            unreadable="the bytes of a volume cannot be read; their upload was verified",
        ),
    ),
    readers={"volume_type": read_volume_type},
    find=find_volume,
    create=create_volume,
    extend_body=drop_empty_texts,
    example="""\
- name: Create volume data
  downpour.cloud.volume:
    old_id: 7a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
    name: "data"
    size: 10
    data:
      file: data/volume-7a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f.qcow2
      sha512: "1b0f… (128 digits)"
      disk_format: qcow2
  register: volume_data
""",
)
