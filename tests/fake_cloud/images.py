"""glance: images, their properties, tags and bytes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.fake_cloud.filters import cut_page, is_same
from tests.fake_cloud.kinds import Kind, Route
from tests.fake_cloud.messages import Answer, Document, RefusalError, Request, answer_json
from tests.fake_cloud.state import State

_READ_ONLY = frozenset(
    """
    checksum created_at direct_url file os_hash_algo os_hash_value owner schema self size status
    stores updated_at virtual_size
    """.split()
)
_BASE_TYPES: dict[str, type | tuple[type, ...]] = {
    "name": (str, type(None)),
    "disk_format": (str, type(None)),
    "container_format": (str, type(None)),
    "visibility": str,
    "protected": bool,
    "min_disk": int,
    "min_ram": int,
    "tags": list,
    "os_hidden": bool,
}
_NOT_FILTERS = frozenset("limit marker sort sort_key sort_dir tag os_hidden".split())
_PAGE_SIZE = "25"
_PATCH_TYPE = re.compile(r"application/openstack-images-v2\.[01]-json-patch")


def is_attribute(state: State, name: str) -> bool:
    """Tell whether a name is an attribute of images; everything else is a property."""
    return name in _BASE_TYPES and (name != "os_hidden" or state.release.has_hidden_images)


def list_properties(image: Document) -> Document:
    """Return an image's properties without its attributes."""
    known = {*IMAGES.defaults, *_READ_ONLY, "id"}
    return {name: value for name, value in image.items() if name not in known}


def check_attribute(state: State, name: str, value: Any) -> None:
    """Refuse what a member may not set, and values of another type than the attribute's."""
    if name in _READ_ONLY:
        raise RefusalError(403, f"Attribute '{name}' is read-only.")
    if name.startswith("os_glance"):
        raise RefusalError(403, f"Attribute '{name}' is reserved.")
    known = _BASE_TYPES[name] if is_attribute(state, name) else (str, type(None))
    if not isinstance(value, known) or (known is int and isinstance(value, bool)):
        text = f"Provided object does not match schema 'image': {value} is not of the type of"
        raise RefusalError(400, f"{text} '{name}'")
    if name == "visibility" and value == "public":
        raise RefusalError(403, "You are not authorized to complete publicize_image action.")


def _complete_image(state: State, image: Document, body: Document) -> None:
    for name, value in body.items():
        if name != "id":
            check_attribute(state, name, value)
    if body.get("id"):
        if body["id"] in IMAGES.open(state):
            raise RefusalError(409, f"Image ID {body['id']} already exists!")
        image["id"] = body["id"]
    image["tags"] = sorted(set(image["tags"]))


def _release_image(state: State, image: Document) -> None:
    if image["protected"]:
        text = f"Image {image['id']} is protected and cannot be deleted."
        raise RefusalError(403, text)
    state.data.pop(image["id"], None)


def _present_images(
    state: State, images: Iterable[Document], request: Request
) -> Iterator[Document]:
    hidden = set()
    if not state.release.has_os_hash:
        hidden |= {"os_hash_algo", "os_hash_value"}
    for image in images:
        shown = {name: value for name, value in image.items() if name not in hidden}
        if not state.release.has_hidden_images and shown.get("os_hidden") is False:
            del shown["os_hidden"]
        path = f"/v2/images/{image['id']}"
        shown |= {"self": path, "file": f"{path}/file", "schema": "/v2/schemas/image"}
        if image["status"] == "active":
            shown["stores"] = "file"
        yield shown


IMAGES = Kind(
    service="image",
    collection="images",
    key="",
    title="Image",
    defaults={
        "name": None,
        "disk_format": None,
        "container_format": None,
        "visibility": "shared",
        "size": None,
        "virtual_size": None,
        "status": "queued",
        "checksum": None,
        "protected": False,
        "min_ram": 0,
        "min_disk": 0,
        "os_hidden": False,
        "os_hash_algo": None,
        "os_hash_value": None,
        "tags": [],
    },
    owner_keys=("owner",),
    order="newest",
    complete=_complete_image,
    release=_release_image,
    present=_present_images,
    is_shared=lambda state, image: image["visibility"] in ("public", "community"),
)


def fill_image(state: State, image: Document, data: bytes) -> None:
    """Make an image active with these bytes."""
    state.data[image["id"]] = data
    image |= {
        "status": "active",
        "size": len(data),
        "virtual_size": len(data) if image["disk_format"] == "raw" else None,
        "checksum": hashlib.md5(data, usedforsecurity=False).hexdigest(),
        "os_hash_algo": "sha512",
        "os_hash_value": hashlib.sha512(data).hexdigest(),
    }


def create_image(state: State, request: Request) -> Answer:
    """Make an image without bytes."""
    image = IMAGES.make(state, request.read_json())
    shown = IMAGES.show_one(state, image, request)
    return answer_json(201, shown, Location=f"{request.base_url}/images/{image['id']}")


