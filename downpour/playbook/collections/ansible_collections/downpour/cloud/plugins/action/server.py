"""Create a server."""

from __future__ import annotations

import base64
from typing import ClassVar

from ansible_collections.downpour.cloud.plugins.plugin_utils.action import CreateAction
from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Json
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import TaskError
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import Task
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import ServerTag
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import ResourceType
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import escape_controls
from ansible_collections.downpour.cloud.plugins.plugin_utils.upload import find_file

# Tags in the creating request; every nova since Pike has it.
MICROVERSION = "2.52"
# On a server that is to be stopped once, and no longer than until then.
STOP_TAG = "downpour:stop"

SERVER = ResourceType(
    "server",
    "compute",
    "/servers",
    "server",
    ServerTag(),
    listing="/servers/detail",
    microversion=MICROVERSION,
)


class ActionModule(CreateAction):
    """A server with its ports and volumes in their order; servers_ready waits for it."""

    RESOURCE_TYPE = SERVER
    RENAMED: ClassVar = {
        "flavor": "flavorRef",
        "image": "imageRef",
        "ports": "",
        "volumes": "",
        "user_data_file": "",
        "is_stopped": "",
    }

    def build_body(self, task: Task) -> Json:
        """Add ports and disks; never more than these: no automatic network or address."""
        arguments = task.arguments
        body = {
            name: value
            for name, value in super().build_body(task).items()
            if value or name == "name"
        }
        body["networks"] = [{"port": port} for port in arguments["ports"]] or "none"
        disks = _list_disks(arguments)
        if disks:
            body["block_device_mapping_v2"] = disks
        if arguments.get("user_data_file"):
            path = find_file(task.directory, arguments["user_data_file"])
            try:
                body["user_data"] = base64.b64encode(path.read_bytes()).decode("ascii")
            except OSError as error:
                raise TaskError(
                    f"file {escape_controls(str(path))}", str(error.strerror)
                ) from error
        return body

    def create(self, task: Task) -> Json:
        """Tag a server that is to be stopped when it runs, so that this happens only once."""
        if task.arguments["is_stopped"]:
            task.arguments["tags"] = [*task.arguments["tags"], STOP_TAG]
        return super().create(task)


def _list_disks(arguments: Json) -> list[Json]:
    """Return the block devices; nova names them vda, vdb … in this order."""
    disks: list[Json] = []
    if arguments.get("image"):
        disks.append(
            {
                "boot_index": 0,
                "uuid": arguments["image"],
                "source_type": "image",
                "destination_type": "local",
                "delete_on_termination": True,
            }
        )
    for volume in arguments["volumes"]:
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
