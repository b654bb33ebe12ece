"""Create a subnet."""

from __future__ import annotations

from typing import ClassVar

from ansible_collections.downpour.cloud.plugins.plugin_utils.action import CreateAction
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import NetworkTag
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import ResourceType


class ActionModule(CreateAction):
    """A subnet; a gateway that is null means none, one that is left out means the first address."""

    RESOURCE_TYPE = ResourceType("subnet", "network", "/subnets", "subnet", NetworkTag("subnet"))
    RENAMED: ClassVar = {"network": "network_id"}
    NULLABLE = frozenset({"gateway_ip"})