def list_images(state: State, request: Request) -> Answer:
    """List own and public images; hidden ones, and the community's, only if asked for."""
    for image in list(IMAGES.open(state).values()):
        state.note_read(image)
    query = {"limit": [_PAGE_SIZE], **request.query}
    visible = IMAGES.list_visible(state)
    if query.get("visibility") != ["community"]:
        visible = [
            image
            for image in visible
            if image["visibility"] != "community" or image["owner"] == state.project_id
        ]
    shown = [
        image for image in IMAGES.show(state, visible, request) if _is_wanted(state, image, query)
    ]
    page, following = cut_page(shown, query, 1000)
    answer: Document = {"images": page, "first": "/v2/images", "schema": "/v2/schemas/images"}
    if following:
        answer["next"] = f"/v2/images?{following}"
    return answer_json(200, answer)


def _is_wanted(state: State, image: Document, query: Mapping[str, list[str]]) -> bool:
    filters = {name: values for name, values in query.items() if name not in _NOT_FILTERS}
    if state.release.has_hidden_images:
        hidden = query.get("os_hidden", ["false"])[-1]
        if not is_same(image["os_hidden"], hidden):
            return False
    elif "os_hidden" in query:
        filters["os_hidden"] = query["os_hidden"]
    return set(query.get("tag", ())) <= set(image["tags"]) and all(
        name in image and is_same(image[name], values[-1]) for name, values in filters.items()
    )


def patch_image(state: State, request: Request, image_id: str) -> Answer:
    """Change attributes by a JSON patch: all of it or nothing."""
    if not _PATCH_TYPE.fullmatch(request.headers.get("content-type", "")):
        raise RefusalError(415, "The media type of the patch is not supported.")
    image = IMAGES.find(state, image_id)
    changed = dict(image)
    for operation in request.read_json():
        name = str(operation["path"]).removeprefix("/").replace("~1", "/").replace("~0", "~")
        if operation["op"] in ("replace", "remove") and name not in changed:
            raise RefusalError(409, f"Property {name} does not exist.")
        if operation["op"] == "remove":
            check_attribute(state, name, None)
            del changed[name]
        else:
            check_attribute(state, name, operation.get("value"))
            changed[name] = operation.get("value")
    image.clear()
    image.update(changed)
    return answer_json(200, IMAGES.show_one(state, image, request))


def put_file(state: State, request: Request, image_id: str) -> Answer:
    """Take the bytes of a queued image."""
    image = IMAGES.find(state, image_id)
    if request.headers.get("content-type") != "application/octet-stream":
        raise RefusalError(415, "The bytes have to come as application/octet-stream.")
    if image["status"] != "queued":
        text = f"Image status transition from {image['status']} to saving is not allowed"
        raise RefusalError(409, text)
    if not image["disk_format"] or not image["container_format"]:
        text = "Properties disk_format, container_format must be set prior to saving data."
        raise RefusalError(400, text)
    data = request.body

    def finish() -> None:
        fill_image(state, image, data)

    state.begin("images.fill", image, {"status": "saving"}, finish)
    return Answer(204)


def get_file(state: State, request: Request, image_id: str) -> Answer:
    """Give the bytes, or a part of them."""
    image = IMAGES.find(state, image_id)
    data = state.data.get(image_id)
    if data is None or image["status"] != "active":
        return Answer(204)
    headers = {"Content-Type": "application/octet-stream", "Content-MD5": str(image["checksum"])}
    wanted = request.headers.get("range")
    if wanted is None:
        return Answer(200, data, headers)
    if not state.release.has_ranges:
        raise RefusalError(400, "The store of this image serves no ranges.")
    first, last = _parse_range(wanted, len(data))
    headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
    return Answer(206, data[first : last + 1], headers)


def _parse_range(text: str, size_bytes: int) -> tuple[int, int]:
    """Return the first and the last place of a Range header of one range."""
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", text)
    if found is None or found.group(0) == "bytes=-":
        raise RefusalError(416, "The Range requested is not available.")
    if not found[1]:
        return max(size_bytes - int(found[2]), 0), size_bytes - 1
    first = int(found[1])
    last = min(int(found[2]), size_bytes - 1) if found[2] else size_bytes - 1
    if first > last:
        text = f"Start position MUST be in the inclusive range [0, {size_bytes - 1}]."
        raise RefusalError(416, f"The Range requested is not available. {text}")
    return first, last


def add_tag(state: State, request: Request, image_id: str, tag: str) -> Answer:
    """Give an image one more tag."""
    image = IMAGES.find(state, image_id)
    image["tags"] = sorted({*image["tags"], tag})
    return Answer(204)


def remove_tag(state: State, request: Request, image_id: str, tag: str) -> Answer:
    """Take a tag from an image."""
    image = IMAGES.find(state, image_id)
    if tag not in image["tags"]:
        raise RefusalError(404, f"{tag} not found")
    image["tags"] = [other for other in image["tags"] if other != tag]
    return Answer(204)


IMAGE_ROUTES = (
    Route("GET", "/images", list_images),
    Route("POST", "/images", create_image),
    Route("GET", "/images/([^/]+)", IMAGES.answer_one),
    Route("DELETE", "/images/([^/]+)", IMAGES.answer_removal),
    Route("PATCH", "/images/([^/]+)", patch_image),
    Route("PUT", "/images/([^/]+)/file", put_file),
    Route("GET", "/images/([^/]+)/file", get_file),
    Route("PUT", "/images/([^/]+)/tags/([^/]+)", add_tag),
    Route("DELETE", "/images/([^/]+)/tags/([^/]+)", remove_tag),
)
