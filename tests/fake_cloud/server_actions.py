"""What is done to a nova server: start, stop, snapshot, tags, volumes and ports."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from tests.fake_cloud.compute import FLAVORS
from tests.fake_cloud.images import IMAGES, fill_image, list_properties
from tests.fake_cloud.kinds import Handler, Route
from tests.fake_cloud.messages import Answer, Document, RefusalError, Request, answer_json
from tests.fake_cloud.ports import PORTS
from tests.fake_cloud.release import Microversion
from tests.fake_cloud.server_creation import (
    create_server,
    delete_server,
    join_port,
    join_volume,
    leave_port,
)
from tests.fake_cloud.servers import SERVERS, STARTED, list_ports
from tests.fake_cloud.state import State
from tests.fake_cloud.volume_actions import detach_volume
from tests.fake_cloud.volumes import VOLUMES, make_snapshot

_IMAGE_ID_SINCE: Microversion = (2, 45)
_TAGS_SINCE: Microversion = (2, 26)
_ATTACHMENT_IDS_SINCE: Microversion = (2, 89)
_TASK = "OS-EXT-STS:task_state"
_STATE = "OS-EXT-STS:vm_state"

Action = Callable[[State, Request, Document, Any], Answer]


def _check_state(server: Document, wanted: Iterable[str], verb: str) -> None:
    if server[_TASK] is not None:
        text = f"Cannot '{verb}' instance {server['id']} while it is in task_state {server[_TASK]}"
        raise RefusalError(409, text)
    if server[_STATE] not in wanted:
        text = f"Cannot '{verb}' instance {server['id']} while it is in vm_state {server[_STATE]}"
        raise RefusalError(409, text)


def stop_server(state: State, request: Request, server: Document, wanted: Any) -> Answer:
    """Switch a running server off."""
    _check_state(server, ("active", "error"), "stop")

    def finish() -> None:
        server.update({"status": "SHUTOFF", _STATE: "stopped", "OS-EXT-STS:power_state": 4})

    _begin(state, "servers.stop", server, "powering-off", finish)
    return Answer(202)


def start_server(state: State, request: Request, server: Document, wanted: Any) -> Answer:
    """Switch a stopped server on."""
    _check_state(server, ("stopped",), "start")

    def finish() -> None:
        server.update(STARTED)

    _begin(state, "servers.start", server, "powering-on", finish)
    return Answer(202)


def _begin(
    state: State, event: str, server: Document, task: str, finish: Callable[[], None]
) -> None:
    def free() -> None:
        server[_TASK] = None

    state.begin(event, server, {_TASK: task}, finish, free)


def create_image(state: State, request: Request, server: Document, wanted: Any) -> Answer:
    """Snapshot a server: its root disk, or (booted from a volume) its volumes and no bytes."""
    _check_state(server, ("active", "stopped", "paused", "suspended"), "createImage")
    properties = {
        "image_type": "snapshot",
        "instance_uuid": server["id"],
        "user_id": state.user_id,
        "owner_id": state.project_id,
        "image_state": "available",
        "image_location": "snapshot",
        **(wanted.get("metadata") or {}),
    }
    data = state.data.get(server["id"], b"")
    if server["image"]:
        base_id = server["image"]["id"]
        base = IMAGES.open(state).get(base_id, {})
        properties = {**list_properties(base), **properties, "base_image_ref": base_id}
    else:
        data = b""
        properties |= _snapshot_volumes(state, server, wanted["name"])
    image = IMAGES.make(
        state,
        {
            **properties,
            "name": wanted["name"],
            "visibility": "private",
            "disk_format": "qcow2",
            "container_format": "bare",
        },
    )
    flavor = FLAVORS.open(state).get(server["_flavor"], {})
    image["min_disk"] = flavor.get("disk", 0)
    server[_TASK] = "image_snapshot"

    def free() -> None:
        server[_TASK] = None

    def finish() -> None:
        fill_image(state, image, data)

    state.begin("servers.image", image, {"status": "saving"}, finish, free)
    if request.microversion >= _IMAGE_ID_SINCE:
        return answer_json(202, {"image_id": image["id"]})
    return Answer(202, headers={"Location": f"{request.base_url}/images/{image['id']}"})


def _snapshot_volumes(state: State, server: Document, name: str) -> Document:
    mapping = []
    for entry in server["os-extended-volumes:volumes_attached"]:
        volume = VOLUMES.open(state)[entry["id"]]
        snapshot = make_snapshot(state, volume, {"name": f"snapshot for {name}"})
        mapping.append(
            {
                "source_type": "snapshot",
                "destination_type": "volume",
                "snapshot_id": snapshot["id"],
                "volume_size": volume["size"],
            }
        )
    text = json.dumps(mapping)
    return {"bdm_v2": "True", "block_device_mapping": text, "root_device_name": "/dev/vda"}


_ACTIONS: dict[str, Action] = {
    "createImage": create_image,
    "os-start": start_server,
    "os-stop": stop_server,
}


def act_on_server(state: State, request: Request, server_id: str) -> Answer:
    """Do what the only key of the body says."""
    server = SERVERS.find(state, server_id)
    for name, wanted in request.read_json().items():
        if name in _ACTIONS:
            return _ACTIONS[name](state, request, server, wanted)
    raise RefusalError(400, "There is no such action.")


def _need_tags(handler: Handler) -> Handler:
    def handle(state: State, request: Request, *arguments: str) -> Answer:
        if request.microversion < _TAGS_SINCE:
            raise RefusalError(404, "The resource could not be found.")
        return handler(state, request, *arguments)

    return handle


def list_tags(state: State, request: Request, server_id: str) -> Answer:
    """Tell a server's tags."""
    return answer_json(200, {"tags": SERVERS.find(state, server_id)["tags"]})


