"""Create a security group, without its rules."""

from __future__ import annotations

from ansible_collections.downpour.cloud.plugins.plugin_utils.action import CreateAction
from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Json
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import TaskError
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import Task
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import NetworkTag
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import ResourceType
from ansible_collections.downpour.cloud.plugins.plugin_utils.rules import DEFAULT_GROUP


class ActionModule(CreateAction):
    """A security group; `default` is the one that each project has, and it is never marked."""

    RESOURCE_TYPE = ResourceType(
        "security group",
        "network",
        "/security-groups",
        "security_group",
        NetworkTag("security_group"),
    )

    def find(self, task: Task, is_fresh: bool = False) -> Json | None:
        """Return the project's own default group for `default`, else the group with the marker."""
        if task.name != DEFAULT_GROUP:
            return super().find(task, is_fresh)
        query: dict[str, str | list[str]] = {
            "name": DEFAULT_GROUP,
            "project_id": task.cloud.get_project_id(),
            "fields": ["id", "name", "tags"],
        }
        listed = task.cloud.snapshots.get(self.RESOURCE_TYPE.name)
        if listed is None:
            listed = self.RESOURCE_TYPE.list_all(task.cloud, query)
        for group in listed:
            if group["name"] == DEFAULT_GROUP:
                return group
        raise TaskError("look-up", "the project has no default security group")

    def settle(self, task: Task, found: Json) -> Json:
        """Leave the default group as it is."""
        return found if task.name == DEFAULT_GROUP else super().settle(task, found)
