"""What is done to a cinder volume: image metadata, flags, uploads; attaching is nova's wish."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.fake_cloud.images import IMAGES, fill_image
from tests.fake_cloud.kinds import LONG_TIME, Route
from tests.fake_cloud.messages import Answer, Document, RefusalError, Request, answer_json
from tests.fake_cloud.state import State
from tests.fake_cloud.volumes import (
    MESSAGES,
    SNAPSHOTS,
    TYPES,
    VOLUMES,
    create_snapshot,
    delete_snapshot,
    delete_volume,
    list_messages,
    list_zones,
)

Action = Callable[[State, Document, Any], Answer]


def set_bootable(state: State, volume: Document, wanted: Any) -> Answer:
    """Set whether servers can boot from it."""
    volume["bootable"] = "true" if wanted["bootable"] else "false"
    return Answer(200)


def set_image_metadata(state: State, volume: Document, wanted: Any) -> Answer:
    """Add image metadata."""
    volume["volume_image_metadata"] = {**volume["volume_image_metadata"], **wanted["metadata"]}
    return answer_json(200, {"metadata": volume["volume_image_metadata"]})


def unset_image_metadata(state: State, volume: Document, wanted: Any) -> Answer:
    """Remove one key of the image metadata."""
    if wanted["key"] not in volume["volume_image_metadata"]:
        text = f"Glance metadata for volume/snapshot {volume['id']} cannot be found."
        raise RefusalError(404, text)
    del volume["volume_image_metadata"][wanted["key"]]
    return Answer(200)


def update_readonly_flag(state: State, volume: Document, wanted: Any) -> Answer:
    """Set whether servers may only read it; cinder keeps that in the metadata."""
    if volume["status"] != "available":
        raise RefusalError(400, f"Invalid volume: Volume {volume['id']} status must be available")
    volume["metadata"] = {**volume["metadata"], "readonly": str(bool(wanted["readonly"]))}
    return Answer(202)


def upload_image(state: State, volume: Document, wanted: Any) -> Answer:
    """Copy the bytes into a new image; of a used volume only if the operator allowed it."""
    if volume["status"] != "available":
        raise RefusalError(400, f"Invalid volume: Volume {volume['id']} status must be available")
    formats = {
        "disk_format": wanted.get("disk_format") or "raw",
        "container_format": wanted.get("container_format") or "bare",
    }
    image = IMAGES.make(state, {"name": wanted["image_name"], **formats})
    data = state.data.get(volume["id"], b"")
    for name, value in volume["volume_image_metadata"].items():
        if name not in IMAGES.defaults and name not in ("image_id", "image_name"):
            image[name] = value
    volume["status"] = "uploading"

    def finish() -> None:
        fill_image(state, image, data)

    def free() -> None:
        volume["status"] = "available"

    shown = {
        "id": volume["id"],
        "updated_at": state.read_clock().strftime(LONG_TIME),
        "status": "uploading",
        "display_description": volume["description"],
        "size": volume["size"],
        "volume_type": TYPES.open(state).get(volume["volume_type_id"]),
        "image_id": image["id"],
        "image_name": wanted["image_name"],
        **formats,
    }
    state.begin("volumes.upload", image, {"status": "saving"}, finish, free)
    return answer_json(202, {"os-volume_upload_image": shown})


_ACTIONS: dict[str, Action] = {
    "os-set_bootable": set_bootable,
    "os-set_image_metadata": set_image_metadata,
    "os-unset_image_metadata": unset_image_metadata,
    "os-update_readonly_flag": update_readonly_flag,
    "os-volume_upload_image": upload_image,
}


def act_on_volume(state: State, request: Request, volume_id: str) -> Answer:
    """Do what the only key of the body says."""
    volume = VOLUMES.find(state, volume_id)
    for name, wanted in request.read_json().items():
        if name in _ACTIONS:
            return _ACTIONS[name](state, volume, wanted)
    raise RefusalError(400, "There is no such action.")


def attach_volume(state: State, volume: Document, server_id: str, device: str) -> None:
    """Note that a server has it, as cinder does when nova asks."""
    if volume["status"] != "available" and not (
        volume["multiattach"] and volume["status"] == "in-use"
    ):
        text = (
            f"Invalid input received: Invalid volume: Volume {volume['id']} status must be "
            f"available or downloading to reserve, but the current status is {volume['status']}."
        )
        raise RefusalError(400, f"Invalid volume: {text}")
    attachment = {
        "id": volume["id"],
        "attachment_id": state.make_id(),
        "volume_id": volume["id"],
        "server_id": server_id,
        "host_name": None,
        "device": device,
        "attached_at": state.read_clock().strftime(LONG_TIME),
    }
    volume["attachments"] = [*volume["attachments"], attachment]
    volume["status"] = "in-use"


def detach_volume(volume: Document, server_id: str) -> None:
    """Note that a server no longer has it."""
    volume["attachments"] = [
        item for item in volume["attachments"] if item["server_id"] != server_id
    ]
    if not volume["attachments"] and volume["status"] == "in-use":
        volume["status"] = "available"


VOLUME_ROUTES = (
    Route("DELETE", "/volumes/([^/]+)", delete_volume),
    Route("POST", "/volumes/([^/]+)/action", act_on_volume),
    *VOLUMES.make_routes("DELETE"),
    Route("POST", "/snapshots", create_snapshot),
    Route("DELETE", "/snapshots/([^/]+)", delete_snapshot),
    *SNAPSHOTS.make_routes("POST", "DELETE"),
    *TYPES.make_routes("POST", "PUT", "DELETE"),
    Route("GET", "/messages", list_messages),
    *MESSAGES.make_routes("POST", "PUT"),
    Route("GET", "/os-availability-zone", list_zones),
)
