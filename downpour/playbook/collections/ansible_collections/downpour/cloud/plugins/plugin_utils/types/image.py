"""Images; a row is written when an image's data is verified, not when it is born."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import (
    TAGS,
    UNSET,
    USE,
    Argument,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.comparison import is_part, is_same_word
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import Task, make_placeholder
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import ImageTag
from ansible_collections.downpour.cloud.plugins.plugin_utils.module import Result
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import (
    ResourceType,
    build_marked_body,
    fetch_object,
    find_chosen,
    find_marked,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.section import Listing, Section
from ansible_collections.downpour.cloud.plugins.plugin_utils.types.server import SERVER
from ansible_collections.downpour.cloud.plugins.plugin_utils.upload import (
    discard_unusable,
    find_file,
    is_usable,
    replace_attributes,
    upload_file,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.wire import Json

if TYPE_CHECKING:
    from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Cloud

# All else in an image's document is a property.
DOCUMENT_KEYS = frozenset(
    """
    checksum container_format created_at direct_url disk_format file id locations min_disk min_ram
    name os_hash_algo os_hash_value os_hidden owner protected schema self size status store stores
    tags updated_at virtual_size visibility
    """.split()
)


def choose_label(given: Mapping[str, Any]) -> str:
    """Tell a server's root disk from an image."""
    return "root disk of server" if given.get("owner") == "server" else "image"


def skip_needless_disk(task: Task) -> Result | None:
    """Upload no root disk for a server that exists already, made here or by hand."""
    if task.arguments["owner"] != "server":
        return None
    server_id = task.record.find_new_id(SERVER.name, task.old_id)
    if server_id is None or fetch_object(SERVER, task.cloud, server_id) is None:
        return None
    unused = make_placeholder(task.type_name, task.old_id)
    return {"changed": False, "id": unused, "old_id": task.old_id}


def find_image(image: ResourceType, task: Task, is_fresh: bool) -> Json | None:
    """Return the image to use instead, else the one with the marker if it has all its data."""
    chosen = find_chosen(image, task)
    if chosen is not None:
        return chosen
    path = find_file(task.directory, task.arguments["file"])
    found = find_marked(image, task, is_fresh)
    if found is None:
        return None
    sha512 = task.arguments["sha512"]
    if task.is_check_mode:
        return found if is_usable(found, path, sha512) else None
    return next(iter(discard_unusable(task.cloud, [found], path, sha512)), None)


def upload_image(image: ResourceType, task: Task) -> Json:
    """Create the image and upload its data."""
    path = find_file(task.directory, task.arguments["file"])
    body = build_marked_body(image, task)
    return create_image(task.cloud, body, path, task.arguments["sha512"])


def create_image(cloud: Cloud, body: Json, path: Path, sha512: str) -> Json:
    """Create an image, send the file into it and return it, active and verified.

    Raises TaskError. A process that is killed meanwhile leaves an unfinished image with its tag.
    """
    image = IMAGE.post(cloud, body)
    return upload_file(cloud, image["id"], path, sha512)


def protect_image(image: ResourceType, task: Task, found: Json) -> Json:
    """Protect the image last: a protected one could not be deleted after a failed upload."""
    is_ours = not task.arguments.get("use")
    if is_ours and task.arguments["protected"] and not found.get("protected"):
        return replace_attributes(task.cloud, found["id"], {"protected": True})
    return found


def add_properties(task: Task, body: Json) -> Json:
    """Put the properties beside the attributes, as the API wants them."""
    return {**task.arguments["properties"], **body}


def is_image_recorded(task: Task) -> bool:
    """Leave out the images of servers' root disks: their old id is a server's."""
    return bool(task.arguments["recorded"])


def read_properties(image: Json) -> Json:
    """Return what is no attribute of the API's own."""
    return {key: value for key, value in image.items() if key not in DOCUMENT_KEYS}


def read_digest(image: Json) -> Any:
    """Return the SHA-512 of the data, if that is the digest that this glance makes."""
    return image.get("os_hash_value") if image.get("os_hash_algo") == "sha512" else UNSET


def fetch_image(cloud: Cloud, image_id: str) -> Json | None:
    """Return an image that may be in no listing: a hidden one, another's community one."""
    return fetch_object(IMAGE, cloud, image_id)


IMAGES = Section(
    name="images",
    prefix="image",
    label="image",
    comment="Images: a name or id to use one that is there already, null to upload",
    description="Images",
    listings=(Listing("image", "/images", "images"),),
    fetch=fetch_image,
)
IMAGE = ResourceType(
    name="image",
    service="image",
    path="/images",
    key="",
    marker=ImageTag(),
    services=("image", "compute"),
    summary="uploads an image",
    opening="Uploads an image, or uses the one that stands for the old id already.",
    description=(
        (
            "What was read and what the image service holds are compared with the digest; if "
            "either differs, the image is deleted and the task fails. An interrupted upload is "
            "started again."
        ),
    ),
    arguments=(
        Argument(
            "file",
            "File with the image, relative to the playbook.",
            "path",
            wire=None,
            is_required=True,
            unreadable="the data is compared by its digest",
        ),
        Argument(
            "sha512",
            "SHA-512 of the file in hexadecimal digits.",
            wire=None,
            is_required=True,
            read=read_digest,
            is_same=is_same_word,
        ),
        Argument("disk_format", "Format of the file.", is_required=True),
        Argument("container_format", "Format of the envelope, mostly C(bare).", is_required=True),
        Argument(
            "min_disk", "Size in GiB of the smallest disk that the image fits on.", "int", implied=0
        ),
        Argument("min_ram", "Smallest memory in MiB that the image needs.", "int", implied=0),
        Argument(
            "visibility",
            "Who sees the image. Left out, its owner and those that it is shared with.",
            choices=("private", "shared", "community"),
        ),
        Argument("os_hidden", "Whether the image is left out of listings.", "bool", implied=False),
        Argument(
            "protected",
            "Whether the image is protected against deletion. This is set last.",
            "bool",
            is_in_body=False,
            default=False,
            implied=False,
        ),
        Argument(
            "properties",
            "Further properties, such as the kind of disk bus. Their values are text.",
            "dict",
            wire=None,
            default={},
            read=read_properties,
            # Glance and its plugins add some of their own.
            is_same=is_part,
        ),
        TAGS,
        USE,
        Argument(
            "recorded",
            "Whether C(uuids.csv) gets a row. It does not for a server's root disk, which has no "
            "id of its own.",
            "bool",
            wire=None,
            default=True,
            unreadable="it says what is written beside the playbook",
        ),
        Argument(
            "owner",
            "What the old id is the id of.",
            wire=None,
            choices=("image", "server"),
            default="image",
            unreadable="it is about the source",
        ),
    ),
    find=find_image,
    create=upload_image,
    settle=protect_image,
    extend_body=add_properties,
    is_recorded=is_image_recorded,
    find_substitute=skip_needless_disk,
    label_by=choose_label,
    example="""\
- name: Upload image cirros
  downpour.cloud.image:
    old_id: 6a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
    name: "cirros"
    file: data/image-6a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f.qcow2
    sha512: "1b0f… (128 digits)"
    disk_format: qcow2
    container_format: bare
    properties:
      hw_disk_bus: virtio
  register: image_cirros
""",
)