def replace_tags(state: State, request: Request, server_id: str) -> Answer:
    """Give a server these tags and no others."""
    server = SERVERS.find(state, server_id)
    server["tags"] = sorted(set(request.read_json()["tags"]))
    return answer_json(200, {"tags": server["tags"]})


def add_tag(state: State, request: Request, server_id: str, tag: str) -> Answer:
    """Give a server one more tag."""
    server = SERVERS.find(state, server_id)
    is_new = tag not in server["tags"]
    server["tags"] = sorted({*server["tags"], tag})
    return Answer(201 if is_new else 204)


def remove_tag(state: State, request: Request, server_id: str, tag: str) -> Answer:
    """Take a tag from a server."""
    server = SERVERS.find(state, server_id)
    if tag not in server["tags"]:
        raise RefusalError(404, f"Instance {server_id} has no tag '{tag}'")
    server["tags"] = [other for other in server["tags"] if other != tag]
    return Answer(204)


def clear_tags(state: State, request: Request, server_id: str) -> Answer:
    """Take all tags from a server."""
    SERVERS.find(state, server_id)["tags"] = []
    return Answer(204)


def list_attachments(state: State, request: Request, server_id: str) -> Answer:
    """Tell a server's volumes."""
    server = SERVERS.find(state, server_id)
    attachments = [
        _describe_attachment(state, request, server, entry)
        for entry in server["os-extended-volumes:volumes_attached"]
    ]
    return answer_json(200, {"volumeAttachments": attachments})


def _describe_attachment(
    state: State, request: Request, server: Document, entry: Document
) -> Document:
    volume = VOLUMES.open(state)[entry["id"]]
    attachment = next(it for it in volume["attachments"] if it["server_id"] == server["id"])
    shown = {
        "volumeId": volume["id"],
        "serverId": server["id"],
        "device": attachment["device"],
    }
    if request.microversion < _ATTACHMENT_IDS_SINCE:
        return {"id": volume["id"], **shown}
    return {
        **shown,
        "tag": None,
        "delete_on_termination": entry["delete_on_termination"],
        "attachment_id": attachment["attachment_id"],
    }


