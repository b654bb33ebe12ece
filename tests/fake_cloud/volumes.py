"""cinder: volumes with their bytes, snapshots, types, messages, zones."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.fake_cloud.filters import narrow_plain
from tests.fake_cloud.images import IMAGES, list_properties
from tests.fake_cloud.kinds import LONG_TIME, Kind
from tests.fake_cloud.messages import Answer, Document, RefusalError, Request, answer_json
from tests.fake_cloud.release import Microversion
from tests.fake_cloud.state import State

_TENANT = "os-vol-tenant-attr:tenant_id"
DEFAULT_TYPE = "__DEFAULT__"
_MESSAGES_SINCE: Microversion = (3, 3)
_SNAPSHOTS_OF_USED_SINCE: Microversion = (3, 66)
_BUSY = (
    "Volume status must be available or error or error_restoring or error_extending or "
    "error_managing and must not be migrating, attached, belong to a group, have snapshots, "
    "awaiting a transfer, or be disassociated from snapshots after volume transfer."
)


def narrow_volumes(documents: list[Document], query: Mapping[str, list[str]]) -> list[Document]:
    """Narrow as cinder does: metadata are given as the text of a mapping."""
    others = {name: values for name, values in query.items() if name != "metadata"}
    wanted: dict[str, str] = {}
    if text := query.get("metadata"):
        try:
            wanted = dict(ast.literal_eval(text[-1]))
        except (ValueError, SyntaxError, TypeError):
            raise RefusalError(400, f"Invalid filter: metadata={text[-1]}") from None
    return [
        item
        for item in narrow_plain(documents, others)
        if wanted.items() <= (item.get("metadata") or {}).items()
    ]


def add_links(request: Request, collection: str, document: Document) -> Document:
    """Return a document with the two links that cinder and nova add."""
    path = f"{collection}/{document['id']}"
    bookmark = f"{request.base_url.rpartition('/')[0]}/{path}"
    links = [
        {"rel": "self", "href": f"{request.base_url}/{path}"},
        {"rel": "bookmark", "href": bookmark},
    ]
    return {**document, "links": links}


def _find_by_name_or_id(kind: Kind, state: State, wanted: str) -> Document | None:
    for document in kind.open(state).values():
        if wanted in (document["id"], document["name"]):
            return document
    return None


def _find_type(state: State, wanted: str | None) -> Document | None:
    if not wanted:
        return _find_by_name_or_id(TYPES, state, DEFAULT_TYPE)
    found = _find_by_name_or_id(TYPES, state, wanted)
    if found is None:
        raise RefusalError(404, f"Volume type with name {wanted} could not be found.")
    return found


def _complete_volume(state: State, volume: Document, body: Document) -> None:
    for name in sorted(set(body) - set(VOLUMES.defaults)):
        del volume[name]
    data, size_gib = _find_source(state, volume, body)
    size_gib = body.get("size") or size_gib
    if not isinstance(size_gib, int) or isinstance(size_gib, bool) or size_gib < 1:
        raise RefusalError(400, f"Invalid input for field/attribute size. Value: {size_gib}.")
    zone = body.get("availability_zone") or "nova"
    if zone != "nova":
        raise RefusalError(400, f"Availability zone '{zone}' is invalid.")
    kind = _find_type(state, body.get("volume_type"))
    volume |= {
        "size": size_gib,
        "availability_zone": zone,
        "volume_type": kind and kind["name"],
        "volume_type_id": kind and kind["id"],
        "metadata": volume["metadata"] or {},
        "user_id": state.user_id,
    }
    state.data[volume["id"]] = data


def _find_source(state: State, volume: Document, body: Document) -> tuple[bytes, int | None]:
    """Return the bytes that a new volume begins with, and the least size in GiB."""
    if snapshot_id := body.get("snapshot_id"):
        snapshot = SNAPSHOTS.find(state, snapshot_id)
        origin = VOLUMES.open(state).get(snapshot["volume_id"], {})
        volume["bootable"] = origin.get("bootable", "false")
        volume["volume_image_metadata"] = dict(origin.get("volume_image_metadata") or {})
        return state.data.get(snapshot_id, b""), int(snapshot["size"])
    if origin_id := body.get("source_volid"):
        origin = VOLUMES.find(state, origin_id)
        return state.data.get(origin_id, b""), int(origin["size"])
    if image_id := body.get("imageRef"):
        image = IMAGES.open(state).get(image_id)
        if image is None or not IMAGES.is_visible(state, image) or image["status"] != "active":
            text = "Invalid image identifier or unable to access requested image."
            raise RefusalError(400, text)
        volume["bootable"] = "true"
        volume["volume_image_metadata"] = _copy_properties(image)
        return state.data.get(image_id, b""), None
    return b"", None


def _copy_properties(image: Document) -> Document:
    """Return what cinder keeps of an image (cinder/volume/volume_utils.py)."""
    told = "checksum container_format disk_format min_disk min_ram size".split()
    return {
        "signature_verified": "False",
        **list_properties(image),
        "image_id": image["id"],
        "image_name": str(image["name"] or ""),
        **{name: str(image[name]) for name in told},
    }


def _start_volume(state: State, volume: Document) -> None:
    good_end = volume["bootable"]

    def finish() -> None:
        volume.update(status="available", bootable=good_end)

    state.begin("volumes.create", volume, {"status": "creating", "bootable": "false"}, finish)


def _present_volumes(
    state: State, volumes: Iterable[Document], request: Request
) -> Iterator[Document]:
    for volume in volumes:
        shown = add_links(request, "volumes", volume)
        if not shown["volume_image_metadata"]:
            del shown["volume_image_metadata"]
        yield shown


VOLUMES = Kind(
    service="block_storage",
    collection="volumes",
    key="volume",
    title="Volume",
    defaults={
        "name": None,
        "description": None,
        "status": "available",
        "size": 1,
        "availability_zone": "nova",
        "volume_type": None,
        "snapshot_id": None,
        "source_volid": None,
        "metadata": {},
        "user_id": "",
        "bootable": "false",
        "encrypted": False,
        "replication_status": None,
        "consistencygroup_id": None,
        "multiattach": False,
        "attachments": [],
        "group_id": None,
        "shared_targets": False,
        "service_uuid": None,
        "volume_type_id": None,
        "consumes_quota": True,
        "volume_image_metadata": {},
    },
    owner_keys=(_TENANT,),
    time_format=LONG_TIME,
    order="newest",
    brief=("id", "name", "links"),
    limit_name="volumes",
    since={
        "group_id": (3, 13),
        "shared_targets": (3, 48),
        "service_uuid": (3, 48),
        "volume_type_id": (3, 63),
        "consumes_quota": (3, 65),
    },
    created_status=202,
    narrow=narrow_volumes,
    complete=_complete_volume,
    follow=_start_volume,
    present=_present_volumes,
)


def delete_volume(state: State, request: Request, volume_id: str) -> Answer:
    """Delete a volume that nothing hangs on."""
    volume = VOLUMES.find(state, volume_id)
    snapshots = SNAPSHOTS.open(state).values()
    is_used = any(item["volume_id"] == volume_id for item in snapshots)
    is_idle = volume["status"] == "available" or volume["status"].startswith("error")
    if is_used or not is_idle or volume["attachments"]:
        raise RefusalError(400, f"Invalid volume: {_BUSY}")

    def finish() -> None:
        VOLUMES.remove(state, volume)
        state.data.pop(volume_id, None)

    state.begin("volumes.delete", volume, {"status": "deleting"}, finish)
    return Answer(202)


SNAPSHOTS = Kind(
    service="block_storage",
    collection="snapshots",
    key="snapshot",
    title="Snapshot",
    defaults={
        "name": None,
        "description": None,
        "volume_id": None,
        "status": "available",
        "size": 1,
        "metadata": {},
        "group_snapshot_id": None,
        "user_id": "",
        "consumes_quota": True,
        "os-extended-snapshot-attributes:progress": "100%",
    },
    owner_keys=("os-extended-snapshot-attributes:project_id",),
    time_format=LONG_TIME,
    order="newest",
    brief=tuple("id name description volume_id status size metadata created_at".split()),
    limit_name="snapshots",
    since={"group_snapshot_id": (3, 14), "user_id": (3, 41), "consumes_quota": (3, 65)},
    created_status=202,
    narrow=narrow_volumes,
)


def create_snapshot(state: State, request: Request) -> Answer:
    """Keep a volume's bytes as they are now."""
    body = request.read_object("snapshot")
    volume = VOLUMES.find(state, str(body.get("volume_id")))
    is_forced = str(body.get("force")).lower() == "true"
    is_allowed = is_forced or request.microversion >= _SNAPSHOTS_OF_USED_SINCE
    if volume["status"] != "available" and not (is_allowed and volume["status"] == "in-use"):
        text = f"Volume {volume['id']} status must be available, but current status is: "
        raise RefusalError(400, f"Invalid volume: {text}{volume['status']}.")
    snapshot = make_snapshot(state, volume, {name: body[name] for name in body if name != "force"})
    return answer_json(202, SNAPSHOTS.show_one(state, snapshot, request))


