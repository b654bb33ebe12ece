"""Upload an image, or use one that the destination has."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.downpour.cloud.plugins.action.server import SERVER
from ansible_collections.downpour.cloud.plugins.plugin_utils.action import CreateAction, Result
from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Json
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import TaskError
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import Task, make_placeholder
from ansible_collections.downpour.cloud.plugins.plugin_utils.images import (
    IMAGE,
    create_image,
    discard_unusable,
    is_usable,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import ImageTag, make_marker
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import escape_controls
from ansible_collections.downpour.cloud.plugins.plugin_utils.upload import (
    find_file,
    replace_attributes,
)


class ActionModule(CreateAction):
    """An image; its row is written when its data is verified, not when it is born."""

    RESOURCE_TYPE = IMAGE
    SERVICES = ("image", "compute")
    RENAMED: ClassVar = dict.fromkeys(
        ("file", "sha512", "properties", "protected", "use", "recorded", "owner"), ""
    )

    def choose_label(self, given: dict[str, Any]) -> str:
        """Tell a server's root disk from an image."""
        return "root disk of server" if given.get("owner") == "server" else "image"

    def act(self, task: Task) -> Result:
        """Upload no root disk for a server that exists already, made here or by hand."""
        if task.arguments["owner"] == "server":
            server_id = task.record.find_new_id(SERVER.name, task.old_id)
            if server_id is not None and SERVER.fetch(task.cloud, server_id) is not None:
                unused = make_placeholder(self.TYPE_NAME, task.old_id)
                return {"changed": False, "id": unused, "old_id": task.old_id}
        return super().act(task)

    def build_body(self, task: Task) -> Json:
        """Put the properties beside the attributes, as the API wants them."""
        return {**task.arguments["properties"], **super().build_body(task)}

    def find(self, task: Task, is_fresh: bool = False) -> Json | None:
        """Return the image to use instead, else the one with the marker if it has all its data."""
        if task.arguments.get("use"):
            return self._find_substitute(task)
        path = find_file(task.directory, task.arguments["file"])
        found = super().find(task, is_fresh)
        if found is None:
            return None
        sha512 = task.arguments["sha512"]
        if task.is_check_mode:
            return found if is_usable(found, path, sha512) else None
        return next(iter(discard_unusable(task.cloud, [found], path, sha512)), None)

    def create(self, task: Task) -> Json:
        """Create the image and upload its data."""
        path = find_file(task.directory, task.arguments["file"])
        body = self.build_body(task)
        tags = task.arguments["tags"]
        ImageTag().mark_body(task.cloud, body, make_marker(task.old_id), tags)
        return create_image(task.cloud, body, path, task.arguments["sha512"])

    def settle(self, task: Task, found: Json) -> Json:
        """Protect the image last: a protected one could not be deleted after a failed upload."""
        is_ours = not task.arguments.get("use")
        if is_ours and task.arguments["protected"] and not found.get("protected"):
            return replace_attributes(task.cloud, found["id"], {"protected": True})
        return found

    def is_recorded(self, task: Task) -> bool:
        """Leave out the images of servers' root disks: their old id is a server's."""
        return bool(task.arguments["recorded"])

    @staticmethod
    def _find_substitute(task: Task) -> Json:
        wanted = task.arguments["use"]
        found = IMAGE.fetch(task.cloud, wanted)
        if found is None:
            raise TaskError(
                "look-up",
                f"the destination has no image {escape_controls(wanted)}",
                "Edit destination.yml.",
            )
        return found
