"""Server groups; servers name theirs when they are created."""

from __future__ import annotations

from typing import Any

from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import Argument
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import Task
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import NoMarker
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import (
    ResourceType,
    create_unmarked,
    find_unmarked,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.wire import Json


def name_policy(task: Task, body: Json) -> Json:
    """Before 2.64 (Rocky) there is a list of policies, which always has one, and no rule."""
    newest = SERVER_GROUP.choose_microversion(task.cloud)
    if newest == SERVER_GROUP.newest_microversion or body.get("rules"):
        return body
    return {"name": task.name, "policies": [body["policy"]]}


def read_policy(server_group: Json) -> Any:
    """Return the one policy, of either form."""
    return server_group.get("policy") or (server_group.get("policies") or [None])[0]


SERVER_GROUP = ResourceType(
    name="server group",
    service="compute",
    path="/os-server-groups",
    key="server_group",
    plural="server_groups",
    newest_microversion="2.64",
    marker=NoMarker("It is born with its name for good. What there is before is noted instead."),
    arguments=(
        Argument("policy", "Policy, such as C(affinity).", is_required=True, read=read_policy),
        Argument("rules", "Rules of the policy.", "dict", implied={}),
    ),
    find=find_unmarked,
    create=create_unmarked,
    extend_body=name_policy,
)
