"""Security groups, without their rules; `default` is the one that each project has."""

from __future__ import annotations

from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import (
    DESCRIPTION,
    TAGS,
    Argument,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.facts import DEFAULT_GROUP
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import TaskError
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import Task
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import NetworkTag
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import (
    ResourceType,
    find_marked,
    settle_marked,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.wire import Json


def find_group(security_group: ResourceType, task: Task, is_fresh: bool) -> Json | None:
    """Return the project's own default group for `default`, else the group with the marker."""
    if task.name != DEFAULT_GROUP:
        return find_marked(security_group, task, is_fresh)
    listed = task.cloud.known.get(security_group.name)
    if listed is None:
        query: dict[str, str | list[str]] = {
            "name": DEFAULT_GROUP,
            "project_id": task.cloud.get_project_id(),
            "fields": ["id", "name", "tags"],
        }
        listed = security_group.list_all(task.cloud, query)
    for group in listed:
        if group["name"] == DEFAULT_GROUP:
            return group
    raise TaskError("look-up", "the project has no default security group")


def settle_group(security_group: ResourceType, task: Task, found: Json) -> Json:
    """Leave the default group as it is: it is never marked."""
    return found if task.name == DEFAULT_GROUP else settle_marked(security_group, task, found)


SECURITY_GROUP = ResourceType(
    name="security group",
    service="network",
    path="/security-groups",
    key="security_group",
    marker=NetworkTag("security_group"),
    summary="creates a security group without its rules",
    description=(
        "For the name C(default) the project's own default group is used.",
        "Its rules are made by M(downpour.cloud.security_group_rules), when all groups are there.",
    ),
    arguments=(
        DESCRIPTION,
        Argument(
            "stateful",
            "Whether answers to permitted packets are permitted. Left out, they are.",
            "bool",
            implied=True,
        ),
        TAGS,
    ),
    find=find_group,
    settle=settle_group,
    example="""\
- name: Create security group web
  downpour.cloud.security_group:
    old_id: 4a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
    name: "web"
  register: security_group_web
""",
)
