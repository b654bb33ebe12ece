"""Create a network."""

from __future__ import annotations

from ansible_collections.downpour.cloud.plugins.plugin_utils.action import CreateAction
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import NetworkTag
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import ResourceType


class ActionModule(CreateAction):
    """A network."""

    RESOURCE_TYPE = ResourceType(
        "network", "network", "/networks", "network", NetworkTag("network")
    )
