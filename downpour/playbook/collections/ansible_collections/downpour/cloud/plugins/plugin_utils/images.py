"""Images that are made from files of the bundle."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Cloud, Json, quote_id
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import PREFIX, ImageTag
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import ResourceType
from ansible_collections.downpour.cloud.plugins.plugin_utils.upload import (
    UNFINISHED_STATUSES,
    has_data_of,
    upload_file,
)

IMAGE = ResourceType("image", "image", "/images", "", ImageTag())

_TEMPORARY_PREFIX = f"{PREFIX}volume:"


def make_temporary_tag(volume_old_id: str) -> str:
    """Return the tag of the image that only exists to make one volume of it."""
    return _TEMPORARY_PREFIX + volume_old_id


def create_image(cloud: Cloud, body: Json, path: Path, sha512: str) -> Json:
    """Create the image, send the file into it and return it, active and verified.

    Raises TaskError. A process that is killed meanwhile leaves an unfinished image with its tag.
    """
    image = IMAGE.create(cloud, body)
    return upload_file(cloud, image["id"], path, sha512)


def discard_unusable(cloud: Cloud, images: list[Json], path: Path, sha512: str) -> list[Json]:
    """Return the images that hold the file; delete those of an interrupted upload or other data."""
    usable: list[Json] = []
    for image in images:
        if is_usable(image, path, sha512):
            usable.append(image)
        else:
            cloud.delete("image", f"/images/{quote_id(image['id'])}")
    return usable


def is_usable(image: Json, path: Path, sha512: str) -> bool:
    """Whether the upload of this image was completed, with the file of that SHA-512."""
    if image.get("status") in UNFINISHED_STATUSES:
        return False
    return has_data_of(image, path, sha512.lower())


def obtain_temporary_image(cloud: Cloud, volume_old_id: str, data: Json, path: Path) -> Json:
    """Return the temporary image with a volume's data, uploaded unless it is there already."""
    tag = make_temporary_tag(volume_old_id)
    found = discard_unusable(cloud, IMAGE.find_marked(cloud, tag), path, data["sha512"])
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


def find_temporary_images(cloud: Cloud, volume_old_ids: set[str]) -> list[Json]:
    """Return the temporary images of these volumes, by one listing of the project's own images."""
    tags = {make_temporary_tag(old_id) for old_id in volume_old_ids}
    images = IMAGE.list_all(cloud, {"owner": cloud.get_project_id()}) if tags else []
    return [image for image in images if tags & set(image.get("tags") or ())]