def make_snapshot(state: State, volume: Document, body: Document) -> Document:
    """Make a snapshot of a volume, whatever its status."""
    snapshot = SNAPSHOTS.make(
        state,
        {
            **body,
            "volume_id": volume["id"],
            "size": volume["size"],
            "metadata": body.get("metadata") or {},
            "user_id": state.user_id,
        },
    )
    state.data[snapshot["id"]] = state.data.get(volume["id"], b"")

    def finish() -> None:
        snapshot["status"] = "available"

    state.begin("snapshots.create", snapshot, {"status": "creating"}, finish)
    return snapshot


def delete_snapshot(state: State, request: Request, snapshot_id: str) -> Answer:
    """Delete a snapshot."""
    snapshot = SNAPSHOTS.find(state, snapshot_id)
    if snapshot["status"] != "available" and not snapshot["status"].startswith("error"):
        raise RefusalError(400, "Invalid snapshot: Snapshot status must be available or error.")

    def finish() -> None:
        SNAPSHOTS.remove(state, snapshot)
        state.data.pop(snapshot_id, None)

    state.begin("snapshots.delete", snapshot, {"status": "deleting"}, finish)
    return Answer(202)


TYPES = Kind(
    service="block_storage",
    collection="types",
    key="volume_type",
    title="Volume type",
    plural="volume_types",
    defaults={
        "name": "",
        "is_public": True,
        "description": None,
        "extra_specs": {},
        "os-volume-type-access:is_public": True,
    },
    owner_keys=(),
    time_keys=(),
)

MESSAGES = Kind(
    service="block_storage",
    collection="messages",
    key="message",
    title="Message",
    defaults={
        "request_id": "req-0",
        "resource_type": "VOLUME",
        "resource_uuid": None,
        "event_id": "VOLUME_VOLUME_001_002",
        "user_message": "",
        "message_level": "ERROR",
    },
    owner_keys=("_project_id",),
    time_keys=("created_at", "guaranteed_until"),
    time_format=LONG_TIME,
    order="newest",
)


def list_messages(state: State, request: Request) -> Answer:
    """List what cinder tells users about failures, from the microversion on that has it."""
    if request.microversion < _MESSAGES_SINCE:
        raise RefusalError(404, "The resource could not be found.")
    return MESSAGES.answer_listing(state, request)


def list_zones(state: State, request: Request) -> Answer:
    """Tell the one availability zone."""
    zone: dict[str, Any] = {"zoneName": "nova", "zoneState": {"available": True}}
    if request.service == "compute":
        zone["hosts"] = None
    return answer_json(200, {"availabilityZoneInfo": [zone]})