def attach(state: State, request: Request, server_id: str) -> Answer:
    """Attach a volume."""
    server = SERVERS.find(state, server_id)
    wanted = request.read_object("volumeAttachment")
    volume = VOLUMES.find(state, str(wanted.get("volumeId")))
    number = len(server["os-extended-volumes:volumes_attached"]) + bool(server["image"])
    is_deleted_too = bool(wanted.get("delete_on_termination"))
    join_volume(state, server, volume, number, is_deleted_too)
    entry = server["os-extended-volumes:volumes_attached"][-1]
    shown = _describe_attachment(state, request, server, entry)
    return answer_json(200, {"volumeAttachment": shown})


def detach(state: State, request: Request, server_id: str, volume_id: str) -> Answer:
    """Detach a volume."""
    server = SERVERS.find(state, server_id)
    attached = server["os-extended-volumes:volumes_attached"]
    if volume_id not in {entry["id"] for entry in attached}:
        raise RefusalError(404, f"Instance {server_id} is not attached to volume {volume_id}.")
    detach_volume(VOLUMES.open(state)[volume_id], server_id)
    server["os-extended-volumes:volumes_attached"] = [
        entry for entry in attached if entry["id"] != volume_id
    ]
    return Answer(202)


def _describe_interface(port: Document) -> Document:
    return {
        "net_id": port["network_id"],
        "port_id": port["id"],
        "mac_addr": port["mac_address"],
        "port_state": port["status"],
        "fixed_ips": port["fixed_ips"],
    }


def list_interfaces(state: State, request: Request, server_id: str) -> Answer:
    """Tell a server's ports."""
    ports = list_ports(state, SERVERS.find(state, server_id))
    return answer_json(200, {"interfaceAttachments": [_describe_interface(it) for it in ports]})


def add_interface(state: State, request: Request, server_id: str) -> Answer:
    """Attach a port, or a new one in a network."""
    server = SERVERS.find(state, server_id)
    wanted = request.read_object("interfaceAttachment")
    if port_id := wanted.get("port_id"):
        port = PORTS.find(state, port_id)
        if port["device_id"]:
            raise RefusalError(400, f"Port {port_id} is still in use.")
    else:
        port = PORTS.make(state, {"network_id": wanted.get("net_id")})
    join_port(state, server, port, is_own="port_id" not in wanted)
    return answer_json(200, {"interfaceAttachment": _describe_interface(port)})


def remove_interface(state: State, request: Request, server_id: str, port_id: str) -> Answer:
    """Detach a port."""
    server = SERVERS.find(state, server_id)
    for port in list_ports(state, server):
        if port["id"] == port_id:
            leave_port(state, server, port)
            return Answer(202)
    raise RefusalError(404, f"Port {port_id} is not attached to the instance.")


_ONE = "/servers/([^/]+)"
SERVER_ROUTES = (
    Route("POST", "/servers", create_server),
    Route("DELETE", _ONE, delete_server),
    *SERVERS.make_routes("POST", "DELETE"),
    Route("POST", f"{_ONE}/action", act_on_server),
    Route("GET", f"{_ONE}/tags", _need_tags(list_tags)),
    Route("PUT", f"{_ONE}/tags", _need_tags(replace_tags)),
    Route("DELETE", f"{_ONE}/tags", _need_tags(clear_tags)),
    Route("PUT", f"{_ONE}/tags/([^/]+)", _need_tags(add_tag)),
    Route("DELETE", f"{_ONE}/tags/([^/]+)", _need_tags(remove_tag)),
    Route("GET", f"{_ONE}/os-volume_attachments", list_attachments),
    Route("POST", f"{_ONE}/os-volume_attachments", attach),
    Route("DELETE", f"{_ONE}/os-volume_attachments/([^/]+)", detach),
    Route("GET", f"{_ONE}/os-interface", list_interfaces),
    Route("POST", f"{_ONE}/os-interface", add_interface),
    Route("DELETE", f"{_ONE}/os-interface/([^/]+)", remove_interface),
)
