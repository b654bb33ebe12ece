"""Create a volume, empty or with data from a file of the bundle."""

from __future__ import annotations

from typing import ClassVar

from ansible_collections.downpour.cloud.plugins.plugin_utils.action import CreateAction
from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Json
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import Task
from ansible_collections.downpour.cloud.plugins.plugin_utils.images import obtain_temporary_image
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import VolumeMetadata
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import ResourceType
from ansible_collections.downpour.cloud.plugins.plugin_utils.upload import find_file

VOLUME = ResourceType(
    "volume", "block_storage", "/volumes", "volume", VolumeMetadata(), listing="/volumes/detail"
)


class ActionModule(CreateAction):
    """A volume; it is not waited for, volumes_ready does that for all of them."""

    RESOURCE_TYPE = VOLUME
    SERVICES = ("block_storage", "image")
    RENAMED: ClassVar = {"data": ""}

    def build_body(self, task: Task) -> Json:
        """Leave out what the destination decides."""
        body = super().build_body(task)
        return {name: value for name, value in body.items() if value != "" or name == "name"}

    def find(self, task: Task, is_fresh: bool = False) -> Json | None:
        """Return the volume with the marker; look for the file first, also in check mode."""
        data = task.arguments.get("data")
        if data:
            find_file(task.directory, data["file"])
        return super().find(task, is_fresh)

    def create(self, task: Task) -> Json:
        """Upload the data into a temporary image, then create the volume from it."""
        data = task.arguments.get("data")
        if data:
            path = find_file(task.directory, data["file"])
            image = obtain_temporary_image(task.cloud, task.old_id, data, path)
            task.arguments["imageRef"] = image["id"]
        return super().create(task)
